"""The items that a generator may yield, and their encoding."""

import reprlib
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, is_dataclass, replace
from enum import Enum
from itertools import groupby
from string.templatelib import Template
from typing import Any, Final

from markupsafe import Markup

from hyperpy.exceptions import EventError, did_you_mean
from hyperpy.lazy import is_model, pydantic_core
from hyperpy.record_classes import public_record
from hyperpy.streams.framing import checked_block, data_lines, frame
from hyperpy.templates import render_template, render_text, replace_surrogates
from hyperpy.templates.deferred import dismiss
from hyperpy.templates.escape import escape_str, exact
from hyperpy.templates.escaping.value_kinds import is_html


class _Missing(Enum):
    """`None` is data (`null`), so its absence needs another value."""

    MISSING = "missing"


MISSING: Final = _Missing.MISSING

# Ends a finished stream. A client that reconnects all the same, because it ignores the event, does so a day later; an
# EventSource then sends the id as `Last-Event-ID`.
CLOSE: Final = "event: close\nid: close\nretry: 86400000\ndata: \n\n"
PING: Final = ": ping\n\n"

# Ends a stream that goes on in another connection. Clients may act on an event or a `retry`, but not on a comment.
RECONNECT: Final = ": reconnect\n\n"

# Streams that each send an encoding of their own would fill the memory with frames that are never reused.
MAX_FRAMES: Final = 8

# Between the HTML of two events.
_BETWEEN: Final = "\n\ndata: "

_FIELDS: Final = dict.fromkeys(("event", "data", "id", "retry", "comment")).keys()

_JSON_TYPES: Final = (dict, list, tuple, int, float)

# Its events are instances of a subclass of str that contain the encoded block.
_DATASTAR: Final = "datastar_py"

_YIELDABLE: Final = """A stream yields one of these:
    yield t"<p>{news}</p>"                  HTML; a str is escaped
    yield "price", t"<b>{price}</b>"        an event with a name; its content is HTML or a value for JSON
    yield {"event": "price", "data": 42}    any of event, data, id, retry, comment
    yield 42                                a number, list, bool, dataclass or model as one line of JSON
    yield JSON(value)                       any value as one line of JSON, such as a dict or a str
    yield value                             with a method __event__() that returns an Event"""


# The types of values that can't change, and render the same for every stream. The text of equal floats may differ.
_FIXED: Final = frozenset((str, Markup, int, bool, type(None)))

# The name, id and content of an event.
type FrameKey = tuple[str | None, str | int | None, str]


class Frames(dict[FrameKey, str]):
    """Encoded events that many streams send, and the last one that was made from a t-string."""

    __slots__ = ("made_from", "text")

    def __init__(self) -> None:
        self.made_from: SharedEvent | None = None
        self.text = ""  # of that one

    def made(self, item: SharedEvent, text: str) -> None:
        """Keep the text of an event whose data is a t-string."""
        if all(type(hole.value) in _FIXED for hole in item.data.interpolations):  # type: ignore[attr-defined]
            self.made_from, self.text = item, text


@public_record(frozen=True, slots=True)
class Event:
    """One server-sent event. Fields that are None or left out are not sent; `data=None` is the JSON `null`.

    `data` is HTML (a t-string, `Markup`, or a str, which is escaped) or a value for JSON; `retry` is in milliseconds.
    """

    data: object = MISSING
    _: KW_ONLY
    event: str | None = None
    id: str | int | None = None
    retry: int | None = None
    comment: str | None = None


class SharedEvent(Event):
    """An event that many streams send. They share `frames`, so that it is encoded once.

    `text` is data that is encoded already, as one line of JSON. Every stream makes one of these for every event, so it
    avoids the slow `__init__` of a frozen dataclass.
    """

    __slots__ = ("frames", "text")
    __setattr__ = object.__setattr__
    frames: Frames
    text: str

    def __init__(self, frames: Frames, id: str, event: str | None, *, data: object = MISSING, text: str = "") -> None:
        self.frames = frames
        self.id = id  # type: ignore[misc]  # frozen after this
        self.event = event  # type: ignore[misc]
        self.retry = self.comment = None  # type: ignore[misc]
        self.data = data  # type: ignore[misc]
        self.text = text

    def known(self) -> str:
        """The encoded event if another stream has sent the same. Empty if not, or if it may be the last one."""
        data, frames, text = self.data, self.frames, ""
        if type(data) is Template:
            made = frames.made_from
            if made is not None and self.id == made.id and self.event == made.event and _renders_alike(data, made.data):
                text = frames.text
        elif data is MISSING and (self.event is None or type(self.event) is str):
            text = frames.get((self.event, self.id, self.text), "")
        return text if type(text) is str else ""

    def __repr__(self) -> str:
        data = self.text if self.data is MISSING else repr(self.data)
        return f"SharedEvent({data}, event={self.event!r}, id={self.id!r})"


