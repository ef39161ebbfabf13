"""Warns about a `str` that looks like HTML and is shown as text, since only t-strings and `Markup` are HTML."""

import linecache
import re
import sys
from collections.abc import Callable
from itertools import islice
from types import GeneratorType
from typing import Any, Final

from hyperpy.dev.problems.source_code import Span
from hyperpy.dev.terminal.template_notes import Notes
from hyperpy.templates import escape_str
from hyperpy.templates.rendering.render import RUNTIME

_SOUGHT: Final = 10_000  # characters of a value
_ITEMS: Final = 100  # of a list
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

_TEMPLATE: Final = "Template(strings=("  # as Python writes it
_OF_TEMPLATES: Final = (
    'Interpolate the t-string itself, t"<p>{part}</p>", or a list of them, t"<ul>{rows}</ul>".\n'
    "For its HTML as a `str`, write `html(part)`."
)


def noting_html() -> dict[str, Callable[..., str]]:
    """Replacements for `ESCAPE`, `TEXT` and `ITEMS` that warn once for each place in a template."""
    notes = Notes(_shows_source)
    render: Any = RUNTIME["TEXT"]

    def escape(text: str, /) -> str:
        if _TEMPLATE in text:
            what = "this value is a t-string that str(), an f-string or a join has made text, so its parts are shown"
            notes.note(sys._getframe(1), what, _OF_TEMPLATES)
        elif _looks_like_html(text):
            what = "this value looks like HTML, but is a str, so its tags are shown as text"
            notes.note(sys._getframe(1), what, _HINT)
        return escape_str(text)

    def text(value: Any, /) -> str:
        if isinstance(value, GeneratorType):
            value = list(value)
        if isinstance(value, list | tuple) and any(map(_looks_like_html, islice(value, _ITEMS))):
            what = "these items look like HTML, but are of type str, so their tags are shown as text"
            notes.note(sys._getframe(1), what, _HINT)
        rendered: str = render(value)
        return rendered

    return {"ESCAPE": escape, "TEXT": text, "ITEMS": text}


def _looks_like_html(value: object) -> bool:
    return type(value) is str and "<" in value and _HTML.search(value, 0, _SOUGHT) is not None


def _shows_source(span: Span) -> bool:
    """Whether the value is all that an element for code or plain text begins with."""
    return _SOURCE.search(linecache.getline(span.file, span.line)[: span.column]) is not None
