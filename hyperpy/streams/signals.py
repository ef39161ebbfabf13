"""Ends the streams when the process is told to stop, whichever server it is that is told.

Servers wait for their answers before they stop, some without an end, and tell the application only afterwards. So the
streams hear of the signal by a handler of their own, before that of the server.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Final, Self

from hyperpy.streams.registry import OpenStream, Streams

type SignalHandler = Callable[[int, FrameType | None], object]

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """While it is active, SIGTERM and SIGINT close `streams` on the loop that it became active on.

    The handlers that were there do what they did, and are there again in the end. A signal without a handler of Python
    stays as it is: the process dies of it at once, or ignores it. Elsewhere than in the main thread, where Python lets
    nobody handle signals, this does nothing.
    """

    __slots__ = ("_handlers", "_streams")

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._handlers: list[_ChainedHandler] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._handlers or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            previous = signal.getsignal(number)
            if callable(previous):
                link = _ChainedHandler(number, previous, loop, self._streams)
                signal.signal(number, link)
                self._handlers.append(link)

    def stop(self) -> None:
        for link in self._handlers:
            link.remove()
        self._handlers.clear()


class _ChainedHandler:
    """A handler that goes before another one. Asyncio's and uvloop's own are among these: the loop wakes up by the file
    descriptor that every signal is written to, whoever handles it.
    """

    __slots__ = ("_loop", "_number", "_streams", "previous")

    def __init__(
        self, number: signal.Signals, previous: SignalHandler, loop: asyncio.AbstractEventLoop, streams: Streams
    ) -> None:
        self._number = number
        self._loop = loop
        self._streams: Streams | None = streams
        self.previous = previous

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._streams is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._streams.close)
        self.previous(number, frame)

    def remove(self) -> None:
        """Takes this one out of the row. Under a stranger's handler it can only fall silent."""
        self._streams = None
        above: object = signal.getsignal(self._number)
        if above is self:
            signal.signal(self._number, self.previous)
        while isinstance(above, _ChainedHandler):
            if above.previous is self:
                above.previous = self.previous
            above = above.previous


class SignalledStreams(Streams):
    """The streams of an application that has no lifespan: signals are listened to while a stream is open."""

    __slots__ = ("_signals",)

    def __init__(self) -> None:
        super().__init__()
        self._signals = StopSignals(self)

    def add(self, stream: OpenStream) -> None:
        self._signals.start()
        super().add(stream)

    def discard(self, stream: OpenStream) -> None:
        super().discard(stream)
        if not self:
            self._signals.stop()
