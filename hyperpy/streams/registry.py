"""The open streams of one process."""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Final, Protocol

from hyperpy.streams.fair_share import FairShare
from hyperpy.streams.stream_record import EndReason, StreamRecord

# Where the lifespan puts the `Streams`: `scope["state"]` brings it to each request, through any middleware.
STATE_KEY: Final = "hyperpy.streams"

# How many of the ended streams are remembered.
RECENT: Final = 50


class OpenStream(Protocol):
    record: StreamRecord

    def drain(self) -> None:
        """The server is about to stop: end now if the client will come back by itself, else go on."""


class Streams:
    """The open streams, the oldest first, and what has become of the others.

    `opened` counts all there have been, `ended` those that are over, by the reason; `recent` has the last of these. To
    be changed on the event loop only, and read anywhere.
    """

    __slots__ = ("_empty", "_open", "closing", "ended", "fair_share", "opened", "recent")

    def __init__(self) -> None:
        self._open: dict[OpenStream, None] = {}
        self._empty: asyncio.Future[None] | None = None
        self.closing = False
        self.fair_share = FairShare()
        self.opened = 0
        self.ended: dict[EndReason, int] = dict.fromkeys(EndReason, 0)
        self.recent: deque[StreamRecord] = deque(maxlen=RECENT)

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[StreamRecord]:
        return iter([stream.record for stream in list(self._open)])

    def add(self, stream: OpenStream) -> None:
        self._open[stream] = None
        self.opened += 1
        if self.closing:
            stream.drain()

    def discard(self, stream: OpenStream) -> None:
        """Takes a stream out that has ended."""
        del self._open[stream]
        record = stream.record
        assert record.end_reason is not None
        self.ended[record.end_reason] += 1
        self.recent.append(record)
        if not self._open and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def close(self) -> None:
        """Ends every event stream at once, and those that open from now on. Progressive pages are left to finish."""
        self.closing = True
        for stream in list(self._open):
            stream.drain()

    async def wait_ended(self, timeout: float) -> None:
        """Until none is open, its generator's `finally` included, or the time, in seconds, is over."""
        if self._open:
            self._empty = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._empty,), timeout=timeout)
