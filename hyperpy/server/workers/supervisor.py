"""The parent of the worker processes, which starts, replaces and stops them, and a worker's end of the pipe to it."""

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from hyperpy.server.workers.processes import signals_as_bytes

logger = logging.getLogger("hyperpy.server")

RETRY_AFTER = 1.0  # seconds between a worker that failed to start and the next attempt
MARGIN = 3.0  # seconds beyond its grace period after which a worker is killed


class WorkerMessage(Enum):
    READY = "worker to supervisor: requests are served"
    SPENT = "worker to supervisor: the request limit is reached, start a successor"
    RETIRE = "supervisor to worker: the successor is ready, finish and exit"


class SupervisorLink:
    """A worker's end of the pipe."""

    def __init__(self, channel: Connection[Any, Any]) -> None:
        self._channel = channel

    def open(self, retire: Callable[[], None]) -> None:
        """Report that requests are served, and call `retire` when told to finish. Needs a running event loop."""
        self._retire = retire
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel.fileno(), self._on_message)
        self.send(WorkerMessage.READY)

    def send(self, message: WorkerMessage) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone; the server notices that itself
            self._channel.send(message)

    def _on_message(self) -> None:
        try:
            message = self._channel.recv()
        except EOFError, OSError:
            self._loop.remove_reader(self._channel.fileno())
            return
        assert message is WorkerMessage.RETIRE
        self._retire()


@dataclass(eq=False)
class Worker:
    """A process, and the supervisor's end of the pipe to it."""

    process: BaseProcess
    channel: Connection[Any, Any]
    ready: bool = False
    kill_at: float | None = None  # by time.monotonic(), once it has been told to stop

    @property
    def retiring(self) -> bool:
        return self.kill_at is not None


@dataclass(eq=False)
class Supervisor:
    """Runs `count` workers until SIGTERM or SIGINT; a second SIGINT kills them.

    SIGHUP replaces the workers one by one, and a worker that has reached its request limit is replaced as well. A
    successor serves before its predecessor retires. The first worker starts alone, so that an application that can't
    be loaded reports its error only once, and stops the supervisor.

    `start` starts a worker. `on_ready` is called when all of them serve, `on_stop` when they are told to stop. `grace`
    is the time in seconds that a worker has to finish its responses.
    """

    start: Callable[[], Worker]
    count: int
    _: KW_ONLY
    on_ready: Callable[[], None] | None  # until it has been called
    on_stop: Callable[[], None]
    grace: float
    _workers: list[Worker] = field(default_factory=list)
    _outdated: list[Worker] = field(default_factory=list)
    _loads: bool = False  # whether any worker has ever become ready
    _not_before: float = 0.0
    _stopping: bool = False
    _status: int = 0

    def run(self) -> int:
        """Returns the exit status: 0 after a signal, 1 if no worker could be started."""
        with signals_as_bytes(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
            self._fill()
            while self._workers or not self._stopping:
                self._wait(signals)
                with contextlib.suppress(BlockingIOError):
                    for number in signals.recv(4096):
                        self._on_signal(number)
                for worker in list(self._workers):
                    self._check(worker)
                self._fill()
        return self._status

    def _wait(self, signals: socket.socket) -> None:
        """Wait for a signal, a message, the exit of a worker, or the time to kill or start one."""
        channels = [worker.channel for worker in self._workers if not worker.channel.closed]
        sentinels = [worker.process.sentinel for worker in self._workers]
        deadlines = [worker.kill_at for worker in self._workers if worker.kill_at is not None]
        if self._missing():
            deadlines.append(self._not_before)
        timeout = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        wait([signals, *channels, *sentinels], timeout)

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._outdated = [worker for worker in self._workers if not worker.retiring]
        elif number in (signal.SIGTERM, signal.SIGINT):
            self._stop(number)

    def _stop(self, number: int) -> None:
        force = self._stopping and number == signal.SIGINT
        self._stopping = True
        self.on_stop()
        for worker in self._workers:
            if force:
                worker.process.kill()
            else:
                worker.process.terminate()
                worker.kill_at = self._deadline()

    def _deadline(self) -> float:
        return time.monotonic() + self.grace + MARGIN

    def _check(self, worker: Worker) -> None:
        while not worker.channel.closed and worker.channel.poll():
            try:
                message = worker.channel.recv()
            except EOFError, OSError:
                worker.channel.close()
                break
            if message is WorkerMessage.READY:
                self._on_worker_ready(worker)
            elif message is WorkerMessage.SPENT and not worker.retiring and worker not in self._outdated:
                self._outdated.append(worker)
        if worker.process.exitcode is not None:
            self._on_exit(worker)
        elif worker.kill_at is not None and time.monotonic() >= worker.kill_at:
            logger.error("Worker %d did not stop in time and is killed.", worker.process.pid)
            worker.process.kill()
            worker.process.join()
            self._on_exit(worker)

    def _on_worker_ready(self, worker: Worker) -> None:
        worker.ready = self._loads = True
        serving = [each for each in self._workers if each.ready and not each.retiring]
        if self._outdated and len(serving) > self.count:
            oldest = self._outdated.pop(0)
            with contextlib.suppress(OSError):  # the worker has just exited
                oldest.channel.send(WorkerMessage.RETIRE)
            oldest.kill_at = self._deadline()
        if self.on_ready is not None and len(serving) == self.count:
            self.on_ready()
            self.on_ready = None

    def _on_exit(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.channel.close()
        if worker in self._outdated:
            self._outdated.remove(worker)
        if worker.retiring or self._stopping:
            return
        pid, status = worker.process.pid, worker.process.exitcode
        if worker.ready:
            logger.warning("Worker %d ended (exit status %s) and is replaced.", pid, status)
        elif not self._loads:
            self._stopping = True
            self._status = 1
        else:
            logger.error("Worker %d failed to start (exit status %s).", pid, status)
            self._outdated.clear()
            self._not_before = time.monotonic() + RETRY_AFTER

    def _missing(self) -> int:
        """How many workers to start now or, after a failed start, soon."""
        if self._stopping:
            return 0
        present = sum(not worker.retiring for worker in self._workers)
        if not self._loads:
            return 1 - present
        starting = any(not worker.ready and not worker.retiring for worker in self._workers)
        replacement = 1 if self._outdated and not starting else 0
        return max(self.count - present, 0) or (replacement if present == self.count else 0)

    def _fill(self) -> None:
        if time.monotonic() >= self._not_before:
            self._workers += [self.start() for _ in range(self._missing())]
