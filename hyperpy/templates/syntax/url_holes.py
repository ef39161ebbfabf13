"""The modes of holes inside URL attributes, which depend on the static text before each hole."""

import re

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.escape import decoded
from hyperpy.templates.syntax.holes import Context, HoleMode, Value
from hyperpy.templates.syntax.problems import HoleProblem

SINGLE = frozenset({Context.URL, Context.IMAGE_URL})
"""The contexts whose whole value is a single URL."""

ROOTS = ("/", "\\")
"""After one of these alone, another one would start a host."""

_QUERY = lazy_pattern("[?#&]")
# Nothing but values, or what stands before a host. The next value is the beginning of a URL, or of a host.
_NO_PATH = lazy_pattern(r"[\s\0]*|\s*(?:https?:[/\\]*|[^/\\?#]*[/\\]{2,})", re.IGNORECASE)
# The start of a URL up to some place in its host, and one with a complete host.
_IN_HOST = lazy_pattern(r"\s*(?:https?:[/\\]*|[/\\]{2,})([^/\\?#]*)", re.IGNORECASE)
_WHOLE_HOST = lazy_pattern(r"(?:\.[A-Za-z][A-Za-z0-9-]+|localhost|:[0-9]+|\])\Z")
_ENDS_HOST = ("", "/", "\\", "?", "#", "\0")
_REFRESH_URL = lazy_pattern(r"url\s*=\s*['\"]?", re.IGNORECASE)
# Matches the completed candidates of a `srcset`: a URL and a comma, or a URL, a descriptor and a comma.
# https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute
_CANDIDATE = lazy_pattern(r"[\s,]*(?:\S+,(?=\s)|\S+\s[^,]*,)")


_LISTED = {
    HoleMode.SEGMENT: HoleMode.LISTED_SEGMENT,
    HoleMode.PIECE: HoleMode.LISTED_REST,
    HoleMode.REST: HoleMode.LISTED_REST,
}
"""In a `srcset` and the like, where commas and quotes mean something."""


def modes(context: Context, pieces: Value) -> tuple[HoleMode, ...]:
    """The mode of each hole of an attribute value."""
    found: list[HoleMode] = []
    before = ""
    for number, piece in enumerate(pieces, 1):
        if isinstance(piece, str):
            before += decoded(piece)
        else:
            if context is Context.HTMX_TRIGGER and before.rfind("[") > before.rfind("]"):
                raise HoleProblem(
                    len(found),
                    "is inside a filter, which runs as JavaScript",
                    "Compare with an attribute: data-key={x}.",
                )
            found.append(_mode(context, before, _next_character(pieces[number : number + 1])))
            before += "\0"
    return tuple(found)


def _next_character(after: Value) -> str:
    return "\0" if after and not isinstance(after[0], str) else decoded("".join(map(str, after)))[:1]


def _mode(context: Context, before: str, following: str) -> HoleMode:
    match context:
        case Context.REFRESH:
            start = _REFRESH_URL.search(before)
            if not start:
                return HoleMode.DELAY
            return _part(before[start.end() :], following, HoleMode.REFRESHED)
        case Context.URL_SET:
            candidate = _CANDIDATE.sub("", before).lstrip(" \t\n\f\r,")
            if re.search(r"\s", candidate):
                return HoleMode.DESCRIPTOR
            return _part(candidate, following.strip(", \t\n\r"), HoleMode.CANDIDATE)
        case Context.URL_LIST:
            return _part(re.split(r"\s", before)[-1], following.strip(), HoleMode.CANDIDATE)
        case Context.URL_STEPS if before.rpartition(";")[2].replace("\0", "").strip() in ROOTS:
            return HoleMode.ROOT
        case Context.HTMX_TRIGGER:
            return HoleMode.TRIGGER
        case Context.HTMX_SWAP:
            return HoleMode.SWAP
        case _ if context in SINGLE:
            return part_mode(before, following)
    return HoleMode.PLAIN


def part_mode(before: str, following: str) -> HoleMode:
    """The mode of a hole in a URL after this part of it; `following` is the next character.

    In a path, a SEGMENT begins one, and a PIECE continues it. A REST may also be all that follows, with its delimiter:
    `/tasks{query}`.
    """
    if _QUERY.search(before):
        return HoleMode.QUERY
    if (mode := host_mode(before, following)) is not None:
        return mode
    if _NO_PATH.fullmatch(before):
        return HoleMode.PATH
    if before.endswith(ROOTS):
        return HoleMode.SEGMENT
    return HoleMode.REST if before[-1].isalnum() or before.endswith("\0") else HoleMode.PIECE


def host_mode(before: str, following: str) -> HoleMode | None:
    """HOST in a host that has static text too, AFTER_HOST at its end, else None. `following` is the next character."""
    found = _IN_HOST.fullmatch(before)
    is_end = following in _ENDS_HOST
    if not found or (not found[1] and is_end):
        return None
    return HoleMode.AFTER_HOST if is_end and _WHOLE_HOST.search(before.rstrip("\0")) else HoleMode.HOST


def _part(before: str, following: str, path: HoleMode) -> HoleMode:
    """The mode after this part of a URL: `path` before the query. Values before it may be empty."""
    if before.replace("\0", "").strip() in ROOTS:
        return HoleMode.ROOT
    mode = part_mode(before, following)
    return _LISTED.get(mode, path if mode is HoleMode.PATH else mode)
