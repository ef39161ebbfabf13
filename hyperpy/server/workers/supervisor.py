"""The parent of the worker processes, which starts, replaces and stops them.

    A worker is   since                          watched for                      then
    starting      its process was started        not being ready after 5 minutes  it is killed: a failed start
    serving       it has sent READY              no heartbeat for `timeout`       it is taken for hung
    hung                                         its exit within a second         it is killed
    retiring      it was told to stop            its exit within `grace`          it is killed

Any of them may exit at any time. A serving worker that exits or hangs is replaced at once. A start that fails, because
the system has too little of something or the application can't be loaded, is tried again, with growing pauses. The
first worker of all is started once, and not watched while it starts: its failure is the supervisor's.
"""

import contextlib
import logging
import math
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, field
from multiprocessing.connection import wait

from hyperpy.record_classes import record
from hyperpy.server.workers.processes import signals_as_bytes
from hyperpy.server.workers.worker import Worker, WorkerMessage

logger = logging.getLogger("hyperpy.server")

RETRY_AFTER = 1.0  # seconds between a failed start and the next attempt; doubled for each further failure ...
RETRY_AT_MOST = 30.0  # ... up to this
START_LIMIT = 300.0  # seconds that a worker may take to start
MARGIN = 3.0  # seconds beyond its grace period after which a worker is killed
ABORT_TIME = 1.0  # seconds that a hung worker has to print its stack
OVERSLEPT = 1.0  # seconds by which a wait may be too long; after more, this process itself was suspended


@record(eq=False)
class Supervisor:
    """Runs `count` workers until SIGTERM or SIGINT; a second SIGINT kills them.

    SIGHUP replaces the workers one by one, and a worker that has reached its request limit is replaced as well. A
    successor serves before its predecessor retires. The first worker starts alone, so that an application that can't
    be loaded reports its error only once, and stops the supervisor.

    `start` starts a worker. `on_ready` is called when all of them serve, `on_reload` at SIGHUP, `on_stop` when they are
    told to stop. `grace` is the time in seconds that a worker has to finish its responses, `timeout` the time without a
    heartbeat after which it is taken for hung, 0 for never.
    """

    start: Callable[[], Worker]
    count: int
    _: KW_ONLY
    on_ready: Callable[[], None] | None  # until it has been called
    on_reload: Callable[[], None]
    on_stop: Callable[[], None]
    grace: float
    timeout: float
    _workers: list[Worker] = field(default_factory=list)
    _outdated: list[Worker] = field(default_factory=list)
    _loads: bool = False  # whether any worker has ever become ready
    _failures: int = 0  # of starts, since a worker has become ready
    _not_before: float = 0.0
    _stopping: bool = False
    _status: int = 0

    def run(self) -> int:
        """Returns the exit status: 0 after a signal, 1 if no worker could be started."""
        with signals_as_bytes(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals, self._stopped_on_failure():
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

    @contextlib.contextmanager
    def _stopped_on_failure(self) -> Iterator[None]:
        """Workers must not outlive their supervisor, and an exiting process waits for its children."""
        try:
            yield
        except BaseException:
            for worker in self._workers:
                worker.process.terminate()
            raise

    def _wait(self, signals: socket.socket) -> None:
        """Wait for a signal, a message, a heartbeat, the exit of a worker, or the time to kill or start one."""
        pipes = [pipe for worker in self._workers for pipe in (worker.channel, worker.pulse) if not pipe.closed]
        sentinels = [worker.process.sentinel for worker in self._workers]
        deadlines = [self._deadline(worker) for worker in self._workers]
        if self._missing():
            deadlines.append(self._not_before)
        due = min((each for each in deadlines if each is not None), default=math.inf)
        now = time.monotonic()
        wait([signals, *pipes, *sentinels], None if due == math.inf else max(0.0, due - now))
        if time.monotonic() > max(due, now) + OVERSLEPT:
            # The system slept or this process was stopped, and perhaps the workers as well.
            for worker in self._workers:
                worker.heard_at = time.monotonic()

    def _deadline(self, worker: Worker) -> float | None:
        """When to kill the worker, unless something happens before."""
        if worker.kill_at is not None:
            return worker.kill_at
        if not self.timeout or not self._loads:
            return None
        return worker.heard_at + (self.timeout if worker.ready else max(START_LIMIT, self.timeout))

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGHUP:
            self.on_reload()
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
                worker.kill_at = worker.kill_at if worker.hung else self._end_of_grace()

    def _end_of_grace(self) -> float:
        return time.monotonic() + self.grace + MARGIN

    def _check(self, worker: Worker) -> None:
        if not worker.pulse.closed:
            worker.listen()
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
        deadline = self._deadline(worker)
        if worker.process.exitcode is not None:
            self._on_exit(worker)
        elif deadline is not None and time.monotonic() >= deadline:
            self._on_deadline(worker)

    def _on_deadline(self, worker: Worker) -> None:
        pid = worker.process.pid
        assert pid is not None
        if worker.ready and not worker.retiring:
            worker.hung = True
            logger.error("Worker %d has not responded for %g seconds and is replaced. Its stack:", pid, self.timeout)
            worker.kill_at = time.monotonic() + ABORT_TIME
            if worker in self._outdated:
                self._outdated.remove(worker)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
            return
        if not worker.retiring:
            logger.error("Worker %d is not ready after %g seconds and is killed.", pid, max(START_LIMIT, self.timeout))
        elif not worker.hung:
            logger.error("Worker %d did not stop in time and is killed.", pid)
        worker.process.kill()
        worker.process.join()
        self._on_exit(worker)

    def _on_worker_ready(self, worker: Worker) -> None:
        worker.ready = self._loads = True
        worker.heard_at = time.monotonic()
        self._failures = 0
        serving = [each for each in self._workers if each.ready and not each.retiring]
        if self._outdated and len(serving) > self.count:
            oldest = self._outdated.pop(0)
            with contextlib.suppress(OSError):  # the worker has just exited
                oldest.channel.send(WorkerMessage.RETIRE)
            oldest.kill_at = self._end_of_grace()
        if self.on_ready is not None and len(serving) == self.count:
            self.on_ready()
            self.on_ready = None

    def _on_exit(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.close()
        if worker in self._outdated:
            self._outdated.remove(worker)
        if worker.retiring or self._stopping:
            return
        pid, status = worker.process.pid, worker.process.exitcode
        if worker.ready:
            logger.warning("Worker %d ended (exit status %s) and is replaced.", pid, status)
        elif not self._loads:
            self._fail()
        else:
            logger.error("Worker %d failed to start (exit status %s).", pid, status)
            self._outdated.clear()
            self._retry_later()

    def _fail(self) -> None:
        self._stopping = True
        self._status = 1

    def _retry_later(self) -> float:
        """Returns the seconds until the next attempt."""
        pause = min(RETRY_AFTER * 2.0 ** min(self._failures, 10), RETRY_AT_MOST)
        self._failures += 1
        self._not_before = time.monotonic() + pause
        return pause

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
        while time.monotonic() >= self._not_before and self._missing() > 0:
            try:
                self._workers.append(self.start())
            except Exception as error:  # noqa: BLE001 (without a supervisor, the site would end with the next worker)
                if not self._loads:
                    logger.error("Can't start a worker: %s.", error)
                    self._fail()
                else:
                    logger.error("Can't start a worker: %s. Trying again in %g seconds.", error, self._retry_later())
