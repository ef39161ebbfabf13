"""The output buffer of one client. Chunks that are ready together are sent in one ASGI message."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from dataclasses import field
from functools import lru_cache
from time import monotonic
from types import CoroutineType, coroutine
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from hyperpy.record_classes import record
from hyperpy.streams.sending.flusher import Flusher
from hyperpy.streams.sending.part_writer import WritePart, part_writer
from hyperpy.streams.stream_record import StreamRecord

# A batch of this many chunks or characters is full: the generator waits until it has been sent.
FULL_COUNT: Final = 1024
FULL_SIZE: Final = 64 * 1024
_FULL_COUNT: Final = FULL_COUNT - 1  # without the lone chunk
_QUICK: Final = 8  # chunks between two looks at the clock, if what is left of the share is enough for many more

# They neither look at the current task nor set a timeout, so they may be continued in another task.
_SERVERS: Final = frozenset({"uvicorn.protocols.http.httptools_impl", "uvicorn.protocols.http.h11_impl"})

type Begun = tuple[Awaitable[None], bytes, int]
"""The rest of a call of `send`, the part of the body that it sends, and the number of its events."""


@record(slots=True, eq=False)
class Outbox:
    """Collects chunks until it is flushed: in the next iteration of the event loop, or when it is full.

    So all that the generator yields without waiting is sent in one message, and a single chunk at once. The flusher has
    the function that encodes them together. `_head` makes the start of the response. `_failed` is called when nothing
    more can be sent, with the exception of the send, or None if the client has disconnected. `record` counts what has
    been sent.
    """

    _loop: asyncio.AbstractEventLoop
    _send: Send
    _head: Callable[[], Message]
    _failed: Callable[[Exception | None], None]
    record: StreamRecord
    flusher: Flusher
    lone: str = ""  # the first chunk, which the flusher sends if there is no other
    write_part: WritePart | None = None  # once the response has started, if the server can
    server: Any = None  # the first argument of `write_part`
    context: Context | None = None  # of the generator, for `send`
    is_due: bool = False  # the event loop is about to flush the outbox
    share_ends_at: float = 0.0  # 0 if nothing has taken time since the last iteration
    others: list[str] = field(default_factory=list)  # the chunks after it, or all if there is no lone one
    _other_chunks: int = 0  # those of the chunks that the generator has not yielded
    _look_at: int = 0  # the number of chunks from which on `put` looks at the clock
    _size: int = 0  # of the chunks that the generator has yielded
    _finishing: bool = False
    _task: asyncio.Task[None] | None = None
    _waiter: asyncio.Future[None] | None = None
    started: bool = False  # the start of the response has been sent
    sending: bool = False
    closed: bool = False  # nothing more will be sent
    moved_at: float = field(default_factory=monotonic)  # when the current send began, or else when the last one ended
    _in_place: bool = field(init=False)

    def __post_init__(self) -> None:
        self._in_place = _runs_in_any_task(self._send)

    @property
    def used(self) -> bool:
        """Whether anything has been sent or collected, so that another answer is no longer possible."""
        return self.started or bool(self.others or self.lone)

    def put(self, chunk: str) -> bool:
        """Add a chunk. Returns whether the caller has to await `room` before the next one."""
        if self.closed or self._finishing:
            return True
        if not self.is_due:
            self.is_due = True
            if self.write_part is None:
                self.context = copy_context()  # middleware gets to see the generator's context variables
            self.flusher.add(self, self._loop)
            if not self.sending and (size := len(chunk)) < FULL_SIZE:
                self.lone, self._size = chunk, size
                return False  # the usual case needs no clock
        chunks = self.others
        chunks.append(chunk)
        self._size = size = self._size + len(chunk)
        count = len(chunks)
        if count < self._look_at and size < FULL_SIZE:
            return False
        return self._look(count) or size >= FULL_SIZE or count >= _FULL_COUNT

    def _look(self, count: int) -> bool:
        """Look at the clock, and decide after how many chunks to look again. Returns whether the share is used up."""
        # Not the loop's clock: that of uvloop stops during an iteration.
        now = monotonic()
        share = self.flusher.fair_share.share
        if not self.share_ends_at:
            self.share_ends_at = now + share
            return False
        left = self.share_ends_at - now
        is_quick = left * count > (share - left) * _QUICK
        self._look_at = min(count + (_QUICK if is_quick else 1), _FULL_COUNT)
        return left < 0

    def put_other(self, chunk: str) -> None:
        """Add a chunk that the generator has not yielded, such as a ping."""
        if not (self.closed or self._finishing):
            self._other_chunks += 1
            self.others.append(chunk)

    async def room(self, is_wanted: Callable[[], bool]) -> None:
        """Wait for room for the next chunk while `is_wanted`, and yield to the loop if the time share is used up."""
        if self._is_full:
            self.flush()
        while self._is_full and is_wanted():
            await self.change()
        if self.closed or (self.share_ends_at and monotonic() > self.share_ends_at):
            self.flusher.fair_share.exhausted(self._loop)
            await asyncio.sleep(0)

    @property
    def _is_full(self) -> bool:
        return (len(self.others) >= _FULL_COUNT or self._size >= FULL_SIZE) and not self.closed

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
        if not (self._in_place and self.started) or self._finishing:
            self._deliver_in_task()
        elif (begun := self._begin(*self._taken())) is not None:
            self._deliver_in_task(begun)

    def _begin(self, body: bytes, events: int) -> Begun | None:
        """Send a part of the body. Returns what is left to await, None if it has been sent."""
        try:
            sending: Any = self._send({"type": "http.response.body", "body": body, "more_body": True})
            if type(sending) is not CoroutineType:
                sending = _awaited(sending)
            waiting = sending.send(None)
        except StopIteration:
            self._sent(body, events)
            return None
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 (`_deliver` handles it)
            return _failed(error), body, events
        return _continued(sending, waiting), body, events

    def begin(self, task: asyncio.Task[None], body: bytes) -> Coroutine[Any, Any, None] | None:
        """Send what is due as `task`, which is running. Returns what it has to await; None if it is free again.

        `body` is the lone chunk if that is encoded already, else empty.
        """
        self.is_due, self.share_ends_at = False, 0.0
        if self.sending or self.closed or not (self.lone or self.others):
            return None
        if not self.started or self._finishing:
            self._deliver_in_task()
            return None
        if body and not self.others:
            self.lone, self._size = "", 0
            begun = self._begin(body, 1)
        else:
            begun = self._begin(*self._taken())
        if begun is None:
            return None
        self.sending, self.moved_at, self._task = True, monotonic(), task
        return self._deliver(begun)

    def _deliver_in_task(self, begun: Begun | None = None) -> None:
        self.sending = True
        self.moved_at = monotonic()
        task = asyncio.Task(self._deliver(begun), loop=self._loop, eager_start=True)
        self._task = task if self.sending else None

    def on_turn(self) -> None:
        """The next iteration of the event loop, in which the generator may be waiting."""
        self.is_due = False
        self.share_ends_at = 0.0
        if self.lone or self.others:
            self.flush()

    def lone_sent(self, size: int, now: float) -> None:
        """The flusher has sent the lone chunk, of so many bytes."""
        self.lone, self._size, self.is_due = "", 0, False
        self.moved_at = now
        record = self.record
        record.events += 1
        record.bytes += size

    def fail(self, error: Exception) -> None:
        """The flusher could not send."""
        self.closed, self.is_due = True, False
        self._failed(None if isinstance(error, OSError) else error)
        self.wake()

    def abandon(self) -> None:
        """Discard the collected chunks, cancel a send in progress, and send nothing more."""
        self.closed = True
        self.others.clear()
        self._size, self.lone = 0, ""
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

    async def _deliver(self, begun: Begun | None) -> None:
        """Runs in another task than the generator, whose timeouts can't cancel the send."""
        is_failed = False
        error: Exception | None = None
        try:
            if begun is not None:
                sending, body, events = begun
                await sending
                self._sent(body, events)
            elif not self.started:
                head = self._head()
                self.started = True
                await self._send(head)
                self.server, self.write_part = part_writer(self._send)
                if self.write_part is not None:
                    self.context = None
                self.moved_at = monotonic()
            while (self.others or self.lone or self._finishing) and not self.closed:
                last = self._finishing
                body, events = self._taken()
                await self._send({"type": "http.response.body", "body": body, "more_body": not last})
                self._sent(body, events)
                if last:
                    self.closed = True
        except OSError, ClientDisconnect:
            is_failed = True
        except asyncio.CancelledError as cancelled:
            if not self.closed:  # by `abandon`: middleware, or what stops the server
                is_failed = True
                if not self._is_cancelled():
                    error = RuntimeError("`send` of the stream's middleware awaited something that had been cancelled")
                    error.__cause__ = cancelled
        except Exception as raised:  # noqa: BLE001 (the pump raises it in the server's task)
            is_failed, error = True, raised
        self.sending = False
        self._task = None
        if is_failed:
            self.closed = True
            self._failed(error)
        if self._waiter is not None:
            self.wake()

    @staticmethod
    def _is_cancelled() -> bool:
        """Whether the running task has been cancelled."""
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0

    def _taken(self) -> tuple[bytes, int]:
        """Take the collected chunks: their bytes, and the number of those that the generator has yielded."""
        chunks = self.others
        if self.lone:
            chunks.insert(0, self.lone)
            self.lone = ""
        events = len(chunks) - self._other_chunks
        body = self.flusher.encode(chunks).encode()
        chunks.clear()
        self._other_chunks = self._size = self._look_at = 0
        if self._waiter is not None:
            self.wake()
        return body, events

    def _sent(self, body: bytes, events: int) -> None:
        self.moved_at = monotonic()
        self.record.events += events
        self.record.bytes += len(body)


async def _awaited(sending: Awaitable[None]) -> None:
    """A coroutine that does the same as any other awaitable object, such as a future."""
    await sending


@coroutine
def _continued(work: Any, waiting: Any) -> Generator[Any]:
    """Await the rest of a coroutine like `yield from`. Its first step has returned `waiting`, what it waits for."""
    try:
        while True:
            try:
                yield waiting
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 (passed on, as by `yield from`)
                waiting = work.throw(error)
            else:
                waiting = work.send(None)
    except StopIteration:
        return


async def _failed(error: BaseException) -> None:
    """A coroutine whose first step has raised an exception."""
    raise error


def _runs_in_any_task(send: Send) -> bool:
    """Whether a call of `send` that has to wait may be continued in another task than it began in.

    Middleware may not: a timeout around an inner `send` belongs to a task.
    """
    server: type = type(getattr(send, "__self__", None))
    return getattr(send, "__name__", "") == "send" and _is_server(server)


@lru_cache(maxsize=64)
def _is_server(kind: type) -> bool:
    return any(base.__module__ in _SERVERS for base in kind.__mro__)
