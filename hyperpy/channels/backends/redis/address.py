"""Connections from a URL, and user-facing errors for what Redis refuses."""

from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

from hyperpy.channels.backends.redis.connection import Make
from hyperpy.exceptions import BrokerError

# Errors from the most specific to the most general, each with a description and a hint.
_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (
        AuthenticationError,
        "refused the user or password",
        "Write both in the setting `channels`: redis://user:password@host/0",
    ),
    (
        NoPermissionError,
        "does not permit what channels need",
        "Allow +@all on the keys ~hyperpy:* and the channels &hyperpy:*.",
    ),
    (BusyLoadingError, "is still loading its data", ""),
    (ReadOnlyError, "is a replica and can't accept messages", "Name the primary in the setting `channels`."),
    (
        OutOfMemoryError,
        "is out of memory",
        "Raise its maxmemory, or lower channel-max-messages or channel-max-age.",
    ),
    (
        ResponseError,
        "can't do what channels need",
        "Use Redis 7 or newer, and the number of an existing database.",
    ),
)


def connector(url: str) -> tuple[Make, int]:
    """Makes connections to the URL; also the number of its database. Raises ValueError for an invalid URL."""
    parts = urlsplit(url)
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not (database.isascii() and database.isdigit()):
        raise ValueError(f"invalid database number {database!r}")
    options: dict[str, Any] = {**parse_url(url)}
    kind = options.pop("connection_class", Connection)
    # We retry and time out ourselves. Replies are bytes, in the older of the two protocols.
    options |= {
        "protocol": 2,
        "decode_responses": False,
        "retry": None,
        "retry_on_timeout": False,
        "health_check_interval": 0,
        "socket_timeout": None,
        "socket_connect_timeout": None,
        "driver_info": None,
    }
    options.setdefault("client_name", "hyperpy")
    try:
        kind(**options)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return lambda: kind(**options), int(options.get("db", 0))


def explain(error: Exception, address: str) -> BrokerError:
    """The error for the user, to be raised from `error`."""
    text = str(error).rstrip(".") or type(error).__name__
    for kind, what, hint in _ANSWERS:
        if isinstance(error, kind):
            return BrokerError(f"{address} {what}: {text}", hint=hint)
    return BrokerError(f"{address} is unreachable: {text}")
