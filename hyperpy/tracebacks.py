"""Errors as text for a terminal or a log, with tracebacks that start in the user's code."""

import asyncio
import linecache
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType

import anyio
import starlette

from hyperpy.exceptions import HyperError, Place

_HYPERPY = Path(__file__).parent
_FOLDERS = (
    *(_HYPERPY, Path(starlette.__file__).parent, Path(anyio.__file__).parent, Path(asyncio.__file__).parent),
    Path(starlette.__file__).parents[1] / "uvicorn",  # not imported here: it takes a while
)
_MACHINERY = (*(f"{folder}/" for folder in _FOLDERS), "<frozen importlib")
_STANDARD_LIBRARY = f"{Path(asyncio.__file__).parents[1]}/"


def describe_failure(error: BaseException) -> str:
    """A HyperError's own message, or the user's part of any other error's traceback."""
    return str(error) if isinstance(error, HyperError) else users_traceback(error)


def users_traceback(error: BaseException) -> str:
    """The traceback of an error, without the leading frames of hyperpy, its server and the import system.

    If none of the frames is the user's, all are kept, except for a syntax error, which shows its own line.
    """
    return "".join(traceback.format_exception(type(error), error, users_part(error))).rstrip()


def users_part(error: BaseException) -> TracebackType | None:
    """The traceback of an error from the first frame of the user's code; see `users_traceback`."""
    inner = error.__traceback__
    while inner is not None:
        file = inner.tb_frame.f_code.co_filename
        if not file.startswith(_MACHINERY) and "/importlib/" not in file:
            return inner
        inner = inner.tb_next
    return None if isinstance(error, SyntaxError) else error.__traceback__


def raising_place(error: BaseException) -> Place | None:
    """The innermost line of the user's code in an error's traceback: the call that hyperpy refuses.

    None if no frame is the user's.
    """
    found, inner = None, error.__traceback__
    while inner is not None:
        if _is_users(inner.tb_frame.f_code.co_filename):
            found = inner
        inner = inner.tb_next
    return _place(found) if found is not None else None


def _is_users(file: str) -> bool:
    if file.startswith((*_MACHINERY, "<")):
        return False
    return not file.startswith(_STANDARD_LIBRARY) or "-packages/" in file


def _place(frame: TracebackType) -> Place:
    """The expression that a frame was evaluating, or only its line if it has several."""
    code, line = frame.tb_frame.f_code, frame.tb_lineno
    first, last, start, end = next(islice(code.co_positions(), frame.tb_lasti // 2, None), (None,) * 4)
    if first != line or last != line or start is None or end is None:
        return Place(code.co_filename, line)
    text = linecache.getline(code.co_filename, line).encode()  # Python counts columns in bytes
    column = len(text[:start].decode(errors="replace"))
    return Place(code.co_filename, line, column, len(text[start:end].decode(errors="replace")))


@contextmanager
def placed(file: str) -> Iterator[None]:
    """Adds the file and line to a HyperError that has no place."""
    try:
        yield
    except HyperError as error:
        error.at(Place(file, line_in(error, file)))
        raise


def line_in(error: BaseException, file: str) -> int:
    """The last line of the file that the traceback passes through; 0 if it does not."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else 0
