"""Warns about a `str` that looks like HTML and is shown as text, since only t-strings and `Markup` are HTML."""

import linecache
import logging
import re
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

from hyperpy.dev.problems.source_code import Span, is_users, positions
from hyperpy.exceptions import Place, message
from hyperpy.templates import escape_str, text_escape

_SOUGHT: Final = 10_000  # characters of a value
# Elements that pages put together from strings, as somebody used to other template languages would.
_NAMES: Final = (
    "a article b blockquote button code div em figure form h1 h2 h3 h4 h5 h6 i label li nav ol option p pre section"
    " select small span strong svg table tbody td th thead tr ul"
)
_HTML: Final = re.compile(
    rf"<({'|'.join(_NAMES.split())})(?:\s[^<>]*)?>.*?</\1\s*>|<(?:br|hr|img\s[^<>]*|input\s[^<>]*)/?>",
    re.DOTALL | re.IGNORECASE,
)
# Where source code is shown on purpose.
_SOURCE: Final = re.compile(r"<(?:code|kbd|option|pre|samp|textarea|title|xmp)\b[^<>]*>\s*\{*$", re.IGNORECASE)

_HINT: Final = (
    'If it is your own HTML, make it a t-string, t"<b>{name}</b>", or wrap it in `Markup(…)`.\n'
    "If a visitor or a program has written it, this is right: it could hold a script."
)

log: Final = logging.getLogger("hyperpy")


def note_escaped_html() -> None:
    """Look for HTML in the values of templates that are loaded in this context."""
    text_escape.set(noting_escape())


def noting_escape() -> Callable[[str], str]:
    """An `escape_str` that warns once for each place in a template."""
    known: set[tuple[str, int, int]] = set()

    def escape(text: str, /) -> str:
        if "<" in text and _HTML.search(text, 0, _SOUGHT):
            _note(sys._getframe(1), known)
        return escape_str(text)

    return escape


def _note(frame: FrameType, known: set[tuple[str, int, int]]) -> None:
    span = positions(frame.f_code, frame.f_lineno or 0, frame.f_lasti)
    key = (span.file, span.line, span.column)
    if key in known or not is_users(span.file):
        return
    known.add(key)
    if not _shows_source(span):
        width = span.end_column - span.column if span.end_line == span.line else 0
        place = Place(span.file, span.line, span.column, width)
        what = "this value looks like HTML, but is a str, so its tags are shown as text"
        log.warning("%s", message(what, place, _HINT))


def _shows_source(span: Span) -> bool:
    """Whether the value is all that an element for code or plain text begins with."""
    return _SOURCE.search(linecache.getline(span.file, span.line)[: span.column]) is not None
