"""A process that has imported what a site needs from installed packages. The serving processes are forked from it.

It must have no threads, which a fork would leave behind: if an import starts one, nothing is forked.
"""

import contextlib
import gc
import io
import os
import signal
import socket
import sys
import sysconfig
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any, Final, NamedTuple

from hyperpy.garbage import freeze
from hyperpy.lazy import compile_patterns
from hyperpy.record_classes import compile_records
from hyperpy.server import CAN_FORK, HANDLED, fork_process, start_process

# The frameworks of macOS start threads that a forked process lacks.
IS_SAFE: Final = CAN_FORK and sys.platform != "darwin"
THREADS: Final = Path("/proc/self/task")
CLOSING: Final = 1.0  # seconds that a zygote has to end


class InstalledImports(NamedTuple):
    """What a serving process has imported of hyperpy and installed packages, in order, and its new variables."""

    names: tuple[str, ...]
    variables: Mapping[str, str]


def dependencies_since(modules: Collection[str], variables: Mapping[str, str]) -> InstalledImports:
    """Those that have been imported beyond `modules`, and what has changed since `variables`."""
    folders = tuple(f"{folder}{os.sep}" for folder in _installed_folders())
    names = (
        name
        for name, module in list(sys.modules.items())
        if name not in modules
        if name.startswith("hyperpy.") or str(getattr(module, "__file__", None)).startswith(folders)
    )
    changed = {name: value for name, value in os.environ.items() if variables.get(name) != value}
    return InstalledImports(tuple(names), changed)


def _installed_folders() -> set[str]:
    return {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}


def _installed_at() -> list[int]:
    """Changes when a package is installed or removed."""
    return [os.stat(folder).st_mtime_ns for folder in sorted(_installed_folders())]


class Zygote:
    """The parent's end. `target` and its arguments, all of it picklable, run in each forked process.

    The arguments are followed by the process's own end of a pipe.
    """

    def __init__(
        self, dependencies: InstalledImports, listener: socket.socket, target: Callable[..., None], *args: Any
    ) -> None:
        self.dependencies = dependencies
        self._installed = _installed_at()
        self._is_single_threaded: bool | None = None
        self._channel, theirs = Pipe()
        with theirs:
            self._process = start_process(_run, theirs, dependencies, listener, target, *args)

    def is_ready(self) -> bool:
        """Whether it can fork now, and what it has imported is still what is installed."""
        with contextlib.suppress(OSError, EOFError):
            if self._is_single_threaded is None and self._channel.poll():
                self._is_single_threaded = self._channel.recv()
        is_usable = bool(self._is_single_threaded) and self._process.exitcode is None
        return is_usable and self._installed == _installed_at()

    def has_imported(self, dependencies: InstalledImports) -> bool:
        """Whether it has imported these, or is about to, from what is installed now."""
        mine = self.dependencies
        has_all = set(mine.names).issuperset(dependencies.names)
        return has_all and mine.variables == dependencies.variables and self._installed == _installed_at()

    @property
    def has_threads(self) -> bool:
        return self._is_single_threaded is False

    def fork(self, pipe: Connection) -> ForkedProcess:
        """Raises OSError or EOFError if the zygote has ended."""
        assert self._process.pid is not None
        send_handle(self._channel, pipe.fileno(), self._process.pid)
        return ForkedProcess(self._channel, self._channel.recv())

    def close(self) -> None:
        self._channel.close()
        self._process.join(CLOSING)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


class ForkedProcess:
    """A process that a zygote has forked, with the methods of `BaseProcess` that its grandparent needs."""

    def __init__(self, channel: Connection, pid: int) -> None:
        self.pid = pid
        self._channel = channel
        self._exitcode: int | None = None

    @property
    def exitcode(self) -> int | None:
        self.join(0)
        return self._exitcode

    def join(self, timeout: float | None = None) -> None:
        try:
            if self._exitcode is None and self._channel.poll(timeout):
                self._exitcode = self._channel.recv()
        except OSError, EOFError:  # the zygote was killed, so the process ends by itself
            self._exitcode = -signal.SIGKILL

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _run(
    channel: Connection,
    dependencies: InstalledImports,
    listener: socket.socket,
    target: Callable[..., None],
    *args: Any,
) -> None:
    """Import, then fork whenever the parent sends a pipe, until it closes the channel."""
    for number in HANDLED:  # the parent says when it is over; forked processes handle signals again
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
    _import(dependencies)
    compile_patterns()
    compile_records()
    gc.collect()
    freeze()
    child: BaseProcess | None = None
    with contextlib.suppress(OSError, EOFError):  # the parent has closed the channel, or has gone
        channel.send(_is_single_threaded())
        while True:
            if child is not None and child.sentinel in wait([channel, child.sentinel]):
                child.join()
                channel.send(child.exitcode)
                child = None
                continue
            with Connection(recv_handle(channel)) as pipe:
                child = fork_process(_begin, channel, target, *args, listener, pipe)
            channel.send(child.pid)


def _begin(channel: Connection, target: Callable[..., None], *args: Any) -> None:
    channel.close()
    target(*args)


def _import(dependencies: InstalledImports) -> None:
    """Import quietly: what fails here fails once more in the serving process, if that still needs it."""
    before = dict(os.environ)
    os.environ.update(dependencies.variables)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for name in dependencies.names:
            _import_quietly(name)
    for name in dependencies.variables.keys() - before.keys():
        os.environ.pop(name, None)
    os.environ.update(before)


def _import_quietly(name: str) -> None:
    with contextlib.suppress(Exception, SystemExit):
        import_module(name)


def _is_single_threaded() -> bool:
    others: Iterable[object] = THREADS.iterdir() if THREADS.is_dir() else ()
    return threading.active_count() == 1 and len(list(others)) <= 1
