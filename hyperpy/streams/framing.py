"""The text/event-stream format: fields in, one block of lines out (WHATWG HTML, "Server-sent events")."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from hyperpy.exceptions import EventError
from hyperpy.lazy import lazy_pattern

# Invalid in a header value (RFC 9110, 5.5): servers answer 400, after which an EventSource does not reconnect.
_UNFIT_FOR_HEADERS: Final = lazy_pattern(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

# Bytes. Clients send ids back in a header, and many proxies limit one to 8 KiB (nginx: large_client_header_buffers).
LONGEST_ID: Final = 8000

# Names of events after which many clients disconnect.
_LAST_NAMES: Final = frozenset(("done", "close"))

# An event without a name has this one. It is never written: htmx 4 swaps only events without a name.
DEFAULT_NAME: Final = "message"
_SPECIAL_NAMES: Final = _LAST_NAMES | {DEFAULT_NAME}

_FIELD: Final = lazy_pattern(r"(?:data|event|id|retry)?:")

# The start of an event with elements for Datastar, which names them in each line.
_PATCH: Final = lazy_pattern(r"(?:(?:id)?:.*\n)*event: datastar-patch-elements\n")

_FORBIDDEN: Final = (("\n", "LF"), ("\r", "CR"), ("\0", "NUL"))


class LastFrame(str):
    """An encoded event whose name tells clients that it is the last one."""

    __slots__ = ()


def frame(
    data: str | None = None,
    *,
    event: object = None,
    id: object = None,
    retry: object = None,
    comment: object = None,
) -> str:
    """Encode one event, including its blank line. Fields that are None are left out.

    The name `message`, the default, is left out. A name without data gets an empty `data:` line, because clients drop
    an event without one: "If the data buffer is an empty string, set the data buffer and the event type buffer to the
    empty string and return."
    """
    if data is not None and type(event) is str and id is None and retry is None and comment is None:  # the usual case
        start = _usual_start(event)
        if start:
            return f"{start}{data_continued(data)}\n\n"
    lines, name = [], ""
    if comment is not None:
        lines.append(_comment_lines(comment))
    if id is not None:
        lines.append("id: " + _checked_id(id))
    if event is not None:
        if (name := _checked_name(event)) != DEFAULT_NAME:
            lines.append("event: " + name)
        data = data or ""
    if retry is not None:
        lines.append(f"retry: {_checked_retry(retry)}")
    if data is not None:
        lines.append(data_lines(data))
    if not lines:
        raise EventError("this event has no fields", hint='Give it at least one, as in: {"data": t"<p>{news}</p>"}')
    text = "\n".join(lines) + "\n\n"
    return LastFrame(text) if name in _LAST_NAMES else text


def checked_block(text: str) -> str:
    """An event that a library has encoded. Raises EventError if it isn't one."""
    lines = unified(text).split("\n") if "\r" not in text.replace("\r\n", "") else [""]
    if lines[-2:] != ["", ""] or not all(map(_FIELD.match, lines[:-2])):
        raise EventError(
            f"this is not an encoded event: {text!r:.80}", hint="It has lines such as `data: …`, and an empty one."
        )
    return encodable("\n".join(lines))


def data_lines(text: str) -> str:
    """Prefix every line with `data: `. After a trailing newline follows an empty line of data."""
    return "data: " + data_continued(text)


def data_continued(text: str) -> str:
    """Encode text that continues a line of data."""
    if "\r" in text:
        text = unified(text)
    return text.replace("\n", "\ndata: ")


def continuation(encoded: str) -> Callable[[str], str]:
    """The function that encodes text which continues the last field of an event in `encoded`."""
    return _elements_continued if _PATCH.match(encoded) else data_continued


def _elements_continued(text: str) -> str:
    """Encode text that continues the elements of an event for Datastar."""
    return unified(text).replace("\n", "\ndata: elements ")


def unified(text: str) -> str:
    """Turn all line ends of the format into LF. They are CRLF, CR and LF; `str.splitlines` knows more."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encodable(text: str) -> str:
    """Reject lone surrogates here, where the line of the `yield` is known, instead of when the bytes are sent."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise EventError(
                f"this contains the lone surrogate {text[error.start]!r}, which UTF-8 can't encode",
                hint='Replace it where it comes from: text.encode("utf-8", "replace").decode()',
            ) from error
    return text


def _checked_name(name: object) -> str:
    if not isinstance(name, str):
        raise EventError(f"an event name must be a str, not {type(name).__name__}", hint='As in: yield "price", 42')
    return _name(str.__str__(name))


@lru_cache(maxsize=1024)
def _usual_start(name: str) -> str:
    """The start of an event with this name, up to its data; empty for a name with a special meaning."""
    return f"event: {_name(name)}\ndata: " if name not in _SPECIAL_NAMES else ""


@lru_cache(maxsize=1024)
def _name(name: str) -> str:
    if not name:
        raise EventError(
            "this event name is empty",
            hint="Clients treat an empty name as `message`, the default. Leave the name out or write it out.",
        )
    return _single_line("event", name)


def _checked_id(id: object) -> str:
    """An empty id is valid: it makes the client forget the last one."""
    if isinstance(id, bool) or not isinstance(id, (str, int)):
        raise EventError(f"an event id must be a str or an int, not {type(id).__name__}", hint='As in: {"id": "42"}')
    text = str.__str__(id) if isinstance(id, str) else int.__str__(id)
    if text == "close":
        raise EventError(
            "the id `close` is reserved",
            hint="It means that a client has received the whole stream. To end the stream, return from the generator.",
        )
    if unfit := _UNFIT_FOR_HEADERS.search(text):
        raise EventError(
            f"the `id` of this event contains {unfit[0]!r}, so clients could not reconnect: {text!r:.80}",
            hint="Clients send it back in the header Last-Event-ID. Encode it: quote(value).",
        )
    if len(text) > LONGEST_ID or (not text.isascii() and len(text.encode(errors="replace")) > LONGEST_ID):
        raise EventError(
            f"the `id` of this event is longer than {LONGEST_ID:,} bytes, so clients could not reconnect: {text!r:.80}",
            hint="Clients send it back in the header Last-Event-ID. Send a short key, and keep the rest on the server.",
        )
    if text.strip(" \t") != text:
        raise EventError(
            f"the `id` of this event begins or ends with white space: {text!r:.80}",
            hint="Clients send it back without, in the header Last-Event-ID. Strip it: id.strip()",
        )
    return _single_line("id", text)


def _single_line(field: str, text: str) -> str:
    """Reject a line end, with which a value could add fields, and NUL: clients ignore ids that contain it."""
    for character, name in _FORBIDDEN:
        if character in text:
            raise EventError(
                f"the `{field}` of this event contains {name}: {text!r:.80}",
                hint=f"Only data can have several lines. Remove it: {field}.replace({character!r}, '')",
            )
    return encodable(text)


def _checked_retry(retry: object) -> int:
    if isinstance(retry, bool) or not isinstance(retry, int) or retry < 0:
        raise EventError(
            f"`retry` must be a whole number of milliseconds, 0 or more, not {retry!r:.40}",
            hint='As in: {"retry": 3000}',
        )
    return int(retry)


def _comment_lines(comment: object) -> str:
    if not isinstance(comment, str):
        raise EventError(
            f"a comment must be a str, not {type(comment).__name__}", hint='As in: {"comment": "still here"}'
        )
    lines = unified(encodable(str.__str__(comment))).split("\n")
    return "\n".join(f": {line}" if line else ":" for line in lines)