class PolledDict(dict[Any, Any]):
    """A dict from `poll` that is data: it is sent as JSON, while other dicts hold the fields of an event."""

    __slots__ = ()


@public_record(frozen=True, slots=True)
class JSON:
    """A value that is sent as one line of JSON, a str too: `JSON("42")` is the quoted string. NaN becomes `null`."""

    value: object


def encode_event(item: object) -> str:
    """Encode one yielded item as a block of lines. Raises EventError if it can't be sent."""
    kind = type(item)
    if kind is Markup:
        html = exact(item)
    elif kind is str:
        html = escape_str(item)  # type: ignore[arg-type]
    else:
        encode = _ENCODERS.get(kind)
        return _encode_other(item) if encode is None else encode(item)
    text = f"data: {html}\n\n" if "\n" not in html and "\r" not in html else data_lines(html) + "\n\n"
    return text if text.isascii() else replace_surrogates(text)


def joined_events(chunks: list[str]) -> str:
    """The text of a batch of events: each is encoded already, or it is its HTML as `Markup`."""
    kinds = set(map(type, chunks))
    if len(kinds) > 1:
        return "".join([joined_events([*run]) for _, run in groupby(chunks, type)])
    if Markup not in kinds:
        return "".join(chunks)
    html = _BETWEEN.join(chunks)
    if html.count("\n") > 2 * len(chunks) - 2 or "\r" in html:
        return "".join(map(encode_event, chunks))
    return replace_surrogates(f"data: {html}\n\n")


def _encode_other(item: object) -> str:
    """Encode an item whose type is not one of `_ENCODERS`."""
    if (event := event_of(item)) is not None:
        return encode_event(event)
    if isinstance(item, str) and type(item).__module__.partition(".")[0] == _DATASTAR:
        return checked_block(str.__str__(item))
    if becomes_html(item):
        return _encode_html(item)
    if isinstance(item, Event):
        return _encode_fields(item)
    if isinstance(item, JSON):
        return _encode_data(item.value)
    if isinstance(item, dict) and type(item) is not PolledDict:
        return _encode_dict(item)
    if _is_data(item):
        return _encode_data(item)
    raise EventError(f"a stream can't send {_name(item)}", hint=f"{_way_out(item)}\n{_YIELDABLE}")


def encode_chunk(item: object) -> str:
    """Encode one yielded part of a page. Raises EventError for anything but HTML."""
    if becomes_html(item):
        return _html(item)
    if isinstance(item, (Event, JSON)) or _is_data(item) or hasattr(type(item), "__event__"):
        raise EventError(
            f"this page is sent as HTML and can't carry an event ({type(item).__name__})",
            hint="The first `yield` is HTML and the browser has requested a page.\n"
            "Yield only HTML, or yield an event first: then the URL is an event stream for every client.",
        )
    raise EventError(
        f"a page can't contain {_name(item)}", hint='Yield HTML: a t-string, as in yield t"<p>{value}</p>"'
    )


def event_of(value: object) -> Event | None:
    """The Event that `value.__event__()` returns, None if its class has no such method. Raises EventError."""
    method = getattr(type(value), "__event__", None)
    if method is None:
        return None
    if not callable(method):
        hint = "Write: def __event__(self): return Event(…)"
        raise EventError(f"{type(value).__name__}.__event__ must be a method, not {_name(method)}", hint=hint)
    event = method(value)
    if isinstance(event, Event):
        return event
    dismiss(event)
    hint = "Remove the `async`." if isinstance(event, Awaitable) else 'As in: return Event(data, event="price")'
    raise EventError(f"{type(value).__name__}.__event__() must return an Event, not {_name(event)}", hint=hint)


def becomes_html(value: object) -> bool:
    """Whether a value is sent as HTML: a str escaped, a t-string or an object with `__html__` as it is."""
    return isinstance(value, (str, Template)) or is_html(value)


def is_event_dict(value: dict[Any, Any]) -> bool:
    """Whether a dict has nothing but fields of events."""
    return bool(value) and all(name in _FIELDS for name in value)


def _is_data(value: object) -> bool:
    """Whether a value can only be meant as JSON."""
    if isinstance(value, _JSON_TYPES) or is_model(value):
        return True
    return is_dataclass(value) and not isinstance(value, type)


