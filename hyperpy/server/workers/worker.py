"""A worker as its supervisor sees it, and the worker's end of the pipes between them."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import field
from enum import Enum
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self

from hyperpy.record_classes import record
from hyperpy.server.workers.processes import fork_process

BEATS = 4  # in the time without one after which a worker is taken for hung


class WorkerMessage(Enum):
    READY = "worker to supervisor: requests are served"
    SPENT = "worker to supervisor: the request limit is reached, start a successor"
    RETIRE = "supervisor to worker: the successor is ready, finish and exit"


@record(eq=False)
class SupervisorLink:
    """A worker's end: a pipe for messages in both directions, and one for heartbeats.

    `interval` is the seconds between two heartbeats, 0 for none.
    """

    channel: Connection[Any, Any]
    pulse: Connection[Any, Any]
    interval: float
    _beat_at: float = 0.0

    def open(self, retire: Callable[[], None]) -> None:
        """Report that requests are served, and call `retire` when told to finish. Needs a running event loop."""
        self._retire = retire
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.channel.fileno(), self._on_message)
        os.set_blocking(self.pulse.fileno(), False)
        self.send(WorkerMessage.READY)

    def send(self, message: WorkerMessage) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone; the server notices that itself
            self.channel.send(message)

    def beat(self) -> None:
        """Tell the supervisor that the event loop runs. To be called often; most calls do nothing."""
        now = time.monotonic()
        if self.interval and now - self._beat_at >= self.interval:
            self._beat_at = now
            with contextlib.suppress(OSError):  # it is gone, or stopped and has not read the last thousands
                os.write(self.pulse.fileno(), b".")

    def _on_message(self) -> None:
        try:
            message = self.channel.recv()
        except EOFError, OSError:
            self._loop.remove_reader(self.channel.fileno())
            return
        assert message is WorkerMessage.RETIRE
        self._retire()


@record(eq=False)
class Worker:
    """A process, and the supervisor's ends of the pipes to it. Times are by time.monotonic()."""

    process: BaseProcess
    channel: Connection[Any, Any]
    pulse: Connection[Any, Any]
    ready: bool = False
    heard_at: float = field(default_factory=time.monotonic)  # when it was started or its last heartbeat was read
    kill_at: float | None = None  # once it has been told to stop, or is taken for hung
    hung: bool = False

    @classmethod
    def start(cls, target: Callable[..., None], *args: Any, timeout: float) -> Self:
        """Start a process that calls `target(*args, link)`. Raises OSError.

        `timeout` is the seconds without a heartbeat after which the supervisor takes it for hung, 0 for never.
        """
        with contextlib.ExitStack() as on_failure, contextlib.ExitStack() as theirs:
            channel, their_channel = Pipe()
            on_failure.callback(channel.close)
            theirs.callback(their_channel.close)
            pulse, their_pulse = Pipe(duplex=False)
            on_failure.callback(pulse.close)
            theirs.callback(their_pulse.close)
            link = SupervisorLink(their_channel, their_pulse, timeout / BEATS)
            process = fork_process(target, *args, link)
            os.set_blocking(pulse.fileno(), False)
            on_failure.pop_all()
        return cls(process, channel, pulse)

    @property
    def retiring(self) -> bool:
        return self.kill_at is not None

    def listen(self) -> None:
        """Read the heartbeats that have arrived."""
        try:
            if os.read(self.pulse.fileno(), 65536):
                self.heard_at = time.monotonic()
            else:
                self.pulse.close()  # it has exited
        except BlockingIOError:
            pass

    def close(self) -> None:
        self.channel.close()
        self.pulse.close()
