"""Connections to PostgreSQL: given up as soon as nobody waits for the answer, and none used that has ended."""

import asyncio
import select
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any, Final, Self, override

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.errors import AdminShutdown, CrashShutdown, DatabaseDropped, IdleSessionTimeout
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from hyperpy.channels.backends.postgres import statements

CONNECT_WITHIN: Final = 3.0
POOL_SIZE: Final = 5
IDLE: Final = 60.0  # seconds that a connection waits in the pool before it is closed

_ENDED: Final = (AdminShutdown, CrashShutdown, DatabaseDropped, IdleSessionTimeout)

type Parameters = Mapping[str, object] | Sequence[object]


class StandbyError(Exception):
    """The server only repeats what another one does."""


class LostError(Exception):
    """The connection broke during an exchange: PostgreSQL may or may not have done what it was asked."""


class PostgresConnection(psycopg.AsyncConnection[TupleRow]):
    """One on which each statement is a transaction. `home` tells which history of the server it belongs to."""

    home: str

    @classmethod
    async def open(cls, options: Mapping[str, Any]) -> Self:
        """Raises psycopg.Error, TimeoutError or StandbyError."""
        async with asyncio.timeout(CONNECT_WITHIN):
            connection = await cls.connect(**options, autocommit=True)
            try:
                await connection._set_up()
            except BaseException:
                await connection.close()
                raise
        return connection

    async def _set_up(self) -> None:
        [(is_standby, _)] = await self.ask(statements.SETUP)
        if is_standby:
            raise StandbyError("it is in recovery")
        self.home = ""
        with suppress(psycopg.NotSupportedError, psycopg.ProgrammingError):  # what is not quite PostgreSQL
            [(self.home,)] = await self.ask(statements.HOME)

    async def ask(self, statement: str, parameters: Parameters | None = None) -> list[TupleRow]:
        """The rows that a statement returns."""
        cursor = await self.execute(statement, parameters, binary=True)
        return await cursor.fetchall() if cursor.description else []

    @override
    async def wait[T](self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval)
        except asyncio.CancelledError:
            # psycopg would ask the server to stop, and wait for its answer: a server that hangs gives none.
            self.pgconn.finish()
            raise

    def is_usable(self) -> bool:
        """Whether it can be asked, as far as this side knows. The server says nothing unasked but that it leaves."""
        if self.closed or self.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)


class Pool:
    """Connections that wait to be used, the one used last first. Who finds none and may have no more waits for one."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._idle: list[tuple[float, PostgresConnection]] = []
        self._room = asyncio.Semaphore(POOL_SIZE)
        self._generation = 0  # of the connections that may still be used

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[PostgresConnection]:
        """Raises LostError if it breaks inside, or what `PostgresConnection.open` does."""
        async with self._room:
            generation = self._generation
            connection = await self._idle_connection() or await PostgresConnection.open(self._options)
            try:
                yield connection
            except psycopg.OperationalError as error:
                if connection.closed or isinstance(error, _ENDED):
                    raise LostError(str(error)) from error
                raise
            finally:
                if generation == self._generation and connection.is_usable():
                    self._idle.append((monotonic(), connection))
                else:
                    await connection.close()

    async def drop(self) -> None:
        """Closes what is idle now, and what is in use when it becomes so."""
        self._generation += 1
        await self.shrink(idle=0)

    async def shrink(self, idle: float = IDLE) -> None:
        """Closes what has not been used for so many seconds."""
        oldest = monotonic() - idle
        old = [connection for since, connection in self._idle if since <= oldest]
        self._idle = [each for each in self._idle if each[0] > oldest]
        for connection in old:
            await connection.close()

    async def _idle_connection(self) -> PostgresConnection | None:
        while self._idle:
            _, connection = self._idle.pop()
            if connection.is_usable():
                return connection
            await connection.close()
        return None
