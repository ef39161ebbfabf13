"""The one connection of a process on which it hears of everything: what is published, and what has been queued."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, Never

PING_EVERY: Final = 1.5
UNANSWERED: Final = 2  # PINGs after which the connection is taken for dead

_RECONNECT: Final = ()

type Heard = Callable[[str, bytes], None]


class RedisSubscriber:
    """Subscriptions by exact name. Nothing that a name holds makes it a pattern."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._topics: set[str] = set()
        self._commands: asyncio.Queue[tuple[str, ...]] | None = None  # None while there is no connection
        self._waiting: deque[asyncio.Future[None]] = deque()  # for the answers to SUBSCRIBE, which come in its order
        self._pings = 0  # without an answer

    async def subscribe(self, topic: str) -> None:
        """Returns when Redis has confirmed it; from then on nothing is missed while the connection lasts.

        Raises ConnectionError if it ends before, or there is none.
        """
        self._topics.add(topic)
        try:
            await self._subscribed([topic])
        except BaseException:
            self.unsubscribe(topic)
            raise

    def unsubscribe(self, topic: str) -> None:
        self._topics.discard(topic)
        if self._commands is not None:
            self._commands.put_nowait(("UNSUBSCRIBE", topic))

    def reconnect(self) -> None:
        """Ends the connection, so that the next one may find another server."""
        if self._commands is not None:
            self._commands.put_nowait(_RECONNECT)

    async def run(self, connection: Any, ready: Callable[[], None]) -> Never:
        """Subscribes to everything again, then says that it is ready. Returns by an error alone."""
        self._commands = asyncio.Queue()
        self._pings = 0
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._receive, self._send, self._check):
                    group.create_task(work(connection))
                if self._topics:
                    await self._subscribed(self._topics)
                ready()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._commands = None
            while self._waiting:
                if not (waiting := self._waiting.popleft()).done():
                    waiting.set_exception(ConnectionError("the connection broke"))
        raise AssertionError

    def _subscribed(self, topics: Collection[str]) -> Awaitable[Any]:
        if self._commands is None:
            raise ConnectionError("there is no connection")
        answers: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in topics]
        self._waiting.extend(answers)
        self._commands.put_nowait(("SUBSCRIBE", *topics))
        return asyncio.gather(*answers)

    async def _receive(self, connection: Any) -> None:
        while True:
            answer = await connection.read_response(timeout=float("inf"))
            self._pings = 0
            match answer:
                case [b"message", topic, data]:
                    self._heard(topic.decode(), data)
                case [b"subscribe", *_]:
                    if not (waiting := self._waiting.popleft()).done():
                        waiting.set_result(None)

    async def _send(self, connection: Any) -> None:
        assert self._commands is not None
        while (command := await self._commands.get()) != _RECONNECT:
            await connection.send_command(*command)
        raise ConnectionError("it has become a replica")

    async def _check(self, connection: Any) -> None:
        """A connection whose other end has gone without a word looks just like a quiet one."""
        assert self._commands is not None
        while True:
            await asyncio.sleep(PING_EVERY)
            if self._pings == UNANSWERED:
                raise TimeoutError(f"nothing was heard for {PING_EVERY * (UNANSWERED + 1):g} s")
            self._pings += 1
            self._commands.put_nowait(("PING",))
