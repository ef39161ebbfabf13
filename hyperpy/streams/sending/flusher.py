"""Sends what many streams have collected in one iteration of the event loop."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from time import monotonic
from typing import Any, Protocol

from hyperpy.streams.sending.fair_share import FairShare
from hyperpy.streams.sending.part_writer import WritePart


class Filled(Protocol):
    """An outbox with something to send. See `Outbox` for the attributes."""

    lone: str
    others: list[str]
    write_part: WritePart | None
    server: Any
    is_due: bool
    share_ends_at: float

    def on_turn(self) -> None: ...

    def lone_sent(self, size: int, now: float) -> None: ...

    def fail(self, error: Exception) -> None: ...


class Flusher:
    """Flushes outboxes in the iteration after they have got their first chunk.

    In a broadcast, all generators run before the first event is sent. So an event that many streams send is encoded and
    framed once, and the processor has the code of either step in its cache. There is one for all streams of a loop that encode alike: `encode` returns the
    text of a batch of chunks.
    """

    def __init__(self, encode: Callable[[list[str]], str], fair_share: FairShare) -> None:
        self.encode = encode
        self.fair_share = fair_share
        self._filled: list[Filled] = []
        self._context = Context()  # that of no stream: tasks and logging of one must not see what is another's

    def add(self, outbox: Filled, loop: asyncio.AbstractEventLoop) -> None:
        if not self._filled:
            loop.call_soon(self._flush, context=self._context)
        self._filled.append(outbox)

    def _flush(self) -> None:
        filled = self._filled
        self._filled = []
        now = monotonic()
        text, kind, size, part = "", str, 0, b""
        for outbox in filled:
            lone, write = outbox.lone, outbox.write_part
            try:
                if not lone or outbox.others or write is None:
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
