"""Child processes, and signals in them and in their parent."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from typing import Any

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
    signal.signal(signal.SIGINT, lambda signum, frame: os._exit(128 + signum))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


@contextmanager
def signals_as_bytes(*numbers: signal.Signals) -> Iterator[socket.socket]:
    """A non-blocking socket from which the number of each arriving signal can be read, as one byte.

    It can be waited for along with other sockets and processes. For the main thread only.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda signum, frame: None) for number in numbers}
        try:
            yield reader
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
