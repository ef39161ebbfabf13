"""An error of loading or starting, put into words for the terminal."""

import traceback
from pathlib import Path
from types import TracebackType

from hyperpy.exceptions import HyperError

_OWN_FOLDER = str(Path(__file__).parents[1])


def describe_failure(error: BaseException) -> str:
    """A HyperError's own message; of anything else the traceback from the user's first line on."""
    if isinstance(error, HyperError):
        return str(error)
    lines = traceback.format_exception(type(error), error, _users_part(error))
    return "".join(lines).rstrip()


def _users_part(error: BaseException) -> TracebackType | None:
    """The traceback without the frames of hyperpy and the import system that led to the user's code.

    All of it where the user's code is not in there. A syntax error shows its line itself, and needs none of them.
    """
    inner = error.__traceback__
    while inner is not None and _is_machinery(inner.tb_frame.f_code.co_filename):
        inner = inner.tb_next
    return inner if inner is not None or isinstance(error, SyntaxError) else error.__traceback__


def _is_machinery(file: str) -> bool:
    return file.startswith((_OWN_FOLDER, "<frozen importlib")) or "/importlib/" in file
