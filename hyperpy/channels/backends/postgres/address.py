"""From an address to what a connection needs, and from what PostgreSQL refuses to errors that say so."""

from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from hyperpy.channels.backends.postgres.connection import StandbyError
from hyperpy.exceptions import BrokerError

# A server that has gone without a word is noticed within seconds, unless the address says otherwise.
_DEFAULTS: Final = {
    "application_name": "hyperpy",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

_INIT: Final = """Let a role that may create tables run what this prints:
    hyper channels init --print
and let this role use them:
    GRANT SELECT, INSERT, UPDATE, DELETE ON hyper_channels, hyper_messages, hyper_queue TO role;"""
_PRIMARY: Final = (
    "Name the primary in the setting channels, or all servers: …@one,two/name?target_session_attrs=read-write"
)
_DISK: Final = "Make room on its disk."
_TOO_MANY: Final = "Each process needs up to 6 connections: raise max_connections, or run fewer processes."

# What an answer means, most special first, and what helps.
_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (StandbyError, "is a standby that takes no messages", _PRIMARY),
    (errors.ReadOnlySqlTransaction, "takes no messages now", _PRIMARY),
    (errors.InsufficientPrivilege, "does not allow what channels need", _INIT),
    (errors.InvalidSchemaName, "has no schema to make the tables of channels in", _INIT),
    (errors.DiskFull, "has no room left", _DISK),
)

# Classes of codes that say no more than that the connection has ended.
_GONE: Final = ("08", "57P")

# A connection that is refused has no code, only a text, which is the server's. It stands for itself if it is not known.
_REFUSALS: Final = (
    ("password", "does not let us in", "The setting channels needs the password: postgresql://user:password@host/name"),
    ("pg_hba.conf", "does not let us in", "Its pg_hba.conf has to allow this host, user and database."),
    ('role "', "does not know the user", "CREATE ROLE …; or name another one: postgresql://user@host/name"),
    ('database "', "does not have the database", "CREATE DATABASE …; or name another one: postgresql://user@host/name"),
    ("too many clients", "has too many clients", _TOO_MANY),
    ("remaining connection slots", "has too many clients", _TOO_MANY),
    ("starting up", "is starting", ""),
    ("recovery mode", "is starting", ""),
    ("shutting down", "is shutting down", ""),
)


def options_of(address: str) -> dict[str, Any]:
    """What psycopg connects by. Raises ValueError for an address that is none."""
    try:
        given = conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise ValueError(str(error).strip()) from None
    return {**_DEFAULTS, **given, "client_encoding": "utf8"}


def explain(error: Exception, address: str) -> BrokerError:
    """The error for the user, whose cause `error` has to be."""
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
    if isinstance(error, psycopg.Error) and error.sqlstate and not error.sqlstate.startswith(_GONE):
        return BrokerError(f"{address} refuses what channels need: {text}")
    return BrokerError(f"{address} is out of reach: {text}")
