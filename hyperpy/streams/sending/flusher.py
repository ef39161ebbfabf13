"""Sends what many streams have collected in one iteration of the event loop."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextvars import Context
from itertools import chain
from time import monotonic
from types import coroutine
from typing import Any, Final, Protocol

from hyperpy.streams.sending.fair_share import FairShare
from hyperpy.streams.sending.part_writer import WritePart

# Outboxes of one flush. Nothing else runs while they are sent, and no client gets its event before the flush.
MOST: Final = 128


class Filled(Protocol):
    """An outbox with something to send. See `Outbox` for the attributes."""

    lone: str
    others: list[str]
    write_part: WritePart | None
    server: Any
    context: Context | None

    def on_turn(self) -> None: ...

    def begin(self, task: asyncio.Task[None], body: bytes) -> Coroutine[Any, Any, None] | None: ...

    def lone_sent(self, size: int, now: float) -> None: ...

    def fail(self, error: Exception) -> None: ...


class Flusher:
    """Flushes outboxes in the iteration after they have got their first chunk, or when `MOST` of them have one.

    So in a broadcast, an event that many streams send is encoded and framed once for all of them, and the processor has
    the code of either step in its cache. There is one for all streams of a loop that encode alike: `encode` returns the
    text of a batch of chunks.
    """

    def __init__(self, encode: Callable[[list[str]], str], fair_share: FairShare) -> None:
        self.encode = encode
        self.fair_share = fair_share
        self._filled: list[Filled] = []
        self._is_scheduled = False
        self._context = Context()  # that of no stream: tasks and logging of one must not see what is another's

    def add(self, outbox: Filled, loop: asyncio.AbstractEventLoop) -> None:
        """The generator of `outbox` is running, and may yield more. Those of the others wait."""
        if len(self._filled) >= MOST:
            self._context.run(self._flush)
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._on_turn, context=self._context)
        self._filled.append(outbox)

    def _on_turn(self) -> None:
        self._is_scheduled = False
        self._flush()

    def _flush(self) -> None:
        filled = self._filled
        self._filled = []
        now = monotonic()
        text, kind, size, part = "", str, 0, b""
        others: list[Filled] = []  # without a server that takes parts, or behind middleware
        for outbox in filled:
            lone, write = outbox.lone, outbox.write_part
            if write is None:
                others.append(outbox)
                continue
            try:
                if not lone or outbox.others:
                    outbox.on_turn()
                    continue
                if lone != text or type(lone) is not kind:
                    text, kind = lone, type(lone)
                    body = self.encode([lone]).encode()
                    size = len(body)
                    part = b"%x\r\n%b\r\n" % (size, body)
                if write(outbox.server, size, part):
                    outbox.lone_sent(size, now)
                else:
                    outbox.on_turn()
            except Exception as error:  # noqa: BLE001 (the pump raises it in the server's task)
                outbox.fail(error)
        left = iter(others)
        while (first := next(left, None)) is not None:
            asyncio.Task(self._send_messages(chain([first], left)), eager_start=True)

    async def _send_messages(self, outboxes: Iterable[Filled]) -> None:
        """Call `send` for each. The first one that has to wait keeps the task, and the others need another one."""
        task = asyncio.current_task()
        assert task is not None
        text, kind, body = "", str, b""
        for outbox in outboxes:
            lone, context = outbox.lone, outbox.context
            assert context is not None
            outbox.context = None
            try:
                if lone != text or type(lone) is not kind:
                    text, kind = lone, type(lone)
                    body = self.encode([lone]).encode() if lone else b""
                rest = context.run(outbox.begin, task, body)
            except Exception as error:  # noqa: BLE001 (the pump raises it in the server's task)
                outbox.fail(error)
                continue
            if rest is not None:
                await _in_context(rest, context)
                return
            if task.cancelling():  # by middleware that didn't wait
                return


@coroutine
def _in_context(work: Any, context: Context) -> Generator[Any]:
    """Await a coroutine like `yield from`, with each of its steps in `context`."""
    step, value = work.send, None
    try:
        while True:
            waiting = context.run(step, value)
            try:
                yield waiting
            except GeneratorExit:
                context.run(work.close)
                raise
            except BaseException as error:  # noqa: BLE001 (passed on, as by `yield from`)
                step, value = work.throw, error
            else:
                step, value = work.send, None
    except StopIteration:
        return
