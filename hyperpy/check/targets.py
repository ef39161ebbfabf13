"""A written target → the path that it requests, and whether a pattern of segments can match it."""

import posixpath
import re
from collections.abc import Sequence
from urllib.parse import unquote

from hyperpy.check.references import ANYTHING, VALUE
from hyperpy.record_classes import record
from hyperpy.routing.patterns import Segment, SegmentKind

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\")
# Placeholders of other languages, which scripts fill in: `/users/{id}`, `/users/:id`.
_PLACEHOLDER = re.compile(r"\{[^/}]*\}|(?<=/):\w+")


@record(frozen=True, slots=True)
class Path:
    """The segments of a path, decoded, with VALUE for values in them. `is_open` if anything may follow the last one."""

    segments: tuple[str, ...]
    is_open: bool = False

    @property
    def is_literal(self) -> bool:
        return not self.is_open and not any(VALUE in segment for segment in self.segments)

    def __str__(self) -> str:
        text = "/" + "/".join(segment.replace(VALUE, "…") for segment in self.segments)
        return f"{text}…" if self.is_open else text


def path_of(target: str, base: str | None) -> Path | None:
    """The path on this site that a target leads to; None if it leads elsewhere or nothing is known about it.

    `base` is the URL pattern of the page, for relative targets; None if that isn't known.
    """
    text = re.split(r"[?#]", target, maxsplit=1)[0]
    if _SCHEME.match(text) or text.startswith((VALUE, ANYTHING)):
        return None
    if not text.startswith("/"):
        if base is None or not text:
            return None
        text = posixpath.join(posixpath.dirname(base), text)
    text = _PLACEHOLDER.sub(VALUE, text)
    known, anything, _ = text.partition(ANYTHING)
    if anything and not known.strip("/"):
        return None
    parts = known[1:].split("/")
    if {".", ".."} & set(parts):
        parts = posixpath.normpath(known)[1:].split("/")
    if anything:
        parts[-1] += ANYTHING
    elif parts[-1] == "":
        parts.pop()  # the canonical URL has no slash at its end
    segments = tuple(map(unquote, parts))
    if anything:
        return Path((*segments[:-1], segments[-1].removesuffix(ANYTHING)), is_open=True)
    return Path(segments)


def can_match(path: Path, pattern: Sequence[Segment]) -> bool:
    """Whether a request for the path may be one for the pattern, whatever the values are."""
    if path.is_open:
        *whole, last = path.segments
        return _fits(tuple(whole), last, pattern)
    return _fits(path.segments, None, pattern)


def _fits(segments: tuple[str, ...], prefix: str | None, pattern: Sequence[Segment]) -> bool:
    """`prefix` is the beginning of what follows the segments; None if nothing does."""
    if not segments:
        return not pattern if prefix is None else not pattern or _begins(pattern[0], prefix)
    if not pattern:
        return False
    first, *rest = segments
    if pattern[0].kind is SegmentKind.REST:
        return True
    if VALUE not in first:
        return _equals(pattern[0], first) and _fits(tuple(rest), prefix, pattern[1:])
    before, after = first.partition(VALUE)[0], first.rpartition(VALUE)[2]
    if _equals(pattern[0], first) and _fits(tuple(rest), prefix, pattern[1:]):
        return True
    # The value may have slashes in it.
    return _begins(pattern[0], before) and any(
        _ends(pattern[count - 1], after) and _fits(tuple(rest), prefix, pattern[count:])
        for count in range(2, len(pattern) + 1)
    )


def _equals(segment: Segment, text: str) -> bool:
    if segment.kind is not SegmentKind.LITERAL:
        return True
    regex = ".*".join(map(re.escape, text.split(VALUE)))
    return re.fullmatch(regex, segment.text, re.DOTALL) is not None


def _begins(segment: Segment, prefix: str) -> bool:
    if segment.kind is not SegmentKind.LITERAL:
        return True
    regex = ".*".join(map(re.escape, prefix.split(VALUE)))
    return re.match(regex, segment.text, re.DOTALL) is not None


def _ends(segment: Segment, suffix: str) -> bool:
    return segment.kind is not SegmentKind.LITERAL or segment.text.endswith(suffix)
