"""What a generator may yield, and the text that each of it becomes."""

import reprlib
from collections.abc import Awaitable
from dataclasses import KW_ONLY, dataclass, is_dataclass
from enum import Enum
from string.templatelib import Template
from typing import Final

import pydantic_core
from markupsafe import Markup
from pydantic import BaseModel

from hyperpy.exceptions import EventError, did_you_mean
from hyperpy.streams.framing import data_lines, frame
from hyperpy.templates import render_template, render_text
from hyperpy.templates.escape import escape_str, exact


class _Missing(Enum):
    """`None` is data (`null`), so its absence needs a value of its own."""

    MISSING = "missing"


MISSING: Final = _Missing.MISSING

# A finished stream. The id comes back as `Last-Event-ID` from an EventSource that reconnects nevertheless.
CLOSE: Final = "event: close\nid: close\ndata: \n\n"
PING: Final = ": ping\n\n"

# Milliseconds. A route that fails is not asked again by every client at once, three seconds later.
RETRY_AFTER_ERROR: Final = 30_000

# Streams that send something of their own each would fill the memory with what nobody sends again.
MOST_FRAMES: Final = 8

_FIELDS: Final = ("event", "data", "id", "retry", "comment")

_JSON_TYPES: Final = (dict, list, tuple, int, float, BaseModel)

_YIELDABLE: Final = """A stream yields one of these:
    yield t"<p>{news}</p>"                  HTML; a str is escaped
    yield "price", t"<b>{price}</b>"        an event with a name; its content is HTML or a value for JSON
    yield {"event": "price", "data": 42}    any of event, data, id, retry, comment
    yield JSON(value)                       a value as one line of JSON"""


# What has been encoded, by name, id and content.
type Frames = dict[tuple[str | None, str | int | None, str], str]


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event. What is None, or not given, is not sent; `data=None` is the JSON `null`.

    `data` is HTML (a t-string, `Markup`, or a str, which is escaped) or a value for JSON; `retry` is in milliseconds.
    """

    data: object = MISSING
    _: KW_ONLY
    event: str | None = None
    id: str | int | None = None
    retry: int | None = None
    comment: str | None = None


class SharedEvent(Event):
    """An event that many streams send alike. `frames` is theirs together, and keeps what has been encoded.

    `text` is data that is encoded already: one line of JSON. No dataclass: each stream makes one for each event, and
    the setters of a frozen one take their time.
    """

    __slots__ = ("frames", "text")
    __setattr__ = object.__setattr__
    frames: Frames
    text: str

    def __init__(self, frames: Frames, id: str, event: str | None, *, data: object = MISSING, text: str = "") -> None:
        self.frames = frames
        self.id = id  # type: ignore[misc]  # frozen for everybody else
        self.event = event  # type: ignore[misc]
        self.retry = self.comment = None  # type: ignore[misc]
        self.data = data  # type: ignore[misc]
        self.text = text

    def __repr__(self) -> str:
        data = self.text if self.data is MISSING else repr(self.data)
        return f"SharedEvent({data}, event={self.event!r}, id={self.id!r})"


@dataclass(frozen=True, slots=True)
class JSON:
    """A value that is sent as one line of JSON, a str too: `JSON("42")` is the quoted string. NaN becomes `null`."""

    value: object


def encode_event(item: object) -> str:
    """The block of lines for one yielded thing. Raises EventError for what can't be sent, before any of it is."""
    kind = type(item)
    if kind is Markup or kind is str:  # nearly everything is
        html = exact(item) if kind is Markup else escape_str(item)  # type: ignore[arg-type]
        text = f"data: {html}\n\n" if "\n" not in html and "\r" not in html else data_lines(html) + "\n\n"
    elif kind is tuple:
        text = _encode_pair(item)  # type: ignore[arg-type]
    elif kind is SharedEvent:
        return _encode_shared(item)  # type: ignore[arg-type]
    elif is_html(item):
        text = data_lines(_html(item)) + "\n\n"
    elif isinstance(item, Event):
        text = _encode_fields(item.data, item.event, item.id, item.retry, item.comment)
    elif isinstance(item, JSON):
        text = frame(_json(item.value))
    elif isinstance(item, dict):
        text = _encode_dict(item)
    else:
        raise _refusal(item)
    return _encodable(text)


def encode_chunk(item: object) -> str:
    """The HTML of one yielded thing of a progressively sent page. Raises EventError for anything but HTML."""
    if is_html(item):
        return _encodable(_html(item))
    if isinstance(item, (Event, JSON, dict, tuple)):
        raise EventError(
            f"this page is sent as HTML and can't carry an event ({type(item).__name__})",
            hint="The generator's first `yield` is HTML and the browser asked for a page.\n"
            "Yield HTML alone, or let the first `yield` be an event: then the URL is an event stream for everyone.",
        )
    raise EventError(
        f"{_an(item)} can't be sent as part of a page", hint='Yield HTML: a t-string, as in yield t"<p>{value}</p>"'
    )


