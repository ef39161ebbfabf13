"""Reads Python files, and tells whether they have changed."""

import codecs
import importlib.util
import time
from pathlib import Path
from typing import Final

from hyperpy.exceptions import Place, RouteError

# File systems store times in steps of up to two seconds.
_COARSEST_CLOCK: Final = 3_000_000_000

type Status = tuple[int, int, int, int]


def read_source(path: Path) -> str:
    """The text of a Python file, decoded as Python decodes it. Raises RouteError if it can't be."""
    try:
        with open(path, "rb", buffering=0) as file:
            return _decoded(file.readall())
    except (UnicodeDecodeError, SyntaxError, OSError) as error:
        is_encoding = isinstance(error, UnicodeDecodeError | SyntaxError)
        hint = "Save the file as UTF-8." if is_encoding else "Check that it exists, and its permissions."
        raise RouteError(f"the file can't be read: {error}", place=Place(str(path)), hint=hint) from error


def _decoded(data: bytes) -> str:
    """The text of a file. Most need no search for their encoding and no translation of newlines."""
    beginning = data[: data.find(b"\n", data.find(b"\n") + 1)] if b"coding" in data else b""
    if b"\r" not in data and b"coding" not in beginning and not data.startswith(codecs.BOM_UTF8):
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass  # with Python's own message
    return importlib.util.decode_source(data)


def file_status(path: Path) -> Status | None:
    """What changes with the text of a file; None if a change right now might leave it as it is.

    Tools that restore or normalize the modification time leave at least another inode or change time.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    is_settled = abs(time.time_ns() - status.st_mtime_ns) > _COARSEST_CLOCK
    if not is_settled:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns
