"""The states of files by which changes are noticed, and which files of the user a process has imported."""

import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from hyperpy.user_files import is_users


class FileState(NamedTuple):
    """Metadata that changes when a file is written, replaced, or reached through another link."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


MISSING: Final = FileState(0, 0, 0, 0, 0)

type Files = Mapping[str, FileState]
"""By their paths. These are texts, as those of all files are made after every event."""


def states(files: Iterable[str]) -> Files:
    """The states of some files as they are now."""
    return {file: state_of(file) or MISSING for file in files}


def state_of(path: str | Path) -> FileState | None:
    try:
        status = os.stat(path)  # on Windows, `entry.stat()` lacks some of it
    except OSError:  # a broken link, or deleted a moment ago
        return None
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def imported_files(errors: Iterable[BaseException]) -> frozenset[str]:
    """The files of all modules that belong to no installed package, and those that errors lead through."""
    found = {getattr(module, "__dict__", {}).get("__file__") for module in list(sys.modules.values())}
    for error in errors:
        found.update(_files_of(error))
    return frozenset(file for file in found if isinstance(file, str) and file.endswith(".py") and is_users(file))


def _files_of(error: BaseException | None) -> Iterator[str | None]:
    while error is not None:
        yield from (frame.filename for frame in traceback.extract_tb(error.__traceback__))
        if isinstance(error, SyntaxError):
            yield error.filename
        error = error.__cause__ or error.__context__
