"""The events of a stream as a browser receives them (WHATWG HTML, "Server-sent events", 9.2.6)."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from hyperpy.record_classes import public_record
from hyperpy.testing.failures import HIDDEN, SiteFailure, shortened
from hyperpy.testing.markup import HTML, Element

__tracebackhide__ = HIDDEN

EXCERPT = 100  # characters of the data in a message

_LINE_END = re.compile(r"\r\n|\r|\n")


@public_record(frozen=True, slots=True)
class ReceivedEvent:
    """A received event. `event` is its name, by default `message`; `data` is text.

    `id` and `retry` (in milliseconds) were sent with this event, or are None. `last_event_id` is the last id of the
    stream at this point, like the `lastEventId` of a browser's event.
    """

    data: str
    event: str = "message"
    id: str | None = None
    retry: int | None = None
    last_event_id: str = field(default="", compare=False, repr=False)

    def json(self) -> Any:
        """The data, parsed as JSON. Raises SiteFailure if it is invalid."""
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise SiteFailure(f"this event's data is not JSON ({error}): {self}") from None

    @property
    def markup(self) -> HTML:
        """The data as HTML."""
        return HTML(self.data, f"the event {self.event!r}")

    def select(self, css: str) -> list[Element]:
        """The elements in the data that match, in document order."""
        return self.markup.select(css)

    def select_one(self, css: str) -> Element:
        """The only element in the data that matches. Raises PageFailure if there is none or more than one."""
        return self.markup.select_one(css)

    def __str__(self) -> str:
        return f"{self.event}: {shortened(self.data, EXCERPT)!r}"


class EventParser:
    """Parses bytes in pieces of any size into events, as in "Interpreting an event stream".

    `last_event_id` and `retry` are those of a browser at this point; `comments` are all comments, without the colon.
    """

    def __init__(self, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry: int | None = None
        self.comments: list[str] = []
        # "Streams must be decoded using the UTF-8 decode algorithm": one byte order mark goes, errors are replaced.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: list[str] = []  # pieces of the incomplete last line
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
        if self._after_cr:  # its LF may come in the next piece
            text = text.removeprefix("\n")
        self._after_cr = text.endswith("\r")
        for index, part in enumerate(_LINE_END.split(text)):
            if index:
                yield "".join(self._line)
                self._line.clear()
            self._line.append(part)

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
        """Dispatch at an empty line: "If the data buffer is an empty string", there is no event, but a new last id."""
        self.last_event_id = self._id
        event = None
        if self._data:
            event = ReceivedEvent(
                "\n".join(self._data), self._name or "message", self._own_id, self._own_retry, self._id
            )
        self._clear()
        return event
