"""What waits to be sent to one client. Chunks that are ready together leave in one ASGI message."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from hyperpy.streams.fair_share import FairShare
from hyperpy.streams.stream_record import StreamRecord

# A batch of this many chunks or characters is full: the generator waits until it has left.
FULL_COUNT: Final = 1024
FULL_SIZE: Final = 64 * 1024


class Outbox:
    """Collects chunks until the loop turns, then sends them.

    The generator's first real wait lets the loop turn: what was yielded before it leaves in one message, and a chunk
    that is alone leaves at once. `head` makes the start of the response. `lost` hears that nothing can be sent any
    more: with the exception that is somebody's mistake, or with None if the client has just gone. `record` counts what
    has left.
    """

    __slots__ = (
        "_asides",
        "_chunks",
        "_finishing",
        "_head",
        "_loop",
        "_lost",
        "_record",
        "_send",
        "_size",
        "_task",
        "_turn_at",
        "_turning",
        "_turns",
        "_waiter",
        "moved_at",
        "over",
        "sending",
        "started",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        send: Send,
        head: Callable[[], Message],
        lost: Callable[[Exception | None], None],
        record: StreamRecord,
        turns: FairShare,
    ) -> None:
        self._loop = loop
        self._send = send
        self._head = head
        self._lost = lost
        self._record = record
        self._chunks: list[str] = []
        self._asides = 0  # how many of the chunks are no event
        self._size = 0
        self._finishing = False
        self._turns = turns
        self._turning = False
        self._turn_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.started = False  # the response's start has left
        self.sending = False
        self.over = False  # nothing is sent from now on
        self.moved_at = monotonic()  # when the send in progress began, else when the last one ended

    @property
    def used(self) -> bool:
        """Whether anything has left or is about to: then it is too late for another answer."""
        return self.started or bool(self._chunks)

    def put(self, chunk: str) -> bool:
        """Takes a chunk. Says whether that is enough for now: `room` is to be awaited before the next."""
        if self.over or self._finishing:
            return True
        chunks = self._chunks
        chunks.append(chunk)
        self._size += len(chunk)
        # The clock is monotonic's: the loop's own stands still, with uvloop, while the loop does.
        if not self._turning:
            self._turning = True
            self._turn_at = monotonic() + self._turns.share
            self._loop.call_soon(self._turned)
        return len(chunks) >= FULL_COUNT or self._size >= FULL_SIZE or monotonic() > self._turn_at

    def put_aside(self, chunk: str) -> None:
        """Takes a chunk that is no event of the generator's."""
        if not (self.over or self._finishing):
            self._asides += 1
            self.put(chunk)

    async def room(self, is_wanted: Callable[[], bool]) -> None:
        """Waits until there is room for more, as long as it is wanted, and lets the loop turn if it is time."""
        if self._is_full:
            self.flush()
        while self._is_full and is_wanted():
            await self.change()
        if self.over or (self._turning and monotonic() > self._turn_at):
            self._turns.exhausted(self._loop)
            await asyncio.sleep(0)

    @property
    def _is_full(self) -> bool:
        return (len(self._chunks) >= FULL_COUNT or self._size >= FULL_SIZE) and not self.over

    def finish(self, last: str = "") -> None:
        """Sends what is there, then `last`, then the end of the body."""
        if last:
            self.put_aside(last)
        self._finishing = True
        self.flush()

    def flush(self) -> None:
        """Sends now. Where the server has room, as nearly always, all is sent when this returns."""
        if self.sending or self.over:
            return
        self.sending = True
        self.moved_at = monotonic()
        task = asyncio.Task(self._deliver(), loop=self._loop, eager_start=True)
        self._task = task if self.sending else None

    def abandon(self) -> None:
        """Sends nothing more, not even what is there; a send in progress is cancelled."""
        self.over = True
        self._chunks.clear()
        self._size = 0
        if self._task is not None:
            self._task.cancel()
        self.wake()

    async def change(self) -> None:
        """Waits for the next thing to happen here. For one waiter at a time."""
        assert self._waiter is None
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _turned(self) -> None:
        self._turning = False
        if self._chunks:
            self.flush()

    async def _deliver(self) -> None:
        """Runs in a task of its own, so that a timeout meant for the generator can't hit the send."""
        lost, mistake = False, None
        try:
            if not self.started:
                await self._deliver_head()
            while (self._chunks or self._finishing) and not self.over:
                await self._deliver_chunks()
        except OSError, ClientDisconnect:
            lost = True
        except asyncio.CancelledError:
            self.over = True
        except Exception as error:  # noqa: BLE001 (the pump raises it where the request's caller sees it)
            lost, mistake = True, error
        self.sending = False
        self._task = None
        if lost:
            self.over = True
            self._lost(mistake)
        if self._waiter is not None:
            self.wake()

    async def _deliver_head(self) -> None:
        head = self._head()
        self.started = True
        await self._send(head)
        self.moved_at = monotonic()

    async def _deliver_chunks(self) -> None:
        chunks, last = self._chunks, self._finishing
        body = (chunks[0] if len(chunks) == 1 else "".join(chunks)).encode()
        events = len(chunks) - self._asides
        chunks.clear()
        self._asides = self._size = 0
        if self._waiter is not None:
            self.wake()
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})
        self.moved_at = monotonic()
        self._record.events += events
        self._record.bytes += len(body)
        if last:
            self.over = True
