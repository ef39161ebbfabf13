"""The open streams of one process."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Container, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import monotonic
from typing import Final, Protocol

from starlette.types import Scope

from hyperpy.streams.negotiate import StreamMode
from hyperpy.streams.sending import FairShare, Flusher
from hyperpy.streams.stream_record import EndReason, StreamRecord
from hyperpy.streams.timers import SharedTimers

# The lifespan puts the `Streams` under this key: `scope["state"]` passes it to each request through any middleware.
STATE_KEY: Final = "hyperpy.streams"

# Ends a stream in development: clients come back to the new code in this many milliseconds, instead of seconds.
RETRY_AT_ONCE: Final = "retry: 20\n\n"

# How many ended streams are kept in `Streams.recent`.
RECENT: Final = 50


@lru_cache(1024)
def counted_client(address: str) -> str:
    """The client that a stream counts for: of an IPv6 address the network of 64 bits, all of which one customer has.

    An IPv4 address written as IPv6 is the same client. Link-local addresses count one by one, and so does what isn't
    an IP address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address) or parsed.is_link_local:
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


class OpenStream(Protocol):
    record: StreamRecord

    def drain(self, last: str = "", reason: EndReason = EndReason.DRAINING) -> None:
        """The server stops: send `last` and end if the client reconnects by itself, otherwise carry on."""


class Streams:
    """The open streams, oldest first, and a record of those that have ended.

    `opened` counts all streams so far, `ended` those that have ended by reason, and `recent` holds the last of them.
    It may be read from any thread, but changed only on the event loop.
    """

    def __init__(self) -> None:
        self._open: dict[OpenStream, None] = {}
        self._clients: Counter[str] = Counter()  # the event streams of each client, as `counted_client` has it
        self._empty: asyncio.Future[None] | None = None
        self.closing_since: float | None = None
        self._farewell = ""
        self.fair_share = FairShare()
        self._flushers: dict[Callable[[list[str]], str], Flusher] = {}
        self.timers = SharedTimers()
        self.opened = 0
        self.ended: dict[EndReason, int] = dict.fromkeys(EndReason, 0)
        self.recent: deque[StreamRecord] = deque(maxlen=RECENT)

    @property
    def closing(self) -> bool:
        """The server stops."""
        return self.closing_since is not None

    @property
    def closing_for(self) -> float:
        """The seconds since the server was told to stop; 0 while it runs."""
        return 0 if self.closing_since is None else monotonic() - self.closing_since

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[StreamRecord]:
        return iter([stream.record for stream in list(self._open)])

    def flusher(self, encode: Callable[[list[str]], str]) -> Flusher:
        """The one for all streams that encode batches with this function."""
        flusher = self._flushers.get(encode)
        if flusher is None:
            flusher = self._flushers[encode] = Flusher(encode, self.fair_share)
        return flusher

    def add(self, stream: OpenStream) -> None:
        self._open[stream] = None
        self.opened += 1
        if stream.record.mode is StreamMode.SSE:
            self._clients[counted_client(stream.record.client)] += 1
        if self.closing:
            stream.drain(self._farewell)

    def discard(self, stream: OpenStream) -> None:
        """Remove a stream that has ended."""
        del self._open[stream]
        record = stream.record
        if record.mode is StreamMode.SSE:
            client = counted_client(record.client)
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
        assert record.end_reason is not None
        self.ended[record.end_reason] += 1
        self.recent.append(record)
        if not self._open and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def is_full(self, scope: Scope, most: int) -> bool:
        """Whether a request's client has `most` event streams open. False if `most` is 0 or the address unknown."""
        client, *_ = scope.get("client") or ("",)
        return bool(most and client) and self._clients[counted_client(client)] >= most

    def close(self, last: str = "") -> None:
        """End all event streams with `last`, and any that open from now on. Pages that are being sent may finish."""
        if self.closing_since is None:
            self.closing_since = monotonic()
        self._farewell = self._farewell or last
        for stream in list(self._open):
            stream.drain(last)

    def end(self, files: Container[str]) -> None:
        """End the event streams of these route files, whose code has changed. Pages that are being sent may finish."""
        for stream in list(self._open):
            if stream.record.file in files:
                stream.drain(RETRY_AT_ONCE, EndReason.REPLACED)

    async def wait_ended(self, timeout: float) -> None:
        """Wait until no stream is open and all generators have run their `finally`, for at most `timeout` seconds."""
        if self._open:
            self._empty = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._empty,), timeout=timeout)
