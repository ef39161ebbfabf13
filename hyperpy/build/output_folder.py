"""The folder that a build writes: it changes only files of an earlier build, and only those that differ."""

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hyperpy.exceptions import ConfigError, HyperError, Place, RouteError, display_path
from hyperpy.record_classes import record
from hyperpy.web.built.manifest import MANIFEST, BuildManifest

type Content = bytes | Path
"""The bytes of a file, or the file that it is a copy of."""

_TEMPORARY = ".hyper-build-"
_BLOCK = 1024 * 1024


@record(frozen=True, slots=True)
class Written:
    """How many files of a build are new or different, how many were the same, and how many are gone."""

    changed: int
    same: int
    removed: int


@record(frozen=True, slots=True)
class OutputFolder:
    folder: Path
    before: BuildManifest
    """The earlier build; empty for a new folder."""

    @classmethod
    def of(cls, folder: Path, sources: Iterable[Path]) -> OutputFolder:
        """Raises ConfigError for a folder that holds `sources`, or files that no build has written."""
        shown, real = display_path(str(folder.absolute())), folder.resolve()
        for source in (Path.cwd(), *sources):
            if source.resolve().is_relative_to(real):
                hint = "Name a folder of its own, such as dist."
                raise ConfigError(f"`{shown}` holds {display_path(str(source.absolute()))}", hint=hint)
            if source != Path.cwd() and real.is_relative_to(source.resolve()):
                hint = "Name a folder beside it, such as dist."
                raise ConfigError(f"`{shown}` is inside {display_path(str(source.absolute()))}", hint=hint)
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"`{shown}` is a file", hint="Name a folder.")
        before = BuildManifest.read(folder)
        if before is None and folder.exists() and any(folder.iterdir()):
            hint = "Name a new or an empty folder: a build never touches files that it hasn't written."
            raise ConfigError(f"`{shown}` has files that `hyper build` hasn't written", hint=hint)
        return cls(folder, before or BuildManifest())

    def foreign(self, names: Iterable[str]) -> list[HyperError]:
        """An error for each file of a build, or of the one before, in whose place is something foreign.

        A file that a build has written may be in a folder that is a link now, to files of somebody else.
        """
        own = frozenset(self.before.files)
        every = sorted({*names, *own})
        return [error for name in every if (error := self._foreign(name, own)) is not None]

    def _foreign(self, name: str, own: Collection[str]) -> HyperError | None:
        for path in (self.folder / part for part in (PurePosixPath(name), *PurePosixPath(name).parents[:-1])):
            is_parent = path != self.folder / name
            if path.is_symlink() or (
                path.exists() and not (is_parent and path.is_dir()) and not self._is_own(path, own)
            ):
                what = f"this is in the way of {name}, and no build has written it"
                return RouteError(what, place=Place(str(path)), hint="Move it away, or rename what is built.")
        return None

    def _is_own(self, path: Path, own: Collection[str]) -> bool:
        """Whether a file, or all files in a folder, are of the earlier build."""
        files = [each for each in path.rglob("*") if not each.is_dir()] if path.is_dir() else [path]
        return all(file.relative_to(self.folder).as_posix() in own for file in files)

    def write(self, files: Mapping[str, Content], manifest: BuildManifest) -> Written:
        """Write what differs, and remove what is left of the earlier build. Each file is replaced in one step.

        If this is interrupted, the list of files still has all that the two builds have written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        gone = sorted(set(self.before.files) - files.keys())
        self._replace(MANIFEST, replace(manifest, files=(*files, *gone)).text().encode())
        for name in gone:
            self._remove(name)  # first, because a file may be where a folder is needed
        changed = 0
        for name, content in files.items():
            if not _is_same(self.folder / name, content):
                self._replace(name, content)
                changed += 1
        self._replace(MANIFEST, replace(manifest, files=tuple(files)).text().encode())
        return Written(changed, len(files) - changed, len(gone))

    def _remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
        for parent in PurePosixPath(name).parents[:-1]:
            try:
                (self.folder / parent).rmdir()
            except OSError:  # other files are in it
                break

    def _replace(self, name: str, content: Content) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}")
        try:
            if isinstance(content, bytes):
                temporary.write_bytes(content)
            else:
                shutil.copyfile(content, temporary)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _is_same(path: Path, content: Content) -> bool:
    try:
        if isinstance(content, bytes):
            return path.stat().st_size == len(content) and path.read_bytes() == content
        if path.stat().st_size != content.stat().st_size:
            return False
        with path.open("rb") as ours, content.open("rb") as theirs:
            while block := ours.read(_BLOCK):
                if block != theirs.read(_BLOCK):
                    return False
        return True
    except OSError:
        return False
