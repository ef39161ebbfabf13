"""What a stream yields, for Datastar: HTML without a name becomes a patch of elements."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hyperpy.exceptions import EventError
from hyperpy.streams.dialects.patch_events import PREFIX, elements_event
from hyperpy.streams.dialects.swaps import Swap
from hyperpy.streams.events import MISSING, Event, PolledDict, becomes_html, encode_event, event_of
from hyperpy.streams.framing import DEFAULT_NAME

UNDERSTOOD: Final = (
    "Datastar understands patches, and ignores other events. For Datastar, yield one of these:\n"
    "    yield t\"<p id='news'>{news}</p>\"     HTML without an event name, whose elements have ids\n"
    '    yield ds.patch(t"…", selector="#list", mode="append")\n'
    '    yield ds.signals({"progress": 50})     values'
)


def encode_for_datastar(item: object) -> str:
    """Encode one yielded item. Raises EventError."""
    if isinstance(item, Swap):
        return encode_event(item.patch())
    if (event := event_of(item)) is not None:
        return encode_event(event)
    if becomes_html(item):
        is_frame = isinstance(item, str) and type(item).__module__.startswith("datastar_py")
        return encode_event(item if is_frame else elements_event(item))
    if isinstance(item, Event) and item.event in (None, DEFAULT_NAME) and _is_html(item.data):
        patch = _patch(item.data)
        return encode_event(replace(patch, id=item.id, retry=item.retry, comment=item.comment))
    if isinstance(item, dict) and type(item) is not PolledDict and _is_nameless(item):
        encode_event(item)  # raises for unknown fields
        patch = _patch(item["data"])
        return encode_event({**item, "event": patch.event, "data": patch.data})
    return encode_event(item)


def is_understood(frame: str) -> bool:
    """Whether Datastar does anything with an encoded event. No client does with one that has no data."""
    return "\ndata:" not in f"\n{frame}" or f"\nevent: {PREFIX}" in f"\n{frame}"


def is_for_datastar(frame: str) -> bool:
    """Whether only Datastar does anything with an encoded event."""
    return f"\nevent: {PREFIX}" in f"\n{frame}"


def not_understood(frame: str) -> EventError:
    """The error for a stream of which Datastar ignores everything, given the first event of it."""
    name = next((line[7:] for line in frame.split("\n") if line.startswith("event: ")), DEFAULT_NAME)
    return EventError(f"Datastar has asked for this stream, and ignores its event `{name}`", hint=UNDERSTOOD)


def _patch(content: object) -> Event:
    return content.patch() if isinstance(content, Swap) else elements_event(content)


def _is_html(data: object) -> bool:
    return data is not MISSING and becomes_html(data)


def _is_nameless(item: Mapping[Any, Any]) -> bool:
    return item.get("event") in (None, DEFAULT_NAME) and _is_html(item.get("data", MISSING))
