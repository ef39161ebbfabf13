"""Which changed files cause a restart."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change

LOADED_SUFFIXES = frozenset({".py", ".toml"})
IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})


class LoadedFiles:
    """A filter for watchfiles: files that a site loads, not those of tools, environments and dependencies.

    `folders` are watched; files in `static` are served unchanged, so they need no restart.
    """

    def __init__(self, folders: Iterable[Path], static: Path) -> None:
        self.folders = tuple(folders)
        self.static = static

    def __call__(self, change: Change, path: str) -> bool:
        file = Path(path)
        if file.suffix not in LOADED_SUFFIXES or file.is_relative_to(self.static):
            return False
        below = [file.relative_to(folder).parts for folder in self.folders if file.is_relative_to(folder)]
        return any(not any(part in IGNORED_FOLDERS or part.startswith(".") for part in parts) for parts in below)


def watched_folders(working: Path, routes: Path) -> list[Path]:
    """The working directory, and the folder of routes if it is not inside."""
    folders = [working]
    if routes.is_dir() and not routes.is_relative_to(working):
        folders.append(routes)
    return folders


def drop_bytecode(file: Path) -> None:
    """Remove the cached bytecode of a changed module.

    Python considers it current if the source has the same size and modification time in seconds, as after a quick edit.
    """
    if file.suffix == ".py":
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
