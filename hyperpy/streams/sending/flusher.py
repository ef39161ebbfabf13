"""Sends what many streams have collected in one iteration of the event loop."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from time import monotonic
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
    is_due: bool
    share_ends_at: float

    def on_turn(self) -> None: ...

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
