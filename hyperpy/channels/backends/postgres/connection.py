"""Connections to PostgreSQL that never wait for a server that hangs."""

import asyncio
import select
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self, override

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen
from psycopg.errors import AdminShutdown, CrashShutdown, DatabaseDropped, IdleSessionTimeout
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from hyperpy.channels.backends.postgres import statements

CONNECT_WITHIN: Final = 3.0

_ENDED: Final = (AdminShutdown, CrashShutdown, DatabaseDropped, IdleSessionTimeout)

type Parameters = Mapping[str, object] | Sequence[object]


class StandbyError(Exception):
    """The server is a standby: it only follows another one."""


class PostgresConnection(psycopg.AsyncConnection[TupleRow]):
    """A connection in autocommit mode. `home` identifies the server's history, see `statements.HOME`."""

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
        [(is_standby, _)] = await self.query(statements.SETUP)
        if is_standby:
            raise StandbyError("it is in recovery")
        self.home = ""
        with suppress(psycopg.NotSupportedError, psycopg.ProgrammingError):  # compatible servers may lack the functions
            [(self.home,)] = await self.query(statements.HOME)

    async def query(self, statement: str, parameters: Parameters | None = None) -> list[TupleRow]:
        """The rows that a statement returns."""
        cursor = await self.execute(statement, parameters, binary=True)
        return await cursor.fetchall() if cursor.description else []

    @override
    async def wait[T](self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval)
        except asyncio.CancelledError:
            # psycopg would send a cancel request and wait for the result, which a server that hangs never sends.
            self.pgconn.finish()
            raise

    @property
    def is_idle(self) -> bool:
        return not self.closed and self.pgconn.transaction_status == TransactionStatus.IDLE

    async def is_usable(self) -> bool:
        """An idle server sends nothing, except that it closes the connection."""
        if not self.is_idle:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)

    def is_lost(self, error: Exception) -> bool:
        return isinstance(error, psycopg.OperationalError) and (bool(self.closed) or isinstance(error, _ENDED))
