"""How a value is written inside a URL: before the `?` what is unfit is percent-encoded, behind it all but letters and
digits. What each hole is depends on the static text before it.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from hyperpy.templates.escaping import escape_str, exact
from hyperpy.templates.nodes import Context, Mode, Value
from hyperpy.templates.problems import Problem
from hyperpy.templates.references import decoded
from hyperpy.templates.trusted import TrustedURL
from hyperpy.templates.urls import RASTER, SINGLE, keep, normalized
from hyperpy.templates.values import html_of, is_html, refuse_unfit, shown

URL_MODES = frozenset({Mode.PATH, Mode.QUERY, Mode.CANDIDATE, Mode.DESCRIPTOR, Mode.DELAY, Mode.REFRESHED})

_QUERY = re.compile("[?#&]")
_REFRESH_URL = re.compile(r"url\s*=\s*['\"]?", re.IGNORECASE)
# What is over of a `srcset`: a URL with a comma behind it, or with a descriptor up to the next comma.
# https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute
_CANDIDATE = re.compile(r"[\s,]*(?:\S+,(?=\s)|\S+\s[^,]*,)")
_DELAY = re.compile("[0-9.]+")
_DESCRIPTOR = re.compile("[0-9.]+[wxh]?")


def modes(context: Context, pieces: Value) -> tuple[Mode, ...]:
    """What each hole is inside the value: it depends on the static text so far."""
    found: list[Mode] = []
    before = ""
    for piece in pieces:
        if isinstance(piece, str):
            before += decoded(piece)
        else:
            found.append(_mode(context, before))
            before += "\0"
    return tuple(found)


def _mode(context: Context, before: str) -> Mode:
    match context:
        case Context.REFRESH:
            start = _REFRESH_URL.search(before)
            if not start:
                return Mode.DELAY
            return Mode.QUERY if _QUERY.search(before, start.end()) else Mode.REFRESHED
        case Context.URL_SET:
            candidate = _CANDIDATE.sub("", before).lstrip(" \t\n\f\r,")
            if re.search(r"\s", candidate):
                return Mode.DESCRIPTOR
            return Mode.QUERY if _QUERY.search(candidate) else Mode.CANDIDATE
        case Context.URL_LIST:
            return Mode.QUERY if _QUERY.search(re.split(r"\s", before)[-1]) else Mode.CANDIDATE
        case _ if context in SINGLE:
            return Mode.QUERY if _QUERY.search(before) else Mode.PATH
    return Mode.PLAIN


def vouched(context: Context, first: object) -> bool:
    """Needs a value that begins with this one no check? Only if it is trusted, and holds more than half a scheme."""
    return type(first) is TrustedURL and context in SINGLE and re.search("[/?#:]", first) is not None


def escaped_piece(mode: Mode, value: object) -> str | None:
    """A value inside a URL, escaped, or None if it is unfit there."""
    if type(value) is TrustedURL:
        return escape_str(exact(value))
    if isinstance(value, Mapping):
        return escape_str(_parameters(mode, value))
    text = plain(value)
    fit = _piece(mode, text)
    return None if fit is None else keep(mode, text, escape_str(fit))


def _piece(mode: Mode, text: str) -> str | None:
    match mode:
        case Mode.QUERY:
            return quote(text, safe="", errors="replace")
        case Mode.DELAY:
            return text if _DELAY.fullmatch(text) else None
        case Mode.DESCRIPTOR:
            return text if _DESCRIPTOR.fullmatch(text) else None
        case Mode.REFRESHED:
            return normalized(text).replace("'", "%27")
        case Mode.CANDIDATE if not RASTER.match(text):
            return normalized(text).replace(",", "%2C")
        case _:
            return normalized(text)


def plain(value: object) -> str:
    """A value as text, for where HTML means nothing: its references are decoded."""
    if value is None or isinstance(value, bool):
        return ""
    if is_html(value):
        return decoded(html_of(value))
    if isinstance(value, str):
        return exact(str(value))
    refuse_unfit(value)
    if isinstance(value, (list, tuple, set, frozenset, Iterator)):
        raise Problem(f"an attribute can't be {shown(value)}", 'Only class takes a list. Join it: {"/".join(items)}.')
    return exact(str(value))


def _parameters(mode: Mode, mapping: Mapping[object, object]) -> str:
    """`name=value` pairs: None is left out, lists repeat the name, booleans are words."""
    if mode is not Mode.QUERY:
        raise Problem(
            "a mapping becomes the parameters of a URL, and here they can't stand",
            'Write them behind a `?`: "/x?{params}".',
        )
    pairs = []
    for name, value in mapping.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [f"{_parameter(name)}={_parameter(item)}" for item in values if item is not None]
    return "&".join(pairs)


def _parameter(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else plain(value)
    return quote(text, safe="", errors="replace")
