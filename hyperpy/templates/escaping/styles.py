"""Values in CSS: in `<style>`, in `style`, and in the attributes of SVG that hold the value of a property."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.escape import escape_str, exact
from hyperpy.templates.escaping.css import declarations, is_safe_property, is_safe_value, is_safe_word
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedURL
from hyperpy.templates.escaping.url_values import BLOCKED, CLIMBS, fit_piece, is_safe, normalized, plain
from hyperpy.templates.escaping.value_kinds import describe, refuse_items, refuse_unfit
from hyperpy.templates.syntax.holes import HoleMode
from hyperpy.templates.syntax.problems import Problem

# Where a browser drops the rule or declaration that it is in. Nothing in its place would be another selector.
INVALID = "!blocked"
# What is sent instead of an unsafe value.
_BLOCKED = {HoleMode.CSS_VALUE: "", HoleMode.CSS_WORD: INVALID, HoleMode.CSS_ARGUMENT: INVALID}
_FITS: dict[HoleMode, Callable[[str], bool]] = {
    HoleMode.CSS_VALUE: is_safe_value,
    HoleMode.CSS_WORD: is_safe_word,
    HoleMode.CSS_ARGUMENT: is_safe_value,
}
_PATHS = {
    HoleMode.CSS_ROOT: HoleMode.ROOT,
    HoleMode.CSS_SEGMENT: HoleMode.SEGMENT,
    HoleMode.CSS_REST: HoleMode.REST,
}
_URLS = frozenset({HoleMode.CSS_URL, HoleMode.CSS_PATH, HoleMode.CSS_QUERY, *_PATHS})
STYLE_MODES = frozenset({*_FITS, *_URLS, HoleMode.CSS_STRING})

_STRING = lazy_pattern(r"[^\w .,-]")
_URL = {ord("'"): "%27", ord("("): "%28", ord(")"): "%29", ord("&"): "\\26 "}
_LOCAL_URL = lazy_pattern(r"""url\(\s*(["']?)#[\w-]+\1\s*\)""", re.IGNORECASE)


def style_piece(location: ValueLocation, mode: HoleMode, value: object) -> str:
    """A value inside a `style` attribute, or in a part of one."""
    return escape_str(_piece(location, mode, value))


def style_element_piece(location: ValueLocation, mode: HoleMode, value: object) -> str:
    """A value inside `<style>`, where HTML escapes nothing."""
    if type(value) is TrustedCSS and re.search("</style", value, re.IGNORECASE):
        raise Problem("TrustedCSS with `</style` in it would end the style sheet", r"Write `<` as \3C.")
    return _piece(location, mode, value)


def _piece(location: ValueLocation, mode: HoleMode, value: object) -> str:
    kind = type(value)
    if kind is int or kind is float:
        return str(value)
    if value is None or kind is bool:
        return ""
    if kind is TrustedCSS:
        return exact(value)
    if mode is HoleMode.CSS_STRING:
        return _STRING.sub(_escape, plain(value))
    if mode in _URLS:
        return _url(location, mode, value)
    if not isinstance(value, str):
        refuse_unfit(value)
        refuse_items(value, " ")
    text = exact(str(value))
    if _FITS[mode](text):
        return text
    location.warn(value, f"`{_BLOCKED[mode]}`" if _BLOCKED[mode] else "nothing")
    return _BLOCKED[mode]


def _escape(found: re.Match[str]) -> str:
    """https://www.w3.org/TR/cssom-1/#escape-a-character-as-code-point"""
    return f"\\{ord(found[0]):x} "


def _url(location: ValueLocation, mode: HoleMode, value: object) -> str:
    """A value inside `url(…)`, without anything that ends it."""
    text = plain(value)
    if mode is HoleMode.CSS_QUERY:
        return quote(text, safe="", errors="replace")
    if mode in _PATHS:
        fit = fit_piece(_PATHS[mode], text)
        if fit is None:
            location.warn(value, "nothing", CLIMBS)
        return (fit or "").translate(_URL)
    if mode is HoleMode.CSS_URL and type(value) is not TrustedURL and not is_safe(text, image=True):
        location.warn(value, BLOCKED)
        return BLOCKED
    return normalized(text.strip() if mode is HoleMode.CSS_URL else text).translate(_URL)


def style_attribute(location: ValueLocation, head: str, value: object) -> str:
    """A `style` attribute from a mapping of properties or from CSS text. Unsafe declarations are left out."""
    if value is None or value is False:
        return ""
    if value is True:
        return head
    if type(value) is TrustedCSS:
        return f'{head}="{escape_str(exact(value))}"'
    if not isinstance(value, (str, Mapping)):
        raise Problem(f"`style` can't be {describe(value)}", 'Write style={ {"color": color} }.')
    fit = []
    for name, part in declarations(value):
        if part is None or part is False or part == "":
            continue
        if not is_safe_property(name):
            location.warn(name, "nothing")
        elif text := style_piece(location, HoleMode.CSS_VALUE, part):
            fit.append(f"{name}: {text}")
    return f'{head}="{"; ".join(fit)}"' if fit else ""


def style_value_attribute(location: ValueLocation, head: str, value: object) -> str:
    """An attribute of SVG that holds the value of a property. It may refer to an element of the page: `url(#shade)`."""
    if value is None or value is False:
        return ""
    if isinstance(value, str) and type(value) is not TrustedCSS and is_safe_value(_LOCAL_URL.sub("none", value)):
        return f'{head}="{escape_str(exact(value))}"'
    text = style_piece(location, HoleMode.CSS_VALUE, value)
    return f'{head}="{text}"' if text else ""
