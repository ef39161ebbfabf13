"""The route that answers a path."""

from collections.abc import Iterable
from dataclasses import dataclass

from hyperpy.exceptions import Place, RouteConflictError, display_path
from hyperpy.routing.discovery import RouteFile
from hyperpy.routing.paths import quote_path, split_path
from hyperpy.routing.patterns import SegmentKind, shape
from hyperpy.routing.tree import TreeNode


@dataclass(frozen=True, slots=True)
class Match[T]:
    """A route and the decoded values of its parameters.

    A value is any text but the empty one. It may begin with `_` or `.`, and hold a slash that was sent as `%2F`; it has
    no NUL, and no `.` or `..` between slashes or backslashes. The segments of a `{...name}` are joined with `/`, and
    none of them holds a slash, so that splitting the value gives exactly those segments.
    """

    target: T
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class CanonicalRedirect:
    """The path without its slash at the end: percent-encoded, below `root_path`, begins with exactly one slash."""

    path: str


@dataclass(frozen=True, slots=True)
class _RouteLeaf[T]:
    file: RouteFile
    target: T
    parameters: tuple[tuple[str, int], ...]
    rest: tuple[str, int] | None


class Router[T]:
    """Finds the target of a path. Raises RouteConflictError when two of the files match the same URLs."""

    def __init__(self, entries: Iterable[tuple[RouteFile, T]]) -> None:
        self._tree: TreeNode[_RouteLeaf[T]] = TreeNode()
        self._literal: dict[bytes, T] = {}
        for file, target in entries:
            self._add(file, target)

    def match(self, raw_path: bytes) -> Match[T] | CanonicalRedirect | None:
        """What answers the percent-encoded path: a route, its URL without the last slash, or nothing."""
        if raw_path in self._literal:
            return Match(self._literal[raw_path], {})
        slash = raw_path.endswith(b"/")
        segments = split_path(raw_path[:-1] if slash else raw_path)
        if segments is None or (leaf := self._tree.find(segments)) is None:
            return None
        if slash:
            return CanonicalRedirect(quote_path(segments))
        params = {name: segments[at] for name, at in leaf.parameters}
        if leaf.rest is not None:
            name, at = leaf.rest
            params[name] = "/".join(segments[at:])
        return Match(leaf.target, params)

    def _add(self, file: RouteFile, target: T) -> None:
        node = self._tree.grow(file.segments)
        if node.leaf is not None:
            what = f"answers the same URLs as `{display_path(str(node.leaf.file.path))}`: {shape(file.segments)}"
            hint = "Keep one of the two, or move one to another URL."
            raise RouteConflictError(what, place=Place(str(file.path)), hint=hint)
        named = [(at, segment) for at, segment in enumerate(file.segments) if segment.kind is not SegmentKind.LITERAL]
        parameters = [(segment.text, at) for at, segment in named]
        rest = parameters.pop() if named and named[-1][1].kind is SegmentKind.REST else None
        node.leaf = _RouteLeaf(file, target, tuple(parameters), rest)
        if not file.parameters:
            self._literal[quote_path(segment.text for segment in file.segments).encode()] = target
