"""The output buffer of one client. Chunks that are ready together are sent in one ASGI message."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from hyperpy.streams.fair_share import FairShare
from hyperpy.streams.stream_record import StreamRecord

# A batch of this many chunks or characters is full: the generator waits until it has been sent.
FULL_COUNT: Final = 1024
FULL_SIZE: Final = 64 * 1024


@dataclass(slots=True, eq=False)
class Outbox:
    """Collects chunks until the next iteration of the event loop, then sends them.

    The loop iterates when the generator first has to wait: all that it yielded before is sent in one message, and a
    single chunk at once. `_head` makes the start of the response. `_failed` is called when nothing more can be sent,
    with the exception of the send, or None if the client has disconnected. `_record` counts what has been sent.
    """

    _loop: asyncio.AbstractEventLoop
    _send: Send
    _head: Callable[[], Message]
    _failed: Callable[[Exception | None], None]
    _record: StreamRecord
    _fair_share: FairShare
    _chunks: list[str] = field(default_factory=list)
    _other_chunks: int = 0  # those of the chunks that the generator has not yielded
    _size: int = 0
    _finishing: bool = False
    _is_scheduled: bool = False
    _share_ends_at: float = 0.0
    _task: asyncio.Task[None] | None = None
    _waiter: asyncio.Future[None] | None = None
    started: bool = False  # the start of the response has been sent
    sending: bool = False
    closed: bool = False  # nothing more will be sent
    moved_at: float = field(default_factory=monotonic)  # when the current send began, or else when the last one ended

    @property
    def used(self) -> bool:
        """Whether anything has been sent or collected, so that another answer is no longer possible."""
        return self.started or bool(self._chunks)

    def put(self, chunk: str) -> bool:
        """Add a chunk. Returns whether the caller has to await `room` before the next one."""
        if self.closed or self._finishing:
            return True
        chunks = self._chunks
        chunks.append(chunk)
        self._size += len(chunk)
        # Not the loop's clock: that of uvloop stops during an iteration.
        if not self._is_scheduled:
            self._is_scheduled = True
            self._share_ends_at = monotonic() + self._fair_share.share
            self._loop.call_soon(self._next_iteration)
        return len(chunks) >= FULL_COUNT or self._size >= FULL_SIZE or monotonic() > self._share_ends_at

    def put_other(self, chunk: str) -> None:
        """Add a chunk that the generator has not yielded, such as a ping."""
        if not (self.closed or self._finishing):
            self._other_chunks += 1
            self.put(chunk)

    async def room(self, is_wanted: Callable[[], bool]) -> None:
        """Wait for room for the next chunk while `is_wanted`, and yield to the loop if the time share is used up."""
        if self._is_full:
            self.flush()
        while self._is_full and is_wanted():
            await self.change()
        if self.closed or (self._is_scheduled and monotonic() > self._share_ends_at):
            self._fair_share.exhausted(self._loop)
            await asyncio.sleep(0)

    @property
    def _is_full(self) -> bool:
        return (len(self._chunks) >= FULL_COUNT or self._size >= FULL_SIZE) and not self.closed

    def finish(self, last: str = "") -> None:
        """Send the collected chunks, then `last`, then the end of the body."""
        if last:
            self.put_other(last)
        self._finishing = True
        self.flush()

    def flush(self) -> None:
        """Send now. If the server has room, as it nearly always has, everything is sent when this returns."""
        if self.sending or self.closed:
            return
        self.sending = True
        self.moved_at = monotonic()
        task = asyncio.Task(self._deliver(), loop=self._loop, eager_start=True)
        self._task = task if self.sending else None

    def abandon(self) -> None:
        """Discard the collected chunks, cancel a send in progress, and send nothing more."""
        self.closed = True
        self._chunks.clear()
        self._size = 0
        if self._task is not None:
            self._task.cancel()
        self.wake()

    async def change(self) -> None:
        """Wait until something changes. Only one caller may wait at a time."""
        assert self._waiter is None
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _next_iteration(self) -> None:
        self._is_scheduled = False
        if self._chunks:
            self.flush()

    async def _deliver(self) -> None:
        """Runs in its own task, so that a timeout in the generator can't cancel the send."""
        failed, error = False, None
        try:
            if not self.started:
                head = self._head()
                self.started = True
                await self._send(head)
                self.moved_at = monotonic()
            while (self._chunks or self._finishing) and not self.closed:
                await self._deliver_chunks()
        except OSError, ClientDisconnect:
            failed = True
        except asyncio.CancelledError:
            self.closed = True
        except Exception as raised:  # noqa: BLE001 (the pump raises it in the server's task)
            failed, error = True, raised
        self.sending = False
        self._task = None
        if failed:
            self.closed = True
            self._failed(error)
        if self._waiter is not None:
            self.wake()

    async def _deliver_chunks(self) -> None:
        chunks, last = self._chunks, self._finishing
        body = (chunks[0] if len(chunks) == 1 else "".join(chunks)).encode()
        events = len(chunks) - self._other_chunks
        chunks.clear()
        self._other_chunks = self._size = 0
        if self._waiter is not None:
            self.wake()
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})
        self.moved_at = monotonic()
        self._record.events += events
        self._record.bytes += len(body)
        if last:
            self.closed = True
