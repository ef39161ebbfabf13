"""Warnings about the values of templates, at the places of their holes."""

import linecache
import logging
from collections.abc import Callable
from types import FrameType
from typing import Final

from hyperpy.dev.page_warnings import RUN_WARNING
from hyperpy.dev.problems.source_code import Span, positions
from hyperpy.exceptions import Place, message
from hyperpy.pages import LoadWarning
from hyperpy.user_files import is_users

log: Final = logging.getLogger("hyperpy")


class Notes:
    """Warns once for each place, unless it `is_meant`."""

    def __init__(self, is_meant: Callable[[Span], bool] = lambda _: False) -> None:
        self._is_meant = is_meant
        self._known: set[tuple[str, int, str]] = set()

    def note(self, frame: FrameType, what: str, hint: str) -> None:
        """Warn about the value that the code of a template is rendering in this frame."""
        span = positions(frame.f_code, frame.f_lineno or 0, frame.f_lasti)
        # With the line's text, because the file may have changed since.
        key = (span.file, span.column, linecache.getline(span.file, span.line))
        if key in self._known or not is_users(span.file):
            return
        self._known.add(key)
        if not self._is_meant(span):
            width = span.end_column - span.column if span.end_line == span.line else 0
            place = Place(span.file, span.line, span.column, width)
            extra = {RUN_WARNING: LoadWarning(what, place, hint)}
            log.warning("%s", message(what, place, hint), extra=extra)
