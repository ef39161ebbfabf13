"""Which files' changes make the site another one."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change

LOADED_SUFFIXES = frozenset({".py", ".toml"})
FOREIGN_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


class LoadedFiles:
    """A filter for watchfiles: files that a site loads, not those of tools, environments and downloads.

    `folders` are the folders that are watched, `static` is the one whose files are served as they are.
    """

    def __init__(self, folders: Iterable[Path], static: Path) -> None:
        self.folders = tuple(folders)
        self.static = static

    def __call__(self, change: Change, path: str) -> bool:
        file = Path(path)
        if file.suffix not in LOADED_SUFFIXES or file.is_relative_to(self.static):
            return False
        return any(self._is_ours(file.relative_to(each)) for each in self.folders if file.is_relative_to(each))

    def _is_ours(self, relative: Path) -> bool:
        return not any(part in FOREIGN_FOLDERS or part.startswith(".") for part in relative.parts)


def watched_folders(working: Path, routes: Path) -> list[Path]:
    """The working directory, and the route files' if that lies elsewhere."""
    folders = [working]
    if routes.is_dir() and not routes.is_relative_to(working):
        folders.append(routes)
    return folders


def drop_bytecode(file: Path) -> None:
    """Remove the compiled form of a changed module.

    Python takes it to be current when the source has the same size and the same second of change, as it often has
    after a quick edit.
    """
    if file.suffix == ".py":
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
