"""Finds the error page nearest to a URL."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hyperpy.exceptions import Place, RouteConflictError, display_path
from hyperpy.routing.discovery import ErrorPage, ErrorPageName
from hyperpy.routing.paths import split_path
from hyperpy.routing.patterns import shape
from hyperpy.routing.tree import TreeNode


@dataclass(frozen=True, slots=True)
class _PageLeaf[T]:
    path: Path
    target: T


class ErrorPages[T]:
    """Error pages by URL. Raises RouteConflictError if two of the same name are in folders that match the same URLs."""

    def __init__(self, entries: Iterable[tuple[ErrorPage, T]]) -> None:
        self._trees: dict[ErrorPageName, TreeNode[_PageLeaf[T]]] = {"_404": TreeNode(), "_error": TreeNode()}
        for page, target in entries:
            self._add(page, target)

    def nearest(self, name: ErrorPageName, raw_path: bytes) -> T | None:
        """The page in the deepest folder at or above the URL; literal folders take precedence over `{name}` ones.

        For an invalid path (see `split_path`), the page in the root folder.
        """
        segments = split_path(raw_path.removesuffix(b"/")) or []
        found = self._trees[name].deepest(segments)
        return None if found is None else found[1].target

    def _add(self, page: ErrorPage, target: T) -> None:
        node = self._trees[page.name].grow(page.folder)
        if node.leaf is not None:
            what = f"answers for the same URLs as `{display_path(str(node.leaf.path))}`: {shape(page.folder)}"
            hint = "Remove one of them: requests can't tell the folders apart."
            raise RouteConflictError(what, place=Place(str(page.path)), hint=hint)
        node.leaf = _PageLeaf(page.path, target)
