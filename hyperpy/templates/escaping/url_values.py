"""Values inside URLs.

Before the `?`, characters that are invalid in a URL are percent-encoded; after it, all but letters and digits.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from hyperpy.templates.escape import escape_str, exact
from hyperpy.templates.escaping.trusted import TrustedURL
from hyperpy.templates.escaping.url_checks import RASTER, keep, normalized
from hyperpy.templates.escaping.value_kinds import html_of, is_html, refuse_items, refuse_unfit
from hyperpy.templates.syntax.nodes import HoleMode
from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.references import decoded

_DELAY = re.compile("[0-9.]+")
_DESCRIPTOR = re.compile("[0-9.]+[wxh]?")


def escaped_part(mode: HoleMode, value: object) -> str | None:
    """A value inside a URL, escaped, or None if it is invalid there."""
    if type(value) is TrustedURL:
        return escape_str(exact(value))
    if isinstance(value, Mapping):
        return escape_str(_parameters(mode, value))
    text = plain(value)
    fit = _piece(mode, text)
    return None if fit is None else keep(mode, text, escape_str(fit))


def _piece(mode: HoleMode, text: str) -> str | None:
    match mode:
        case HoleMode.QUERY:
            return quote(text, safe="", errors="replace")
        case HoleMode.DELAY:
            return text if _DELAY.fullmatch(text) else None
        case HoleMode.DESCRIPTOR:
            return text if _DESCRIPTOR.fullmatch(text) else None
        case HoleMode.REFRESHED:
            return normalized(text).replace("'", "%27")
        case HoleMode.CANDIDATE if not RASTER.match(text):
            return normalized(text).replace(",", "%2C")
        case _:
            return normalized(text)


def plain(value: object) -> str:
    """A value as plain text. HTML has its character references decoded."""
    if value is None or isinstance(value, bool):
        return ""
    if is_html(value):
        return decoded(html_of(value))
    if isinstance(value, str):
        return exact(str(value))
    refuse_unfit(value)
    refuse_items(value, "/")
    return exact(str(value))


def _parameters(mode: HoleMode, mapping: Mapping[object, object]) -> str:
    """`name=value` pairs. None is left out, lists repeat the name, booleans become words."""
    if mode is not HoleMode.QUERY:
        raise Problem(
            "a mapping becomes the query of a URL, and can't be used here",
            'Write it after a `?`: "/x?{params}".',
        )
    pairs = []
    for name, value in mapping.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        pairs += [f"{_parameter(name)}={_parameter(item)}" for item in values if item is not None]
    return "&".join(pairs)


def _parameter(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else plain(value)
    return quote(text, safe="", errors="replace")
