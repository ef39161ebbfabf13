"""The messages that a subscriber receives."""

from typing import Any, Final

from hyperpy.channels.backends.records import UNPARSED, Record
from hyperpy.channels.payload import JSONValue, decode
from hyperpy.streams.events import MISSING, Event, Frames, SharedEvent

# The types of values that can't change, and the types of containers that are copied by copying what they refer to.
_FIXED: Final = frozenset((str, int, float, bool, type(None)))
_CONTAINERS: Final = (dict, list)

# Bytes of data that is kept parsed.
_SMALL: Final = 512


class Message:
    """A message of a channel.

    `data` is what was published, in plain JSON types. It is this subscriber's copy and may be changed. `id` holds the
    request's positions in all of its channels: a client that gets it as an event id can resume there. If `gap` is true,
    messages are missing here and `data` is None.
    """

    __slots__ = ("_data", "_record", "gap", "id")

    def __init__(self, id: str, data: JSONValue = None, gap: bool = False, *, record: Record | None = None) -> None:
        self.id = id
        self.gap = gap
        self._data: object = data if record is None else MISSING
        self._record = record

    @property
    def data(self) -> JSONValue:
        if self._data is MISSING:
            assert self._record is not None
            self._data = _own_copy(self._record)
        return self._data  # type: ignore[return-value]  # set above

    def event(self, content: object = MISSING, name: str | None = None) -> Event:
        """An event with the message's id. `content` is HTML, or a value for JSON; by default the message's data.

        If many subscribers send the same event, it is encoded once. An object with `__event__` gets the id as well.
        """
        record = self._record
        if record is None:
            return SharedEvent(Frames(), self.id, name, data=self.data if content is MISSING else content)
        if content is MISSING:
            # Data that has been accessed may have been changed; a str is sent as escaped HTML, like any of a stream.
            if self._data is MISSING and record.data is not None and not record.data.startswith(b'"'):
                return SharedEvent(record.frames, self.id, name, text=record.text)
            content = self.data
        return SharedEvent(record.frames, self.id, name, data=content)

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, data={self.data!r}, gap={self.gap!r})"


def _own_copy(record: Record) -> Any:
    """The data of a record, which the caller may change. It is parsed once for all of them if copying it is simple."""
    value = record.value
    if value is UNPARSED:
        if record.data is None:
            return None
        value = decode(record.data)
        if record.size > _SMALL or not _is_flat(value):
            return value
        record.value = value
    return value.copy() if type(value) in _CONTAINERS else value


def _is_flat(value: Any) -> bool:
    """Whether a copy of the value shares nothing with it that can be changed."""
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return True
    return all(type(each) in _FIXED for each in value)
