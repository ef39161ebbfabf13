"""From a route's URL pattern and the values of its parameters to a path."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from hyperpy.exceptions import RouteError, did_you_mean_path
from hyperpy.lazy import lazy_pattern
from hyperpy.routing.discovery import RouteFile
from hyperpy.routing.paths import quote_path, split_path
from hyperpy.routing.patterns import Segment, SegmentKind, parse_segment, shape

# Below these, URLs have no route files: static files, and hyperpy's browser module.
_OTHER_FOLDERS: Final = ("/static/", "/_hyper/")
_CACHE_SIZE: Final = 1024

# Most segments: they need no quoting, and no check.
_PLAIN: Final = lazy_pattern(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*")


class URLProblem(NamedTuple):
    """Why a URL can't be built or leads nowhere, and what to write instead."""

    what: str
    hint: str


class URLPatterns:
    """The URL patterns of a folder of routes, as `hyper routes` prints them."""

    def __init__(self, files: Iterable[RouteFile]) -> None:
        files = tuple(files)
        self._segments: Mapping[str, tuple[Segment, ...]] = {file.url: file.segments for file in files}
        self._folder = files[0].folder.name if files else "routes"

    def problem(self, pattern: str, given: Iterable[str] | None) -> URLProblem | None:
        """The problem with a pattern or the names of its parameters. `given` is None if the names are unknown."""
        if problem := pattern_problem(pattern):
            return problem
        is_known = pattern in self._segments or _normalized(pattern) in self._segments
        if not is_known and not pattern.startswith(_OTHER_FOLDERS):
            return self._unknown(pattern)
        return None if given is None else missing_parameter(pattern, given)

    def _unknown(self, pattern: str) -> URLProblem:
        segments = _parsed(pattern)
        near = next((known for known, other in self._segments.items() if shape(other) == shape(segments)), "")
        near = near or next((known for known, other in self._segments.items() if _is_instance(segments, other)), "")
        what = f"there is no route file for `{pattern}`"
        if near:
            return URLProblem(what, f"Did you mean `{near}`?")
        create = f"create `{self._folder}/{pattern.strip('/') or 'index'}.py`."
        if similar := did_you_mean_path(pattern, self._segments):
            return URLProblem(what, f"{similar} Otherwise, {create}")
        others = "For a route or mount that `app.py` adds, write request.url_for(name)."
        return URLProblem(what, f"C{create[1:]} {others}")


def missing_parameter(pattern: str, given: Iterable[str]) -> URLProblem | None:
    """The problem with the names of the values that are given for a pattern's parameters."""
    names = frozenset(given)
    if parameters(pattern) <= names:
        return None
    missing = [segment.text for segment in _parsed(pattern) if segment.text in parameters(pattern) - names]
    arguments = ", ".join(f"{name}=…" for name in missing)
    return URLProblem(f"`{pattern}` needs a value for `{missing[0]}`", f'Write url("{pattern}", {arguments}).')


@lru_cache(_CACHE_SIZE)
def parameters(pattern: str) -> frozenset[str]:
    """The names of a pattern's parameters. Raises RouteError if the pattern is invalid."""
    return frozenset(segment.text for segment in _parsed(pattern) if segment.kind is not SegmentKind.LITERAL)


def build_path(pattern: str, values: Mapping[str, str]) -> str | None:
    """The percent-encoded path; None if no request could have it, because of `.`, `..`, NUL or an empty segment.

    A slash in the value of `{name}` is encoded, and one in that of `{...name}` separates segments.
    """
    if pattern == "/":
        return "/"
    segments: list[str] = []
    for segment in _parsed(pattern):
        match segment.kind:
            case SegmentKind.LITERAL:
                segments.append(segment.text)
            case SegmentKind.PARAMETER:
                segments.append(values[segment.text])
            case SegmentKind.REST:
                segments += values[segment.text].split("/")
    if all(map(_PLAIN.fullmatch, segments)):
        return f"/{'/'.join(segments)}"
    try:
        path = quote_path(segments)
    except UnicodeEncodeError:
        return None
    return path if split_path(path.encode()) == segments else None


@lru_cache(_CACHE_SIZE)
def pattern_problem(pattern: str) -> URLProblem | None:
    """The problem with a pattern by itself, whichever routes exist."""
    if not pattern.startswith("/"):
        return URLProblem(f"the route `{pattern}` doesn't start with a slash", f'Write url("/{pattern}").')
    if found := re.search(r"[?#]", pattern):
        hint = f'Write url("{pattern[: found.start()]}", page=2) for a query, and add a fragment: url(…) + "#top".'
        return URLProblem("a route has no query and no fragment", hint)
    try:
        _parsed(pattern)
    except RouteError as error:
        return URLProblem(error.what, error.hint)
    return None


def _normalized(pattern: str) -> str:
    return unicodedata.normalize("NFC", pattern)


@lru_cache(_CACHE_SIZE)
def _parsed(pattern: str) -> tuple[Segment, ...]:
    return tuple(parse_segment(part) for part in pattern[1:].split("/")) if pattern != "/" else ()


def _is_instance(segments: tuple[Segment, ...], pattern: tuple[Segment, ...]) -> bool:
    """Whether the segments are a path that the pattern matches, apart from `{...name}`."""
    return len(segments) == len(pattern) and all(
        wanted.kind is not SegmentKind.LITERAL or segment == wanted
        for segment, wanted in zip(segments, pattern, strict=True)
    )
