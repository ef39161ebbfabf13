"""Reads an event stream as an EventSource does (WHATWG HTML, "Interpreting an event stream")."""

import codecs
from dataclasses import dataclass
from io import IncrementalNewlineDecoder


@dataclass(frozen=True, slots=True)
class Received:
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

    def feed(self, chunk: bytes, *, final: bool = False) -> list[Received]:
        """The events that are complete now. A carriage return is looked at when its successor is there."""
        *lines, self._rest = (self._rest + self._decoder.decode(chunk, final)).split("\n")
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> Received | None:
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

    def _dispatch(self) -> Received | None:
        data, name = self._data, self._name
        self._data, self._name = [], ""
        return Received("\n".join(data), name or "message", self._id) if data else None


def parse(body: bytes) -> list[Received]:
    return Parser().feed(body, final=True)
