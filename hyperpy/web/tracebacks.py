"""Tracebacks that begin where the user's code does."""

import traceback
from pathlib import Path
from types import TracebackType

import anyio
import starlette

_HYPERPY = Path(__file__).parents[1]
_FOLDERS = (_HYPERPY, Path(starlette.__file__).parent, Path(anyio.__file__).parent)
_MACHINERY = (*(f"{folder}/" for folder in _FOLDERS), "<frozen importlib")


def users_traceback(error: BaseException) -> str:
    """The traceback of an error without the frames of hyperpy, Starlette and the import system that led to it.

    All of it where no code of the user is in there. A syntax error shows its line itself, and needs none of them.
    """
    return "".join(traceback.format_exception(type(error), error, _users_part(error))).rstrip()


def _users_part(error: BaseException) -> TracebackType | None:
    inner = error.__traceback__
    while inner is not None and _is_machinery(inner.tb_frame.f_code.co_filename):
        inner = inner.tb_next
    return inner if inner is not None or isinstance(error, SyntaxError) else error.__traceback__


def _is_machinery(file: str) -> bool:
    return file.startswith(_MACHINERY) or "/importlib/" in file
