"""Server-sent events, read from the parts of a response as they are sent."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.record_classes import record

PREVIEW: Final = 200  # characters of an event that are kept
LONGEST: Final = 64 * 1024  # characters of an unfinished event that are kept

_END: Final = re.compile(r"(?:\r\n|\r(?!\n)|\n){2}")


@record(frozen=True, slots=True)
class SentFrame:
    """One event, comment or part of a page. `size` is in bytes."""

    kind: str
    size: int
    preview: str


class FrameReader:
    """Cuts text/event-stream (WHATWG HTML, "Server-sent events") into frames."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._cut = 0  # bytes of the frame in progress that have been dropped

    def push(self, part: bytes) -> Iterator[SentFrame]:
        """The frames that a part of the body completes."""
        self._text += self._decoder.decode(part)
        *complete, self._text = _END.split(self._text)
        for text in complete:
            if text.strip("\r\n"):
                yield frame_of(text, self._cut)
            self._cut = 0
        if len(self._text) > LONGEST:
            kept, dropped = self._text[:LONGEST], self._text[LONGEST:]
            self._text = kept
            self._cut += len(dropped.encode())


def frame_of(text: str, cut: int = 0) -> SentFrame:
    """The frame of an event's lines. Its kind is the name of the event, or what the frame has instead of data."""
    kind, data, other = "", [], ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                kind = value
            case "data":
                data.append(value)
            case "":
                other = other or "comment"
                data += [value] if value else []
            case "retry" | "id":
                other = name
    has_data = any(line.startswith("data") for line in text.splitlines())
    kind = kind or ("message" if has_data else other or "unknown")
    preview = "\n".join(data) or (text if not has_data else "")
    return SentFrame(kind[:PREVIEW], len(text.encode()) + cut, preview[:PREVIEW])


def part_of_page(body: bytes) -> SentFrame:
    return SentFrame("part", len(body), body[: PREVIEW * 4].decode(errors="replace")[:PREVIEW])
