"""What `hyper dev` watches: the folders and files that a site loads or serves, and the links that lead to them."""

import importlib.util
import os
from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from watchfiles import Change

from hyperpy.dev.file_states import Files, FileState, state_of, states
from hyperpy.record_classes import record

LOADED_SUFFIXES = frozenset({".py", ".toml"})
IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})
MAX_LINKS = 40  # in one path, as in Linux


@record(frozen=True, slots=True)
class Snapshot:
    """The files that a site may load or serve, at one moment."""

    files: Files
    """Those that it may load."""
    assets: Files
    """Those in the static folder."""
    folders: frozenset[Path]
    """The folders to watch, each without those in it."""
    linked: frozenset[Path]
    """Symbolic links, and the files that they lead to."""
    static: Path
    data: tuple[Path, ...]
    """The other folders and files to watch, whatever is in them."""
    modules: Files
    """Imported files that are in none of the folders. One that is missing has the state MISSING."""
    watched: frozenset[tuple[int, int]]
    """Devices and inodes of the folders: one that is removed and made again needs another watch."""

    def may_concern(self, change: Change, path: str) -> bool:
        """Whether an event in one of the folders may have changed a file. It may be about a folder or a link."""
        file = Path(path)
        is_known = file in self.folders or file in self.linked or path in self.modules
        is_known = is_known or any(map(file.is_relative_to, (self.static, *self.data)))
        return is_known or file.suffix in LOADED_SUFFIXES or os.path.isdir(path) or os.path.islink(path)


def take_snapshot(
    roots: Iterable[Path], static: Path, data: Sequence[Path] = (), modules: Iterable[str] = ()
) -> Snapshot:
    """The files below `roots`, without those of tools, environments and dependencies, those in `static` and in `data`.

    Links are followed. Of `modules`, those count that are in none of the folders.
    """
    loaded = _Walk(roots, static, LOADED_SUFFIXES)
    served = _Walk([static], None, None)
    read = _Walk([path for path in data if path.is_dir()], static, None)
    read.files |= {str(path): state for path in data if path.is_file() and (state := state_of(path))}
    outside = states(file for file in modules if file not in loaded.files)
    folders = loaded.folders | served.folders | read.folders
    linked = loaded.linked | served.linked | read.linked
    single = {Path(file).parent for file in outside} | {path.parent for path in data if not path.is_dir()}
    watched = folders | {folder for folder in (*single, *(link.parent for link in linked)) if folder.is_dir()}
    files = {**read.files, **loaded.files}
    return Snapshot(
        files,
        served.files,
        frozenset(watched),
        frozenset(linked),
        static,
        tuple(data),
        outside,
        frozenset(loaded.seen | served.seen | read.seen),
    )


class _Walk:
    """The files below some folders: those with certain suffixes, or all if that is None. `skipped` is not looked at."""

    def __init__(self, roots: Iterable[Path], skipped: Path | None, suffixes: Container[str] | None) -> None:
        self.files: dict[str, FileState] = {}
        self.folders: set[Path] = set()
        self.linked: set[Path] = set()
        self._suffixes = suffixes
        self._skipped = skipped
        self.seen: set[tuple[int, int]] = set()
        self._waiting = deque(roots)
        self.linked.update(link for root in self._waiting for link in _links(root) if root.is_symlink())
        while self._waiting:
            self._look_into(self._waiting.popleft())

    def _look_into(self, folder: Path) -> None:
        try:
            status = folder.stat()
            entries = list(os.scandir(folder))
        except OSError:  # no permission, or deleted a moment ago
            return
        identity = (status.st_dev, status.st_ino)
        if identity in self.seen and folder.is_symlink():
            self.files[str(folder)] = FileState(*identity, 0, 0, 0)  # its files are known by other paths
        if identity in self.seen or any(entry.name == "pyvenv.cfg" for entry in entries):
            return
        self.seen.add(identity)
        self.folders.add(folder)
        for entry in entries:
            is_folder = entry.is_dir()
            if not (_is_site_folder(entry.name) if is_folder else self._is_wanted(entry.name)):
                continue
            if is_folder and folder / entry.name == self._skipped:
                continue
            if entry.is_symlink():
                self.linked.update(_links(folder / entry.name))
            if is_folder:
                self._waiting.append(folder / entry.name)
            elif state := state_of(entry.path):
                self.files[entry.path] = state

    def _is_wanted(self, name: str) -> bool:
        return self._suffixes is None or os.path.splitext(name)[1] in self._suffixes


def differences(before: Files, after: Files) -> list[tuple[Change, Path]]:
    """The files that have changed, sorted by their paths."""
    added = [(Change.added, path) for path in after.keys() - before.keys()]
    deleted = [(Change.deleted, path) for path in before.keys() - after.keys()]
    modified = [(Change.modified, path) for path, state in after.items() if before.get(path, state) != state]
    return [(change, Path(path)) for change, path in sorted([*added, *deleted, *modified], key=itemgetter(1))]


def differences_of_modules(before: Files, after: Files) -> list[tuple[Change, Path]]:
    """The modules that have changed among those that were watched all the time."""
    both = before.keys() & after.keys()
    return differences({file: before[file] for file in both}, {file: after[file] for file in both})


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
