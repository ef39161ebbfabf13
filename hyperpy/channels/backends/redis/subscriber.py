"""The connection of a process on which Redis reports messages and queue items."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, Never

from hyperpy.channels.backends.redis.connection import RedisConnection

PING_EVERY: Final = 1.5
UNANSWERED: Final = 2  # PINGs after which the connection counts as lost

_RECONNECT: Final = ()


class RedisSubscriber:
    """Subscriptions by exact name, never by pattern."""

    def __init__(self, received: Callable[[str, bytes], None]) -> None:
        self._received = received
        self._topics: set[str] = set()
        self._commands: asyncio.Queue[tuple[str, ...]] | None = None  # None without a connection
        self._unconfirmed: deque[asyncio.Future[None]] = deque()  # one for each SUBSCRIBE, in its order
        self._pings = 0  # without an answer

    async def subscribe(self, topic: str) -> None:
        """Returns once Redis has confirmed. Nothing is missed from then on while the connection lasts.

        Raises ConnectionError if the connection ends before that or there is none.
        """
        self._topics.add(topic)
        try:
            await self._confirmed([topic])
        except BaseException:
            self.unsubscribe(topic)
            raise

    def unsubscribe(self, topic: str) -> None:
        self._topics.discard(topic)
        if self._commands is not None:
            self._commands.put_nowait(("UNSUBSCRIBE", topic))

    def reconnect(self) -> None:
        """End the connection; the next one may reach another server."""
        if self._commands is not None:
            self._commands.put_nowait(_RECONNECT)

    async def run(self, connection: RedisConnection, ready: Callable[[], None]) -> Never:
        self._commands = asyncio.Queue()
        self._pings = 0
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._receive, self._send, self._probe):
                    group.create_task(work(connection))
                if self._topics:
                    await self._confirmed(self._topics)
                ready()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._commands = None
            while self._unconfirmed:
                if not (confirmed := self._unconfirmed.popleft()).done():
                    confirmed.set_exception(ConnectionError("the connection was lost"))
        raise AssertionError

    def _confirmed(self, topics: Collection[str]) -> Awaitable[Any]:
        if self._commands is None:
            raise ConnectionError("not connected")
        answers: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future() for _ in topics]
        self._unconfirmed.extend(answers)
        self._commands.put_nowait(("SUBSCRIBE", *topics))
        return asyncio.gather(*answers)

    async def _receive(self, connection: RedisConnection) -> None:
        while True:
            reply = await connection.receive()
            self._pings = 0
            match reply:
                case [b"message", topic, data]:
                    self._received(topic.decode(), data)
                case [b"subscribe", *_]:
                    if not (confirmed := self._unconfirmed.popleft()).done():
                        confirmed.set_result(None)

    async def _send(self, connection: RedisConnection) -> None:
        assert self._commands is not None
        while (command := await self._commands.get()) != _RECONNECT:
            await connection.send(*command)
        raise ConnectionError("it has become a replica")

    async def _probe(self, connection: RedisConnection) -> None:
        """Ping Redis: a connection to a dead machine looks like a quiet one."""
        assert self._commands is not None
        while True:
            await asyncio.sleep(PING_EVERY)
            if self._pings == UNANSWERED:
                raise TimeoutError(f"no answer for {PING_EVERY * (UNANSWERED + 1):g} s")
            self._pings += 1
            self._commands.put_nowait(("PING",))
