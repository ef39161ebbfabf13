"""What the inspector keeps of the requests, streams and channels of the process. All of it is bounded."""

from collections import deque
from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from itertools import islice
from time import monotonic, perf_counter
from typing import Final

from hyperpy.inspector.change_signal import ChangeSignal
from hyperpy.inspector.frames import PREVIEW, SentFrame
from hyperpy.inspector.secrets import Secrets
from hyperpy.inspector.stage_clock import StageClock
from hyperpy.record_classes import record
from hyperpy.streams import StreamRecord

REQUESTS: Final = 100  # of each kind
STREAMS: Final = 50  # that have ended; and those open of which events are kept
EVENTS: Final = 100  # of one stream
CHANNELS: Final = 100
MESSAGES: Final = 20  # of one channel

type Fields = list[tuple[str, str]]


@record(frozen=True, slots=True)
class SentEvent:
    at: datetime
    frame: SentFrame


@record(slots=True, eq=False)
class StreamEntry:
    """A response that is sent in parts: events, or a page."""

    number: int
    request: RequestEntry
    kind: str = "events"
    record: StreamRecord | None = None
    """hyperpy's own; there is none for the stream of another framework."""
    count: int = 0
    bytes: int = 0
    events: deque[SentEvent] = field(default_factory=lambda: deque(maxlen=EVENTS))
    opened: float = field(default_factory=monotonic)
    ended: float | None = None
    reason: str = ""

    @property
    def age(self) -> float:
        return (self.ended or monotonic()) - self.opened

    def sent(self, frame: SentFrame, *, kept: bool) -> None:
        self.count += 1
        if kept:
            self.events.append(SentEvent(datetime.now(), frame))

    def end(self, otherwise: str) -> None:
        self.ended = monotonic()
        record = self.record
        if record is not None and record.end_reason is not None:
            self.reason = record.end_reason.value + (f": {record.error}" if record.error else "")
        else:
            self.reason = otherwise


@record(slots=True, eq=False)
class RequestEntry:
    """One request, from its first byte until its response has been sent."""

    number: int
    method: str
    path: str
    client: str
    query: Fields
    cookies: tuple[str, ...]
    """Their names. Values, and the content of the session, are not kept."""
    is_file: bool
    at: datetime = field(default_factory=datetime.now)
    started: float = field(default_factory=perf_counter)
    clock: StageClock = field(default_factory=StageClock)
    route: str = ""
    file: str = ""
    status: int = 0
    size: int = 0
    duration: float | None = None
    """Seconds until the response was complete; None while it isn't."""
    form: Fields = field(default_factory=list)
    body_note: str = ""
    """Why there are no form fields, though the request has a body."""
    failure: str = ""
    stream: StreamEntry | None = None

    @property
    def rest(self) -> float:
        """The seconds that belong to no stage."""
        return max(0.0, (self.duration or 0.0) - sum(self.clock.seconds.values()))


@record(frozen=True, slots=True)
class ChannelMessage:
    at: datetime
    size: int
    preview: str


@record(slots=True, eq=False)
class ChannelEntry:
    key: str
    name: str = ""
    published: int = 0
    closed: bool = False
    messages: deque[ChannelMessage] = field(default_factory=lambda: deque(maxlen=MESSAGES))

    def add(self, data: bytes) -> None:
        self.published += 1
        preview = data[: PREVIEW * 4].decode(errors="replace")[:PREVIEW]
        self.messages.append(ChannelMessage(datetime.now(), len(data), preview))


class Records:
    """The last requests and streams, newest first, and the channels."""

    def __init__(self) -> None:
        self.changes = ChangeSignal()
        self.secrets = Secrets()
        self.requests: deque[RequestEntry] = deque(maxlen=REQUESTS)
        self.files: deque[RequestEntry] = deque(maxlen=REQUESTS)
        """Requests for static files, apart from the others so that these stay longer."""
        self.ended: deque[StreamEntry] = deque(maxlen=STREAMS)
        self.channels: dict[str, ChannelEntry] = {}
        self._open: dict[StreamEntry, None] = {}
        self._numbers = 0

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def add(self, entry: RequestEntry) -> None:
        (self.files if entry.is_file else self.requests).appendleft(entry)
        self.changes.notify()

    def request(self, number: int) -> RequestEntry | None:
        return _numbered(number, (*self.requests, *self.files))

    # -- streams ------------------------------------------------------------------------------------------------------

    @property
    def open(self) -> list[StreamEntry]:
        """The newest of the open streams."""
        return list(islice(reversed(self._open), STREAMS))

    @property
    def open_count(self) -> int:
        return len(self._open)

    def stream(self, number: int) -> StreamEntry | None:
        return _numbered(number, (*self._open, *self.ended))

    def open_stream(self, entry: RequestEntry) -> StreamEntry:
        if entry.stream is None:
            entry.stream = StreamEntry(self.next_number(), entry)
            self._open[entry.stream] = None
            self.changes.notify()
        return entry.stream

    def sent(self, stream: StreamEntry, frames: Iterable[SentFrame]) -> None:
        kept = stream.count == 0 or len(self._open) <= STREAMS or stream in self.open
        for frame in frames:
            stream.sent(frame, kept=kept)
        self.changes.notify()

    def close_stream(self, stream: StreamEntry, reason: str) -> None:
        stream.end(reason)
        self._open.pop(stream, None)
        self.ended.appendleft(stream)
        self.changes.notify()

    # -- channels -----------------------------------------------------------------------------------------------------

    def channel(self, key: str, name: str = "") -> ChannelEntry:
        """The entry of a channel, made if there is none. Beyond a number of channels, the oldest is forgotten."""
        entry = self.channels.get(key)
        if entry is None:
            if len(self.channels) >= CHANNELS:
                del self.channels[next(iter(self.channels))]
            entry = self.channels[key] = ChannelEntry(key)
        entry.name = entry.name or name[:PREVIEW]
        return entry


def _numbered[E: (RequestEntry, StreamEntry)](number: int, entries: Iterable[E]) -> E | None:
    return next((entry for entry in entries if entry.number == number), None)
