"""The base class of backends that talk to a broker, such as Redis and PostgreSQL: connections, and how they survive
outages.
"""

import asyncio
import logging
import random
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import ClassVar, Final, Never, Protocol, override

from hyperpy.channels.backends.contract import Backend, Listener
from hyperpy.channels.backends.schemes import redacted
from hyperpy.exceptions import BrokerError

logger: Final = logging.getLogger("hyperpy.channels")

CLOSE_WITHIN: Final = 1.0
IDLE: Final = 60.0  # seconds after which an idle connection is closed
LONGEST_NAME: Final = 200  # characters of a channel's name that are stored
SHORTEST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
STEADY: Final = 5.0  # seconds after which a connection counts as stable

# Takes a connection, and whether an earlier attempt may have succeeded before its connection was lost.
type Work[C, T] = Callable[[C, bool], Awaitable[T]]


class LostError(ConnectionError):
    """The connection was lost during an exchange: the broker may or may not have done its part."""


class Subscriber[C](Protocol):
    """The connection of a process on which the broker reports messages."""

    async def run(self, connection: C, ready: Callable[[], None]) -> Never:
        """Subscribe again to everything, call `ready`, and report until the connection ends with an error."""


class BrokerConnection(Protocol):
    @property
    def is_idle(self) -> bool:
        """Whether it is open and no answer is outstanding."""

    async def is_usable(self) -> bool:
        """Whether it is idle and, as far as this side can tell, still open at the other."""

    def is_lost(self, error: Exception) -> bool:
        """Whether an error of an exchange means that the connection has ended."""

    async def close(self) -> None: ...


class Pool[C: BrokerConnection]:
    """Up to `size` connections, the most recently used first. Further callers wait for one."""

    def __init__(self, connect: Callable[[], Awaitable[C]], size: int) -> None:
        self._connect = connect
        self._idle: list[tuple[float, C]] = []  # each with the time of its last use
        self._free = asyncio.Semaphore(size)
        self._generation = 0  # connections of earlier generations are not used again

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[C]:
        async with self._free:
            generation = self._generation
            connection = await self._usable() or await self._connect()
            try:
                yield connection
            finally:
                if generation == self._generation and connection.is_idle:
                    self._idle.append((monotonic(), connection))
                else:
                    await connection.close()

    async def drop(self) -> None:
        """Close the idle connections now, and the others after their use."""
        self._generation += 1
        await self.shrink(idle=0)

    async def shrink(self, idle: float = IDLE) -> None:
        """Close the connections that have been idle for so many seconds."""
        oldest = monotonic() - idle
        old = [connection for since, connection in self._idle if since <= oldest]
        self._idle = [each for each in self._idle if each[0] > oldest]
        for connection in old:
            await connection.close()

    async def _usable(self) -> C | None:
        while self._idle:
            _, connection = self._idle.pop()
            if await connection.is_usable():
                return connection
            await connection.close()
        return None


class Outage:
    """Logs that the broker went away, and that it is back, once each, however many attempts fail in between."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._logged_hints: set[str] = set()

    def began(self, error: BrokerError) -> None:
        # Log again if the reason changes, for example from "out of reach" to "authentication failed".
        if not self._logged_hints or error.hint not in self._logged_hints | {""}:
            logger.error("%s; retrying until it is back%s", error.what, f"\n  {error.hint}" if error.hint else "")
        self._logged_hints.add(error.hint)

    def ended(self) -> None:
        if self._logged_hints:
            logger.warning("%s is back", self._address)
        self._logged_hints.clear()


async def retry_forever(attempt: Callable[[], Awaitable[None]], failed: Callable[[BrokerError], None]) -> None:
    """Repeat an attempt until cancelled. Every attempt ends with a BrokerError, and the pauses grow."""
    pause = SHORTEST_PAUSE
    while True:
        began = monotonic()
        try:
            await attempt()
        except BrokerError as error:
            failed(error)
        lasted = monotonic() - began
        if lasted > STEADY:
            pause = SHORTEST_PAUSE
        # Jitter keeps processes apart. An attempt that took long needs no pause after it.
        await asyncio.sleep(max(0.0, random.uniform(0.5, 1.0) * pause - lasted))
        pause = min(2 * pause, LONGEST_PAUSE)


class BrokerBackend[C: BrokerConnection](Backend):
    """One connection listens and is reopened when it is lost; a pool of others does everything else.

    Each of those exchanges is tried a second time on a fresh connection if the first is lost meanwhile.
    """

    errors: ClassVar[tuple[type[Exception], ...]]  # OSError and those of the client library
    read_only: ClassVar[type[Exception]]  # raised by a server that isn't the primary any more

    _subscriber: Subscriber[C]
    _listener: Listener

    def __init__(
        self,
        url: str,
        pool_size: int,
        connect: Callable[[], Awaitable[C]],
        explain: Callable[[Exception, str], BrokerError],
    ) -> None:
        self._address = redacted(url)
        self._open = connect
        self._explain = explain
        self._pool = Pool(connect, pool_size)
        self._outage = Outage(self._address)
        self._unresponsive = False  # it may accept connections, but doesn't answer

    @abstractmethod
    async def _release_all(self) -> None:
        """Release the items that this process holds, so that other processes can take them at once."""

    async def _maintain(self) -> None:
        """Housekeeping that runs as long as the backend does."""
        return

    @override
    async def run(self, listener: Listener) -> None:
        self._listener = listener
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(retry_forever(self._subscribe, self._failed))
                group.create_task(self._maintain())
        finally:
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await self._release_all()
            await self._pool.drop()

    async def _subscribe(self) -> None:
        try:
            connection = await self._open()
            try:
                await self._subscriber.run(connection, self._ready)
            finally:
                await connection.close()
        except self.errors as error:
            raise self._explain(error, self._address) from error
        finally:
            self._listener.disconnected()
            await self._pool.drop()

    def _ready(self) -> None:
        self._unresponsive = False
        self._outage.ended()
        self._listener.connected()

    def _failed(self, error: BrokerError) -> None:
        self._unresponsive = isinstance(error.__cause__, TimeoutError)
        self._outage.began(error)

    async def _do[T](self, work: Work[C, T], *, repeatable: bool = True) -> T:
        """Run an exchange on a connection of the pool. Raises BrokerError."""
        if self._unresponsive:
            raise BrokerError(f"{self._address} does not answer")
        try:
            try:
                return await self._attempt(work, again=False)
            except LostError:
                await self._pool.drop()  # the others are lost as well
                if not repeatable:
                    raise
            return await self._attempt(work, again=True)
        except self.errors as error:
            if isinstance(error, self.read_only):
                await self._find_primary()
            raise self._explain(error, self._address) from error

    async def _attempt[T](self, work: Work[C, T], *, again: bool) -> T:
        async with self._pool.connection() as connection:
            try:
                return await self._exchange(work, connection, again)
            except self.errors as error:
                if connection.is_lost(error):
                    raise LostError(str(error)) from error
                raise

    async def _exchange[T](self, work: Work[C, T], connection: C, again: bool) -> T:
        return await work(connection, again)

    async def _find_primary(self) -> None:
        """There may be a new primary at the same address."""
        await self._pool.drop()
