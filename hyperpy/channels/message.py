"""What a subscriber gets."""

from typing import Final

from hyperpy.channels.backends.records import Record
from hyperpy.channels.payload import JSONValue, decode
from hyperpy.streams.events import MISSING, Event, SharedEvent


class Message:
    """A message of a channel.

    `data` is what was published, as plain JSON types, and this subscriber's own: it may be changed. `id` tells where
    the request is in all of its channels: sent as the id of an event, it lets the client go on from there. With `gap`,
    messages before this one are lost, and `data` is None: what they would have told has to be read elsewhere.
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
            self._data = None if self._record.data is None else decode(self._record.data)
        return self._data  # type: ignore[return-value]  # it is JSON by now

    def event(self, content: object = MISSING, name: str | None = None) -> Event:
        """An event that carries the message's id. `content` is HTML or a value for JSON; the message's data if absent.

        Where many subscribers send the same, it is encoded once.
        """
        record = self._record
        if record is None:
            return SharedEvent({}, self.id, name, data=self.data if content is MISSING else content)
        if content is MISSING:
            # Who has looked at the data may have changed it.
            if self._data is MISSING and record.data is not None and not _is_text(record.data):
                return SharedEvent(record.frames, self.id, name, text=record.text)
            content = self.data
        return SharedEvent(record.frames, self.id, name, data=content)

    def __repr__(self) -> str:
        return f"Message(id={self.id!r}, data={self.data!r}, gap={self.gap!r})"


_QUOTE: Final = b'"'


def _is_text(data: bytes) -> bool:
    """A str is sent as HTML, escaped, like any other that a stream yields."""
    return data.startswith(_QUOTE)
