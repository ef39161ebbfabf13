"""An event stream parser that follows the WHATWG HTML standard, section 9.2.6."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dispatched:
    type: str
    data: str
    last_event_id: str


class EventSourceParser:
    """Parses pieces of any size. `events`, `reconnection_time` and `last_event_id` are the state of a client."""

    def __init__(self) -> None:
        self.events: list[Dispatched] = []
        self.last_event_id = ""
        self.reconnection_time: int | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_start = True
        self._line = ""
        self._after_cr = False
        self._data = ""
        self._type = ""
        self._id = ""

    def feed(self, piece: bytes) -> None:
        for character in self._decoder.decode(piece):
            at_start, self._at_start = self._at_start, False
            if at_start and character == "\ufeff":
                continue
            after_cr, self._after_cr = self._after_cr, character == "\r"
            if character == "\n" and after_cr:
                continue
            if character in "\r\n":
                line, self._line = self._line, ""
                self._take(line)
            else:
                self._line += character

    def _take(self, line: str) -> None:
        if not line:
            self._dispatch()
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            self._field(name, value.removeprefix(" "))

    def _field(self, name: str, value: str) -> None:
        match name:
            case "event":
                self._type = value
            case "data":
                self._data += value + "\n"
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.reconnection_time = int(value)

    def _dispatch(self) -> None:
        self.last_event_id = self._id
        if self._data:
            self.events.append(Dispatched(self._type or "message", self._data.removesuffix("\n"), self._id))
        self._data = self._type = ""


def parse(stream: bytes) -> EventSourceParser:
    parser = EventSourceParser()
    parser.feed(stream)
    return parser
