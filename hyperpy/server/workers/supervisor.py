"""The parent of the worker processes: starts, replaces and stops them."""

import contextlib
import logging
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from hyperpy.server.workers.link import WorkerMessage
from hyperpy.server.workers.processes import signals_as_bytes

logger = logging.getLogger("hyperpy.server")

RETRY_AFTER = 1.0  # seconds between a worker that failed to start and the next attempt
MARGIN = 3.0  # seconds beyond its grace period after which a worker is killed


@dataclass(slots=True, eq=False)
class Worker:
    """A process, and the supervisor's end of the pipe to it."""

    process: SpawnProcess
    channel: Connection[Any, Any]
    ready: bool = False
    kill_at: float | None = None  # by time.monotonic(), once it has been told to stop

    @property
    def retiring(self) -> bool:
        return self.kill_at is not None


class Supervisor:
    """Runs `count` workers until SIGTERM or SIGINT; a second SIGINT kills them.

    SIGHUP replaces the workers one by one, and a worker that has reached its request limit is replaced as well. A
    successor serves before its predecessor retires. The first worker starts alone, so that an application that can't
    be loaded reports its error only once, and stops the supervisor.

    `start` starts a worker. `on_ready` is called when all of them serve, `on_stop` when they are told to stop. `grace`
    is the time in seconds that a worker has to finish its responses.
    """

    def __init__(
        self,
        start: Callable[[], Worker],
        count: int,
        *,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        grace: float,
    ) -> None:
        self._start = start
        self._count = count
        self._on_all_ready: Callable[[], None] | None = on_ready
        self._on_stop = on_stop
        self._grace = grace
        self._workers: list[Worker] = []
        self._outdated: list[Worker] = []
        self._loads = False  # whether any worker has ever become ready
        self._not_before = 0.0
        self._stopping = False
        self._status = 0

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
        self._on_stop()
        for worker in self._workers:
            if force:
                worker.process.kill()
            else:
                worker.process.terminate()
                worker.kill_at = self._deadline()

    def _retire(self, worker: Worker) -> None:
        with contextlib.suppress(OSError):  # the worker has just exited
            worker.channel.send(WorkerMessage.RETIRE)
        worker.kill_at = self._deadline()

    def _deadline(self) -> float:
        return time.monotonic() + self._grace + MARGIN

    def _check(self, worker: Worker) -> None:
        while not worker.channel.closed and worker.channel.poll():
            try:
                message = worker.channel.recv()
            except EOFError, OSError:
                worker.channel.close()
                break
            if message is WorkerMessage.READY:
                self._on_ready(worker)
            elif message is WorkerMessage.SPENT and not worker.retiring and worker not in self._outdated:
                self._outdated.append(worker)
        if worker.process.exitcode is not None:
            self._on_exit(worker)
        elif worker.kill_at is not None and time.monotonic() >= worker.kill_at:
            logger.error("Worker %d did not stop in time and is killed.", worker.process.pid)
            worker.process.kill()
            worker.process.join()
            self._on_exit(worker)

    def _on_ready(self, worker: Worker) -> None:
        worker.ready = self._loads = True
        serving = [each for each in self._workers if each.ready and not each.retiring]
        if self._outdated and len(serving) > self._count:
            self._retire(self._outdated.pop(0))
        if self._on_all_ready is not None and len(serving) == self._count:
            self._on_all_ready()
            self._on_all_ready = None

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
        return max(self._count - present, 0) or (replacement if present == self._count else 0)

    def _fill(self) -> None:
        if time.monotonic() >= self._not_before:
            self._workers += [self._start() for _ in range(self._missing())]
