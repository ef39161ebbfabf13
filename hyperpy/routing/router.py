"""Finds the route for a path, and the error page nearest to it."""

from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import NamedTuple

from hyperpy.exceptions import Place, RouteConflictError, display_path, refuse
from hyperpy.record_classes import record
from hyperpy.routing.discovery import ErrorPage, ErrorPageName, RouteFile
from hyperpy.routing.paths import quote_path, split_path
from hyperpy.routing.patterns import SegmentKind, shape
from hyperpy.routing.tree import TreeNode


class Match[T](NamedTuple):
    """A route and the decoded values of its parameters.

    Values are never empty. They may start with `_` or `.`, and contain a slash that was sent as `%2F`, but no NUL, and
    no `.` or `..` between slashes or backslashes. The segments of a `{...name}` are joined with `/`. A `%2F` in them is
    a slash too, but never makes an empty part: the value doesn't start with a slash.
    """

    target: T
    params: dict[str, str]


@record(frozen=True, slots=True)
class CanonicalRedirect:
    """A redirect to the path without its trailing slash: percent-encoded, relative to `root_path`."""

    path: str


@record(frozen=True, slots=True)
class _RouteLeaf[T]:
    file: RouteFile
    target: T
    parameters: tuple[tuple[str, int], ...]
    rest: tuple[str, int] | None


class Router[T]:
    """Targets by path. If two files match the same URLs, the second is left out, and the error passed to `report`."""

    def __init__(
        self, entries: Iterable[tuple[RouteFile, T]], report: Callable[[RouteConflictError], None] = refuse
    ) -> None:
        self._tree: TreeNode[_RouteLeaf[T]] = TreeNode()
        self._literal: dict[bytes, T] = {}
        for file, target in entries:
            self._add(file, target, report)

    def match(self, raw_path: bytes) -> Match[T] | CanonicalRedirect | None:
        """The match for a percent-encoded path, or a redirect if only its trailing slash is wrong."""
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

    def _add(self, file: RouteFile, target: T, report: Callable[[RouteConflictError], None]) -> None:
        node = self._tree.grow(file.segments)
        if node.leaf is not None:
            what = f"answers the same URLs as `{display_path(str(node.leaf.file.path))}`: {shape(file.segments)}"
            hint = "Remove one of them, or move it to another URL."
            report(RouteConflictError(what, place=Place(str(file.path)), hint=hint))
            return
        named = [(at, segment) for at, segment in enumerate(file.segments) if segment.kind is not SegmentKind.LITERAL]
        parameters = [(segment.text, at) for at, segment in named]
        rest = parameters.pop() if named and named[-1][1].kind is SegmentKind.REST else None
        node.leaf = _RouteLeaf(file, target, tuple(parameters), rest)
        if not named:
            self._literal[quote_path(segment.text for segment in file.segments).encode()] = target


class ErrorPages[T]:
    """Error pages by URL. If two of one name are in folders that match the same URLs, the error goes to `report`."""

    def __init__(
        self, entries: Iterable[tuple[ErrorPage, T]], report: Callable[[RouteConflictError], None] = refuse
    ) -> None:
        self._trees: dict[ErrorPageName, TreeNode[tuple[ErrorPage, T]]] = {"_404": TreeNode(), "_error": TreeNode()}
        for page, target in entries:
            node = self._trees[page.name].grow(page.folder)
            if node.leaf is not None:
                what = f"answers for the same URLs as `{display_path(str(node.leaf[0].path))}`: {shape(page.folder)}"
                hint = "Remove one of them: requests can't tell the folders apart."
                report(RouteConflictError(what, place=Place(str(page.path)), hint=hint))
                continue
            node.leaf = (page, target)

    def nearest(
        self, names: Iterable[ErrorPageName], raw_path: bytes, accepts: Callable[[T], bool] = lambda target: True
    ) -> Match[T] | None:
        """The accepted page of these names in the deepest folder at or above the URL, and that folder's parameters.

        In one folder, the first name's. Literal folders take precedence over `{name}` ones. An invalid path counts as
        far as it is valid.
        """
        parts = map(split_path, [b"/" + part for part in raw_path[1:].split(b"/")])
        segments = [segment for part in takewhile(bool, parts) for segment in part or ()]
        trees = [self._trees[name] for name in names]
        found = [deepest for tree in trees if (deepest := tree.deepest(segments, lambda leaf: accepts(leaf[1])))]
        if not found:
            return None
        page, target = max(found, key=lambda deepest: deepest[0])[1]
        named = [(at, part.text) for at, part in enumerate(page.folder) if part.kind is not SegmentKind.LITERAL]
        return Match(target, {name: segments[at] for at, name in named})