def stream_error(message: str, log_id: str, details: str | None = None) -> str:
    """The event that ends a failed stream. Never with an id: a client that comes back resumes where it was."""
    payload = {"message": message, "log": log_id}
    if details is not None:
        payload["details"] = details
    sendable = {name: text.encode("utf-8", "replace").decode() for name, text in payload.items()}
    return frame(_json(sendable), event="stream-error", retry=RETRY_AFTER_ERROR)


def is_html(value: object) -> bool:
    """Whether a value is sent as HTML: by itself, or escaped."""
    return isinstance(value, (str, Template)) or hasattr(value, "__html__")


def _encode_shared(item: SharedEvent) -> str:
    """The block as somebody has encoded it before, if it is the same in every part."""
    content = item.text if item.data is MISSING else _content(item.data)
    if item.event is not None and not isinstance(item.event, str):
        return frame(content, event=item.event, id=item.id)  # which says what is wrong with it
    key = (item.event, item.id, content)
    text = item.frames.get(key)
    if text is None:
        text = _encodable(frame(content, event=item.event, id=item.id))
        if len(item.frames) < MOST_FRAMES:
            item.frames[key] = text
    return text


def _encode_pair(item: tuple[object, ...]) -> str:
    if len(item) == 2 and isinstance(item[0], str):
        return frame(_content(item[1]), event=item[0])
    raise EventError(
        f"a tuple is (name, content), and {reprlib.repr(item)} is not",
        hint='Write: yield "price", 42\nTo send the tuple itself: yield JSON(value)',
    )


def _encode_dict(item: dict[object, object]) -> str:
    for name in item:
        if name not in _FIELDS:
            near = did_you_mean(name, _FIELDS) if isinstance(name, str) else ""
            raise EventError(
                f"an event has no field {name!r:.40}",
                hint=f"{near}\nThe fields are {', '.join(_FIELDS)}. To send the dict: yield JSON(value)".lstrip(),
            )
    return _encode_fields(
        item.get("data", MISSING), item.get("event"), item.get("id"), item.get("retry"), item.get("comment")
    )


def _encode_fields(
    data: object, event: object = None, id: object = None, retry: object = None, comment: object = None
) -> str:
    content = None if data is MISSING else _content(data)
    return frame(content, event=event, id=id, retry=retry, comment=comment)


def _content(value: object) -> str:
    """The data of an event that was given by field: HTML, or a value for JSON."""
    kind = type(value)
    if kind is dict or kind is int or kind is list:  # quickly told from what may have an `__html__`
        return _json(value)
    if is_html(value):
        return _html(value)
    if isinstance(value, JSON):
        return _json(value.value)
    if isinstance(value, Event):
        raise EventError("an Event can't be the content of an event", hint='Write: yield Event(data, event="name")')
    if _is_json(value):
        return _json(value)
    raise EventError(f"{_an(value)} can't be the content of an event", hint=_way_out(value))


def _is_json(value: object) -> bool:
    if value is None or isinstance(value, _JSON_TYPES):
        return True
    return is_dataclass(value) and not isinstance(value, type)


def _html(value: object) -> str:
    # Not by `html`: its errors name the caller's line, and the user's is that of the `yield`.
    return render_template(value).strip() if isinstance(value, Template) else render_text(value)


def _json(value: object) -> str:
    try:
        return pydantic_core.to_json(value, inf_nan_mode="null").decode()
    except ValueError as error:
        raise EventError(
            f"this can't be written as JSON: {error}",
            hint="JSON takes dicts, lists, str, numbers, bool, None, dates, dataclasses and pydantic models.",
        ) from error


def _encodable(text: str) -> str:
    """Refuses lone surrogates here, where the `yield` is known, and not when the bytes are about to leave."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise EventError(
                f"this contains {text[error.start]!r}, half of a surrogate pair, which UTF-8 can't write",
                hint='Replace it where it comes from: text.encode("utf-8", "replace").decode()',
            ) from error
    return text


def _refusal(item: object) -> EventError:
    return EventError(f"{_an(item)} is nothing that a stream can send", hint=f"{_way_out(item)}\n{_YIELDABLE}")


def _an(value: object) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"an {name}" if name[:1].lower() in "aeiou" else f"a {name}"


def _way_out(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "Decode it: yield value.decode()"
    if isinstance(value, Awaitable):
        return "Await it: yield await ..."
    return f"To send it as JSON: yield JSON({reprlib.repr(value)})"
