"""Connection options from a URL, and user-facing errors for what PostgreSQL refuses."""

from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from hyperpy.channels.backends.postgres.connection import StandbyError
from hyperpy.exceptions import BrokerError

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
_DISK: Final = "Free some space on its disk."
_TOO_MANY: Final = "Each process needs up to 6 connections: raise max_connections, or run fewer processes."

# Errors from the most specific to the most general, each with a description and a hint.
_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (StandbyError, "is a standby and can't accept messages", _PRIMARY),
    (errors.ReadOnlySqlTransaction, "can't accept messages now", _PRIMARY),
    (errors.InsufficientPrivilege, "does not permit what channels need", _INIT),
    (errors.InvalidSchemaName, "has no schema for the tables of channels", _INIT),
    (errors.DiskFull, "has run out of disk space", _DISK),
)

# Classes of SQLSTATE codes that only mean that the connection has ended.
_DISCONNECTED: Final = ("08", "57P")

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


def options_of(url: str) -> dict[str, Any]:
    """The arguments of psycopg's `connect`. Raises ValueError for an invalid URL."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ValueError(str(error).strip()) from None
    return {**_DEFAULTS, **given, "client_encoding": "utf8"}


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
    if isinstance(error, psycopg.Error) and error.sqlstate and not error.sqlstate.startswith(_DISCONNECTED):
        return BrokerError(f"{address} can't do what channels need: {text}")
    return BrokerError(f"{address} is unreachable: {text}")
