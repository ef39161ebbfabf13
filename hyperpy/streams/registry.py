"""The open streams of one process."""

import asyncio
from collections.abc import Iterator
from typing import Final, Protocol

# Where the lifespan puts the `Streams`: `scope["state"]` brings it to each request, through any middleware.
STATE_KEY: Final = "hyperpy.streams"


class OpenStream(Protocol):
    def drain(self) -> None:
        """The server is about to stop: end now if the client will come back by itself, else go on."""


class Streams:
    """Add and discard streams as they open and end; `close` once, when the server stops. All on the event loop."""

    __slots__ = ("_empty", "_open", "closing")

    def __init__(self) -> None:
        self._open: set[OpenStream] = set()
        self._empty: asyncio.Future[None] | None = None
        self.closing = False

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[OpenStream]:
        return iter(tuple(self._open))

    def add(self, stream: OpenStream) -> None:
        self._open.add(stream)
        if self.closing:
            stream.drain()

    def discard(self, stream: OpenStream) -> None:
        self._open.discard(stream)
        if not self._open and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def close(self) -> None:
        """Ends every event stream at once, and those that open from now on. Progressive pages are left to finish."""
        self.closing = True
        for stream in self:
            stream.drain()

    async def wait_ended(self, timeout: float) -> None:
        """Until none is open, its generator's `finally` included, or the time, in seconds, is over."""
        if self._open:
            self._empty = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._empty,), timeout=timeout)
