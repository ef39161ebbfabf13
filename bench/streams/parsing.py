"""An event stream parser (WHATWG HTML, "Interpreting an event stream")."""

import codecs
from dataclasses import dataclass
from io import IncrementalNewlineDecoder


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    data: str
    name: str = "message"
    id: str = ""


class Parser:
    def __init__(self) -> None:
        self._decoder = IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        self._rest = ""
        self._data: list[str] = []
        self._name = ""
        self._id = ""
        self.comments: list[str] = []
        self.retries: list[str] = []

    def feed(self, chunk: bytes, *, final: bool = False) -> list[ReceivedEvent]:
        """Return the events that `chunk` completes. A trailing CR is pending until the next character is known."""
        *lines, self._rest = (self._rest + self._decoder.decode(chunk, final)).split("\n")
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> ReceivedEvent | None:
        if not line:
            return self._dispatch()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "":
                self.comments.append(value)
            case "data":
                self._data.append(value)
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry":
                self.retries.append(value)
        return None

    def _dispatch(self) -> ReceivedEvent | None:
        data, name = self._data, self._name
        self._data, self._name = [], ""
        return ReceivedEvent("\n".join(data), name or "message", self._id) if data else None


def parse(body: bytes) -> list[ReceivedEvent]:
    return Parser().feed(body, final=True)
