"""The pipe between a worker and its supervisor: the messages, and the worker's end."""

import asyncio
import contextlib
from collections.abc import Callable
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any


class WorkerMessage(Enum):
    READY = "worker to supervisor: requests are served"
    SPENT = "worker to supervisor: the request limit is reached, start a successor"
    RETIRE = "supervisor to worker: the successor is ready, finish and exit"


class SupervisorLink:
    def __init__(self, channel: Connection[Any, Any]) -> None:
        self._channel = channel

    def open(self, retire: Callable[[], None]) -> None:
        """Report that requests are served, and call `retire` when told to finish. Needs a running event loop."""
        self._retire = retire
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel.fileno(), self._on_message)
        self._send(WorkerMessage.READY)

    def ask_for_successor(self) -> None:
        self._send(WorkerMessage.SPENT)

    def _send(self, message: WorkerMessage) -> None:
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