def _encode_shared(item: SharedEvent) -> str:
    """The shared frame if the event has been encoded before."""
    try:
        content = item.text if item.data is MISSING else _content(item.data)
    except EventError:
        event = item.data if isinstance(item.data, Event) else event_of(item.data)
        if event is None or event.id is not None or item.event is not None:
            raise
        return encode_event(replace(event, id=item.id))
    if item.event is not None and not isinstance(item.event, str):
        return frame(content, event=item.event, id=item.id)  # raises EventError
    key = (item.event, item.id, content)
    text = item.frames.get(key)
    if text is None:
        text = frame(content, event=item.event, id=item.id)
        if len(item.frames) < MAX_FRAMES:
            item.frames[key] = text
    if type(item.data) is Template:
        item.frames.made(item, text)
    return text


def _renders_alike(one: Template, other: Any) -> bool:
    """Whether two templates are of one literal, with equal values that can't change. `other` has only such values."""
    if one.strings is not other.strings:
        return False
    for hole, same in zip(one.interpolations, other.interpolations, strict=True):
        value = hole.value
        if (
            type(value) is not type(same.value)
            or value != same.value
            or hole.expression != same.expression
            or hole.conversion != same.conversion
            or hole.format_spec != same.format_spec
        ):
            return False
    return True


def _encode_pair(item: tuple[object, ...]) -> str:
    if len(item) == 2 and isinstance(item[0], str):
        return frame(_content(item[1]), event=item[0])
    raise EventError(
        f"a yielded tuple must be (name, content), not {reprlib.repr(item)}",
        hint='Write: yield "price", 42\nTo send the tuple itself: yield JSON(value)',
    )


def _encode_dict(item: dict[Any, Any]) -> str:
    if not item.keys() <= _FIELDS:
        name = next(name for name in item if name not in _FIELDS)
        near = did_you_mean(name, _FIELDS) if isinstance(name, str) else ""
        raise EventError(
            f"an event has no field {name!r:.40}",
            hint=f"{near}\nThe fields are {', '.join(_FIELDS)}. To send the dict: yield JSON(value)".lstrip(),
        )
    data = _content(item["data"]) if "data" in item else None
    field = item.get
    return frame(data, event=field("event"), id=field("id"), retry=field("retry"), comment=field("comment"))


def _encode_fields(item: Event) -> str:
    data = None if item.data is MISSING else _content(item.data)
    return frame(data, event=item.event, id=item.id, retry=item.retry, comment=item.comment)


def _encode_data(value: object) -> str:
    return f"data: {_json(value)}\n\n"


def _encode_html(value: object) -> str:
    return f"{data_lines(_html(value))}\n\n"


def _content(value: object) -> str:
    """Encode the data of an event: HTML, or a value for JSON."""
    kind = type(value)
    if kind is dict or kind is int or kind is list:  # the quickest way to rule out `__html__`
        return _json(value)
    if kind is Template or becomes_html(value):
        return _html(value)
    if isinstance(value, JSON):
        return _json(value.value)
    if isinstance(value, Event) or hasattr(type(value), "__event__"):
        hint = 'Yield it on its own. An Event names itself: Event(data, event="name")'
        raise EventError(f"{_name(value)} is an event and can't be the content of another one", hint=hint)
    if value is None or _is_data(value):
        return _json(value)
    raise EventError(f"an event can't contain {_name(value)}", hint=_way_out(value))


def _html(value: object) -> str:
    # Not `html`: its errors name the line of its caller, and these must name that of the `yield`.
    return replace_surrogates(render_template(value).strip() if isinstance(value, Template) else render_text(value))


def _json(value: object) -> str:
    try:
        return pydantic_core.to_json(value, inf_nan_mode="null").decode()
    except ValueError as error:
        raise EventError(
            f"this value can't be encoded as JSON: {error}",
            hint="JSON takes dicts, lists, str, numbers, bool, None, dates, dataclasses and pydantic models.",
        ) from error


def _name(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return "None" if value is None else type(value).__name__


def _way_out(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "Decode it: yield value.decode()"
    if isinstance(value, Awaitable):
        return "Await it: yield await ..."
    if isinstance(value, type):
        return f"Yield an instance: yield {value.__name__}(...)"
    try:
        _json(value)
    except EventError:
        return "JSON can't hold it either. Send a t-string or a dict of its values, or make its class a dataclass."
    return f"To send it as JSON: JSON({reprlib.repr(value)})"


_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {
    tuple: _encode_pair,
    SharedEvent: _encode_shared,
    dict: _encode_dict,
    Template: _encode_html,
    Event: _encode_fields,
    JSON: lambda item: _encode_data(item.value),
    **dict.fromkeys((int, float, bool, list), _encode_data),
}
"""By the exact type of an item. Subclasses may have an `__event__` or `__html__`."""
