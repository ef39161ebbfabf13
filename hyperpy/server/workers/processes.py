"""Child processes, and signals in them and in their parent.

Windows has neither `fork` nor blocked signals. There, `fork_process` isn't used, and a child is a new interpreter.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any, Final

# What a parent handles in its own way, as far as the system has it. SIGBREAK is Ctrl-Break on Windows.
HANDLED: Final[tuple[signal.Signals, ...]] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
# All that a server imports before it serves. What isn't installed is left out.
PRELOADED: Final = [
    "hyperpy.cli",
    "concurrent.futures.thread",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.websockets.auto",
]
CAN_FORK: Final = hasattr(os, "fork")
_CAN_BLOCK: Final = hasattr(signal, "pthread_sigmask")


def fork_process(target: Callable[..., None], *args: Any) -> BaseProcess:
    """Run `target(*args)` in a copy of this process, which has imported hyperpy but nothing of the application's.

    This process must have no other thread. The child calls `prepare_child` first. Raises OSError.
    """
    before = _open_descriptors()
    try:
        return _start(_context("fork").Process(target=target, args=args))
    except OSError:
        for descriptor in _open_descriptors() - before:
            os.close(descriptor)  # multiprocessing leaves its pipes open
        raise


@cache
def _context(method: str) -> Any:
    context = get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(PRELOADED)
    return context


def _open_descriptors() -> set[int]:
    found = map(int, os.listdir("/dev/fd"))
    return {descriptor for descriptor in found if _is_open(descriptor)}  # without that of the listing itself


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def start_process(target: Callable[..., None], *args: Any) -> BaseProcess:
    """Run `target(*args)`, all of it picklable, in a copy of a process that has imported hyperpy and nothing else.

    Without `fork`, it is a new interpreter. For parents with threads. The child calls `prepare_child` first.
    """
    return _start(_context("forkserver" if CAN_FORK else "spawn").Process(target=target, args=args))


def ask_to_end(process: BaseProcess) -> None:
    """Send SIGTERM. Windows has nothing like it: there, a child has to end when its parent closes their pipe."""
    if CAN_FORK:
        process.terminate()


def _start(process: BaseProcess) -> BaseProcess:
    """Signals are blocked until the child has called `prepare_child`: it inherits the handlers of its parent.

    Ctrl-C reaches every process of the terminal's group.
    """
    if not _CAN_BLOCK:
        process.start()
        return process
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return process


def prepare_child() -> None:
    """To be called first in a child: until a server handles signals, they end it silently."""
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, lambda signum, frame: os._exit(128 + signum))
    if _CAN_BLOCK:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)


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
