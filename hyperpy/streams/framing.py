"""The text/event-stream format: fields in, one block of lines out (WHATWG HTML, "Server-sent events")."""

import re
from functools import lru_cache
from typing import Final

from hyperpy.exceptions import EventError

# A header's value can't hold these (RFC 9110, 5.5): servers answer 400, after which an EventSource never comes back.
_UNFIT_FOR_HEADERS: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

_FORBIDDEN: Final = (("\n", "LF"), ("\r", "CR"), ("\0", "NUL"))


def frame(
    data: str | None = None,
    *,
    event: object = None,
    id: object = None,
    retry: object = None,
    comment: object = None,
) -> str:
    """One block, its blank line included. None leaves a field out; a name without data gets an empty `data:`.

    Without that line the client would drop the event: "If the data buffer is an empty string, set the data buffer and
    the event type buffer to the empty string and return."
    """
    if data is not None and event is not None and id is None and retry is None and comment is None:  # the usual one
        return f"event: {_checked_name(event)}\n{data_lines(data)}\n\n"
    lines = []
    if comment is not None:
        lines.append(_comment_lines(comment))
    if id is not None:
        lines.append("id: " + _checked_id(id))
    if event is not None:
        lines.append("event: " + _checked_name(event))
        data = data or ""
    if retry is not None:
        lines.append(f"retry: {_checked_retry(retry)}")
    if data is not None:
        lines.append(data_lines(data))
    if not lines:
        raise EventError(
            "this event has no field at all", hint='Give it at least one, as in: {"data": t"<p>{news}</p>"}'
        )
    return "\n".join(lines) + "\n\n"


def data_lines(text: str) -> str:
    """Every line with its own `data: `. A trailing newline keeps the empty line after it."""
    return "data: " + data_continued(text)


def data_continued(text: str) -> str:
    """Text for the middle of a line of data."""
    return unified(text).replace("\n", "\ndata: ")


def unified(text: str) -> str:
    """CRLF, CR and LF end a line of the stream and nothing else does, so `str.splitlines` would split too much."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _checked_name(name: object) -> str:
    if not isinstance(name, str):
        raise EventError(f"an event's name is a str, not {type(name).__name__}", hint='As in: yield "price", 42')
    return _name(str.__str__(name))


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    if not name:
        raise EventError(
            "this event's name is empty",
            hint="Clients take an empty name for `message`, as they do without one. Leave the name out, or write it.",
        )
    return _single_line("event", name)


def _checked_id(id: object) -> str:
    """An empty id is allowed: it makes the client forget the last one."""
    if isinstance(id, bool) or not isinstance(id, (str, int)):
        raise EventError(f"an event's id is a str or an int, not {type(id).__name__}", hint='As in: {"id": "42"}')
    text = str.__str__(id) if isinstance(id, str) else int.__str__(id)
    if text == "close":
        raise EventError(
            "the id `close` is reserved",
            hint="It says that a client has seen the end of the stream. To end this one, let the generator return.",
        )
    if unfit := _UNFIT_FOR_HEADERS.search(text):
        raise EventError(
            f"the `id` of this event contains {unfit[0]!r}, with which no client could come back: {text!r:.80}",
            hint="It returns in the header Last-Event-ID. Encode what it is made of: quote(value).",
        )
    if text.strip(" \t") != text:
        raise EventError(
            f"the `id` of this event has white space at its ends, and would come back without: {text!r:.80}",
            hint="It returns in the header Last-Event-ID. Take it off: id.strip()",
        )
    return _single_line("id", text)


def _single_line(field: str, text: str) -> str:
    """A line end would begin a field of the value's own making. Clients ignore an id with NUL, a name is no better."""
    for character, name in _FORBIDDEN:
        if character in text:
            raise EventError(
                f"the `{field}` of this event contains {name}: {text!r:.80}",
                hint=f"Only data can have several lines. Take it out: {field}.replace({character!r}, '')",
            )
    return text


def _checked_retry(retry: object) -> int:
    if isinstance(retry, bool) or not isinstance(retry, int) or retry < 0:
        raise EventError(
            f"`retry` is a whole number of milliseconds, 0 or more, not {retry!r:.40}",
            hint='As in: {"retry": 3000}',
        )
    return int(retry)


def _comment_lines(comment: object) -> str:
    if not isinstance(comment, str):
        raise EventError(f"a comment is a str, not {type(comment).__name__}", hint='As in: {"comment": "still here"}')
    return "\n".join(f": {line}" if line else ":" for line in unified(str.__str__(comment)).split("\n"))
