"""Worker processes that take commands over a pipe.

Every peer runs in its own process: the objects of one would slow down the garbage collector of another. The measured
process runs on the first core and the load generator on the last, on systems with CPU affinity.
"""

import os
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

SPAWN = get_context("spawn")
STOP_TIMEOUT = 10  # seconds before a process is killed
MEASURED_CORE, CLIENT_CORE = 0, -1  # indexes into the cores that this process may use

type Work = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Peer:
    """A benchmarked target and the function that sets it up, as `module:name`; only its own process imports them."""

    name: str
    target: str
    setup: str = ""


class WorkerError(Exception):
    """A worker failed; the message is that of the error in its process."""


class Worker:
    """A process that runs `work(pipe, *arguments)` on one core. `handshake` is the first value that it sends."""

    def __init__(self, work: Work, *arguments: Any, core: int) -> None:
        self._pipe, remote = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_run, args=(work, remote, core, arguments), daemon=True)
        self._process.start()
        remote.close()
        self.handshake: Any = None

    def start(self) -> Self:
        """Wait until the worker is ready."""
        self.handshake = self._receive()
        return self

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def call(self, *arguments: Any) -> Any:
        self._pipe.send(arguments)
        return self._receive()

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Close the pipe, which ends the work; kill the process after `timeout` seconds."""
        self._pipe.close()
        self._process.join(timeout)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _receive(self) -> Any:
        try:
            value = self._pipe.recv()
        except EOFError:
            raise WorkerError("the worker process exited unexpectedly") from None
        if isinstance(value, WorkerError):
            raise value
        return value


def _run(work: Work, pipe: Connection[Any, Any], core: int, arguments: Sequence[Any]) -> None:
    run_on(core)
    try:
        work(pipe, *arguments)
    except EOFError, KeyboardInterrupt:
        return
    except Exception as error:  # noqa: BLE001 (a peer may raise anything; the caller gets it)
        with suppress(OSError):
            pipe.send(WorkerError("".join(traceback.format_exception_only(error)).strip()))


def run_on(core: int) -> None:
    """Pin this process and its children to one core."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core]})
