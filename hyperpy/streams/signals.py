"""Ends the streams on SIGTERM and SIGINT under any server.

Servers wait for their responses before they stop, some without a limit, and shut the application down only afterwards.
So streams need a signal handler of their own, which runs before that of the server.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final, Self

from hyperpy.record_classes import record
from hyperpy.streams.registry import OpenStream, Streams

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """While active, SIGTERM and SIGINT close `streams` on the event loop that `start` was called on.

    The previous handlers run as well, and are restored in the end. A signal without a Python handler is left alone: it
    kills the process or is ignored. Does nothing outside the main thread, where Python can't handle signals.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._handlers: list[_ChainedHandler] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        if self._handlers or threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            previous = signal.getsignal(number)
            if callable(previous):
                handler = _ChainedHandler(number, previous, loop, self._streams)
                signal.signal(number, handler)
                self._handlers.append(handler)

    def stop(self) -> None:
        for handler in self._handlers:
            handler.remove()
        self._handlers.clear()


@record(eq=False)
class _ChainedHandler:
    """Closes the streams, then calls the previous handler. That may be one of asyncio or uvloop: they wake the loop by
    the file descriptor that every signal is written to.
    """

    number: signal.Signals
    previous: Callable[[int, FrameType | None], object]
    loop: asyncio.AbstractEventLoop
    streams: Streams | None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.streams is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.streams.close)
        self.previous(number, frame)

    def remove(self) -> None:
        """Remove this handler from the chain. Below the handler of another library it stays, and only passes on."""
        self.streams = None
        above: object = signal.getsignal(self.number)
        if above is self:
            signal.signal(self.number, self.previous)
        while isinstance(above, _ChainedHandler):
            if above.previous is self:
                above.previous = self.previous
            above = above.previous


class SignalledStreams(Streams):
    """The streams of an application without a lifespan: signals are handled while a stream is open."""

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
