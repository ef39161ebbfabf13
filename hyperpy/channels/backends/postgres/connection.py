"""Connections to PostgreSQL, which never wait for a server that hangs, and user-facing errors for what it refuses."""

import asyncio
import select
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self, override

import psycopg
from psycopg import errors, waiting
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from hyperpy.channels.backends.postgres import statements
from hyperpy.exceptions import BrokerError, BrokerRefusalError

CONNECT_WITHIN: Final = 3.0

_ENDED: Final = (errors.AdminShutdown, errors.CrashShutdown, errors.DatabaseDropped, errors.IdleSessionTimeout)

type Parameters = Mapping[str, object] | Sequence[object]

# Notice a dead server within seconds, unless the URL says otherwise.
_DEFAULTS: Final = {
    "application_name": "hyperpy",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_INIT: Final = """As a role that may create tables, run the output of
    hyper channels init --print
and grant this role access:
    GRANT SELECT, INSERT, UPDATE, DELETE ON hyper_channels, hyper_messages, hyper_queue TO role;"""
_PRIMARY: Final = (
    "Name the primary in the setting `channels`, or all servers: …@one,two/name?target_session_attrs=read-write"
)
_TOO_MANY: Final = "Each process needs up to 6 connections: raise max_connections, or run fewer processes."


class StandbyError(Exception):
    """The server is a standby: it only follows another one."""


# Errors from the most specific to the most general, each with a description and a hint.
_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (StandbyError, "is a standby and can't accept messages", _PRIMARY),
    (errors.ReadOnlySqlTransaction, "can't accept messages now", _PRIMARY),
    (errors.InsufficientPrivilege, "does not permit what channels need", _INIT),
    (errors.InvalidSchemaName, "has no schema for the tables of channels", _INIT),
    (errors.DiskFull, "has run out of disk space", "Free some space on its disk."),
)

# Classes of SQLSTATE codes that only mean that the connection has ended.
_DISCONNECTED: Final = ("08", "57P")

# Those that blame the statement or its values.
_REFUSED: Final = ("0A", "21", "22", "23", "42", "54")

# A refused connection has no code, only the server's text. Unknown texts are shown as they are.
_REFUSALS: Final = (
    ("password", "refused the password", "Write it in the setting `channels`: postgresql://user:password@host/name"),
    ("pg_hba.conf", "refused the connection", "Allow this host, user and database in its pg_hba.conf."),
    ('role "', "does not know the user", "Create the role or use another one: postgresql://user@host/name"),
    ('database "', "has no such database", "Create the database or use another one: postgresql://user@host/name"),
    ("too many clients", "has no free connections", _TOO_MANY),
    ("remaining connection slots", "has no free connections", _TOO_MANY),
    ("starting up", "is starting", ""),
    ("recovery mode", "is starting", ""),
    ("shutting down", "is shutting down", ""),
)


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

    async def make_tables(self) -> None:
        """Create the tables that don't exist, in one transaction."""
        if not (await self.query(statements.TABLES_EXIST))[0][0]:
            await self.execute(statements.LOCK_TABLES + statements.TABLES, prepare=False)

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
        if not hasattr(select, "poll"):  # on Windows, whose select() has no limit on the numbers of sockets
            return not select.select([self.pgconn.socket], [], [], 0)[0]
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)

    def is_lost(self, error: Exception) -> bool:
        return isinstance(error, psycopg.OperationalError) and (bool(self.closed) or isinstance(error, _ENDED))


def options_of(url: str) -> dict[str, Any]:
    """The arguments of psycopg's `connect`. Raises ValueError for an invalid URL."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ValueError(str(error).strip()) from None
    return {**_DEFAULTS, **given, "client_encoding": "utf8"}


def _is_refusal(error: Exception) -> bool:
    """Whether the same statement with the same values would always fail."""
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:  # psycopg itself has refused it
        return isinstance(error, (psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError))
    return error.sqlstate.startswith(_REFUSED)


def explain(error: Exception, address: str) -> BrokerError:
    """The error for the user, to be raised from `error`."""
    if isinstance(error, TimeoutError):
        return BrokerError(f"{address} does not answer")
    text = next(iter(str(error).splitlines()), type(error).__name__)
    for kind, what, hint in _ANSWERS:
        if isinstance(error, kind):
            return BrokerError(f"{address} {what}: {text}", hint=hint)
    if isinstance(error, psycopg.OperationalError) and "FATAL" in text:
        for sign, what, hint in _REFUSALS:
            if sign in text:
                return BrokerError(f"{address} {what}: {text}", hint=hint)
    if _is_refusal(error):
        return BrokerRefusalError(f"{address} can't do what channels need: {text}")
    if isinstance(error, psycopg.Error) and error.sqlstate and not error.sqlstate.startswith(_DISCONNECTED):
        return BrokerError(f"{address} can't do what channels need: {text}")
    return BrokerError(f"{address} is unreachable: {text}")
