"""Child processes, and signals in them and in their parent."""

import os
import signal
import socket
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from types import FrameType, TracebackType
from typing import Any, Self

_spawn = get_context("spawn")


def start_process(target: Callable[..., None], *args: Any) -> SpawnProcess:
    """Start `target(*args)`, all of it picklable, in a fresh interpreter.

    Ctrl-C reaches every process of the terminal's group. Before the child has called `prepare_child` it would print a
    traceback, so SIGINT is blocked until then.
    """
    process = _spawn.Process(target=target, args=args)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return process


def prepare_child() -> None:
    """To be called first in a child: from here on SIGINT ends it silently, until a server handles it."""
    signal.signal(signal.SIGINT, _exit_silently)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def _exit_silently(signum: int, frame: FrameType | None) -> None:
    os._exit(128 + signum)


class Signals:
    """Makes signals something to wait for, along with sockets and processes. A context manager for the main thread."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._numbers = numbers
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in self._numbers:
            self._before[number] = signal.signal(number, lambda signum, frame: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._reader.close()
        self._writer.close()

    def fileno(self) -> int:
        return self._reader.fileno()

    def arrived(self) -> list[int]:
        """The numbers of the signals since the last call, in order of arrival."""
        try:
            return [number for number in self._reader.recv(4096) if number in self._numbers]
        except BlockingIOError:
            return []
