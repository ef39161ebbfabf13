"""Colours for errors in a terminal."""

import os
import re
from collections.abc import Mapping
from typing import Final, TextIO

_RESET: Final = "\x1b[0m"
_RED: Final = "\x1b[31m"
_BOLD_RED: Final = "\x1b[1;31m"
_YELLOW: Final = "\x1b[33m"
_QUIET: Final = "\x1b[2m"
_CYAN: Final = "\x1b[36m"

# The groups of an exception group have a margin of bars.
_MARGIN: Final = r"\s*(?:[+|-]+\s*)*"
_LINES: Final = (
    (re.compile(r"\s*[~^]+"), _BOLD_RED),
    (re.compile(rf"{_MARGIN}[~^]+"), _BOLD_RED),
    (re.compile(rf"{_MARGIN}File \".*\", line \d+(?:, in .*)?"), _CYAN),
    (re.compile(rf"{_MARGIN}\[\d+ frames? of .*\]"), _QUIET),
    (re.compile(rf"{_MARGIN}(?:Exception Group )?Traceback \(most recent call last\):"), _QUIET),
    (re.compile(rf"{_MARGIN}[A-Za-z_][\w.<>]*(?:Error|Exception|Group|Warning|Exit|Interrupt|Lookup)\b.*"), _RED),
)


def has_colours(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a stream is a terminal that shows colours. NO_COLOR turns them off: https://no-color.org"""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or stream.isatty()


def coloured(text: str, *, is_error: bool = True) -> str:
    """A message or a traceback with colours: the first line, the marks below source code, and names of files.

    The text must have no control characters of its own.
    """
    first, *rest = text.split("\n")
    return "\n".join([f"{_BOLD_RED if is_error else _YELLOW}{first}{_RESET}", *map(_line, rest)])


def _line(line: str) -> str:
    colour = next((colour for pattern, colour in _LINES if pattern.fullmatch(line)), "")
    return f"{colour}{line}{_RESET}" if colour else line
