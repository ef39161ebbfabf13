"""The paths that `hyper dev` watches: the folders and files that a site may load, and the links that lead to them."""

import importlib.util
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from watchfiles import Change

LOADED_SUFFIXES = frozenset({".py", ".toml"})
IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})
MAX_LINKS = 40  # in one path, as in Linux


class FileState(NamedTuple):
    """Metadata that changes when a file is written, replaced, or reached through another link."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files that a site may load, at one moment."""

    files: Mapping[Path, FileState]
    folders: frozenset[Path]
    """The folders to watch, each without those in it."""
    linked: frozenset[Path]
    """Symbolic links, and the files that they lead to."""

    def may_concern(self, change: Change, path: str) -> bool:
        """Whether an event in one of the folders may have changed a file. It may be about a folder or a link."""
        file = Path(path)
        is_known = file in self.folders or file in self.linked
        return is_known or file.suffix in LOADED_SUFFIXES or os.path.isdir(path) or os.path.islink(path)


def take_snapshot(roots: Iterable[Path], static: Path) -> Snapshot:
    """The files below `roots`, without those of tools, environments and dependencies, and `static`.

    Links are followed. Files in `static` are served unchanged, so they need no restart.
    """
    files: dict[Path, FileState] = {}
    folders: set[Path] = set()
    linked: set[Path] = set()
    seen: set[tuple[int, int]] = set()
    waiting = deque(roots)
    linked.update(link for root in waiting for link in _links(root) if root.is_symlink())
    while waiting:
        folder = waiting.popleft()
        try:
            status = folder.stat()
            entries = list(os.scandir(folder))
        except OSError:  # no permission, or deleted a moment ago
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in seen and folder.is_symlink():
            files[folder] = FileState(*identity, 0, 0, 0)  # its files are known by other paths
        if identity in seen or any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        seen.add(identity)
        folders.add(folder)
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir()
            if path == static or not (_is_site_folder(entry.name) if is_folder else path.suffix in LOADED_SUFFIXES):
                continue
            if entry.is_symlink():
                linked.update(_links(path))
            if is_folder:
                waiting.append(path)
            elif state := _state(path):
                files[path] = state
    return Snapshot(files, frozenset(folders | {link.parent for link in linked}), frozenset(linked))


def differences(before: Snapshot, after: Snapshot) -> list[tuple[Change, Path]]:
    """The files that have changed, sorted by their paths."""
    added = [(Change.added, path) for path in after.files.keys() - before.files.keys()]
    deleted = [(Change.deleted, path) for path in before.files.keys() - after.files.keys()]
    both = after.files.keys() & before.files.keys()
    modified = [(Change.modified, path) for path in both if before.files[path] != after.files[path]]
    return sorted([*added, *deleted, *modified], key=lambda change: change[1])


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


def _is_site_folder(name: str) -> bool:
    return name not in IGNORED_FOLDERS and (not name.startswith(".") or name == ".well-known")


def _state(file: Path) -> FileState | None:
    try:
        status = file.stat()
    except OSError:  # a broken link, or deleted a moment ago
        return None
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _links(path: Path) -> Iterator[Path]:
    """Every link on the way to what a path leads to, and that itself."""
    current, parts = Path(path.anchor), deque(path.parts[1:])
    for _ in range(MAX_LINKS):
        while parts and not (current / parts[0]).is_symlink():
            current = current.parent if parts[0] == ".." else current / parts[0]
            parts.popleft()
        if not parts:
            break
        link = current / parts.popleft()
        yield link
        target = link.readlink()
        if target.is_absolute():
            current = Path(target.anchor)
        parts.extendleft(reversed(target.parts[1:] if target.is_absolute() else target.parts))
    yield current
