"""A worker's side of its life under the supervisor."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from hyperpy.config import Settings
from hyperpy.server.workers.link_messages import Message


def request_limit(settings: Settings) -> int | None:
    """How many requests a worker answers, a little different for each; None if there is no limit."""
    if not settings.limit_max_requests:
        return None
    return settings.limit_max_requests + random.randint(0, settings.limit_max_requests_jitter)


class Link:
    """A worker's end of the channel."""

    def __init__(self, channel: Connection[Any, Any]) -> None:
        self._channel = channel

    def open(self, retire: Callable[[], None]) -> None:
        """Say that requests are served, and call `retire` once another process serves them. In the event loop."""
        self._retire = retire
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel.fileno(), self._on_message)
        self._say(Message.READY)

    def ask_for_successor(self) -> None:
        self._say(Message.SPENT)

    def _say(self, message: Message) -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone, which the server notices by itself
            self._channel.send(message)

    def _on_message(self) -> None:
        try:
            message = self._channel.recv()
        except EOFError, OSError:
            self._loop.remove_reader(self._channel.fileno())
            return
        assert message is Message.RETIRE
        self._retire()
