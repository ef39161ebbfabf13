"""The client's side of an event stream (WHATWG HTML, "Server-sent events", 9.2.6: Interpreting an event stream)."""

import codecs
import re
from collections.abc import Iterator

from hyperpy.testing.received_event import ReceivedEvent

_LINE_END = re.compile(r"\r\n|\r|\n")


class EventParser:
    """Takes bytes in pieces of any size, and gives the events that they complete.

    `last_event_id` and `retry` are what a browser would know by now; `comments` are all that came, without their colon.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry: int | None = None
        self.comments: list[str] = []
        # "Streams must be decoded using the UTF-8 decode algorithm": one byte order mark goes, errors are replaced.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._after_cr = False
        self._id = last_event_id
        self._clear()

    def _clear(self) -> None:
        self._name = ""
        self._data: list[str] = []
        self._own_id: str | None = None
        self._own_retry: int | None = None

    def feed(self, piece: bytes) -> list[ReceivedEvent]:
        return [event for line in self._lines(self._decoder.decode(piece)) if (event := self._take(line)) is not None]

    def _lines(self, text: str) -> Iterator[str]:
        if not text:
            return
        if self._after_cr:  # its LF may have been cut off
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + text)
        yield from lines

    def _take(self, line: str) -> ReceivedEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self.comments.append(value)
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = self._own_id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = self._own_retry = int(value)
        return None

    def _dispatch(self) -> ReceivedEvent | None:
        """What a blank line does: "If the data buffer is an empty string", there is no event, but a new last id."""
        self.last_event_id = self._id
        event = None
        if self._data:
            event = ReceivedEvent(
                "\n".join(self._data), self._name or "message", self._own_id, self._own_retry, self._id
            )
        self._clear()
        return event
