"""The common part of the Redis and PostgreSQL backends: their connections."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar, Final, Never, Protocol, override

from hyperpy.channels.backends.contract import Backend, Listener
from hyperpy.channels.backends.pool import BrokerConnection, Pool
from hyperpy.channels.backends.reconnecting import Outage, retry_forever
from hyperpy.channels.backends.redaction import redacted
from hyperpy.exceptions import BrokerError

CLOSE_WITHIN: Final = 1.0
LONGEST_NAME: Final = 200  # characters of a channel's name that are stored

# Takes a connection, and whether an earlier attempt may have succeeded before its connection was lost.
type Work[C, T] = Callable[[C, bool], Awaitable[T]]


class LostError(ConnectionError):
    """The connection was lost during an exchange: the broker may or may not have done its part."""


class Subscriber[C](Protocol):
    """The connection of a process on which the broker reports messages."""

    async def run(self, connection: C, ready: Callable[[], None]) -> Never:
        """Subscribe again to everything, call `ready`, and report until the connection ends with an error."""


class BrokerBackend[C: BrokerConnection](Backend):
    """One connection listens and is reopened when it is lost; a pool of others does everything else.

    Each of those exchanges is tried a second time on a fresh connection if the first is lost meanwhile.
    """

    errors: ClassVar[tuple[type[Exception], ...]]  # OSError and those of the client library
    read_only: ClassVar[type[Exception]]  # raised by a server that isn't the primary any more

    _subscriber: Subscriber[C]
    _listener: Listener

    def __init__(self, url: str, pool_size: int) -> None:
        self._address = redacted(url)
        self._pool = Pool(self._open, pool_size)
        self._outage = Outage(self._address)
        self._unresponsive = False  # it may accept connections, but doesn't answer

    @abstractmethod
    async def _open(self) -> C: ...

    @abstractmethod
    def _explain(self, error: Exception) -> BrokerError:
        """What went wrong and what to do about it."""

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
            raise self._explain(error) from error
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
            raise self._explain(error) from error

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
