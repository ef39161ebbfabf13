"""Errors as text for a terminal or a log, with tracebacks that start in the user's code."""

import asyncio
import traceback
from pathlib import Path
from types import TracebackType

import anyio
import starlette

from hyperpy.exceptions import HyperError

_HYPERPY = Path(__file__).parent
_FOLDERS = (
    *(_HYPERPY, Path(starlette.__file__).parent, Path(anyio.__file__).parent, Path(asyncio.__file__).parent),
    Path(starlette.__file__).parents[1] / "uvicorn",  # not imported here: it takes a while
)
_MACHINERY = (*(f"{folder}/" for folder in _FOLDERS), "<frozen importlib")


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
