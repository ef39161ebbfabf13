"""Processes that are asked to do something and say what came of it.

Every peer has one of its own: the objects of one would slow down the garbage collector of another. What is measured
runs on the first core, whoever asks for it on the last, where the system lets us choose.
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
PATIENCE = 10  # seconds that a process has to end by itself
MEASURED, ASKING = 0, -1  # the cores, of those that this process may use

type Work = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Peer:
    """What is measured, and what sets its process up, both as `module:name`: only its own process imports them."""

    name: str
    target: str
    setup: str = ""


class WorkerError(Exception):
    """What went wrong in a worker, in its own words."""


class Worker:
    """A process that runs `work(pipe, *arguments)` on a core. `start` waits for its first answer."""

    def __init__(self, work: Work, *arguments: Any, core: int) -> None:
        self._pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_run, args=(work, theirs, core, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self.started: Any = None

    def start(self) -> Self:
        self.started = self._answer()
        return self

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        return self._answer()

    def stop(self, patience: float = PATIENCE) -> None:
        """The end of the pipe is the end of the work."""
        self._pipe.close()
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _answer(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise WorkerError("the process ended without a word") from None
        if isinstance(answer, WorkerError):
            raise answer
        return answer


def _run(work: Work, pipe: Connection[Any, Any], core: int, arguments: Sequence[Any]) -> None:
    run_on(core)
    try:
        work(pipe, *arguments)
    except EOFError, KeyboardInterrupt:
        return
    except Exception as error:  # noqa: BLE001 (a peer may raise anything; whoever asked is told)
        with suppress(OSError):
            pipe.send(WorkerError("".join(traceback.format_exception_only(error)).strip()))


def run_on(core: int) -> None:
    """Keep this process, and those that it starts, on one core."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[core]})
