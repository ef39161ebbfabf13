"""From an address to connections, and from what Redis refuses to errors that say so."""

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

from hyperpy.channels.backends.redis.connection import CONNECT_WITHIN, Make
from hyperpy.exceptions import BrokerError

# What an answer means, most special first, and what helps.
_ANSWERS: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (
        AuthenticationError,
        "does not let us in",
        "User and password stand in the setting channels: redis://user:password@host/0",
    ),
    (
        NoPermissionError,
        "does not allow what channels need",
        "They need +@all on keys ~hyperpy:* and channels &hyperpy:*.",
    ),
    (BusyLoadingError, "is still loading its data", ""),
    (ReadOnlyError, "is a replica that takes no messages", "Name the primary in the setting channels."),
    (
        OutOfMemoryError,
        "has no memory left",
        "Raise its maxmemory, or let it keep less: channel-max-messages, channel-max-age.",
    ),
    (
        ResponseError,
        "refuses what channels need",
        "They need Redis 7 or newer, and the number of a database that exists.",
    ),
)


def maker(address: str) -> tuple[Make, int]:
    """What makes connections to the address, and the number of its database. Raises ValueError if it is none."""
    parts = urlsplit(address)
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not (database.isascii() and database.isdigit()):
        raise ValueError(f"{database!r} is no number of a database")
    options: dict[str, Any] = {**parse_url(address)}
    kind = options.pop("connection_class", Connection)
    # Nothing is repeated, and nothing given up, behind our back; answers are bytes in the older of the two protocols.
    options |= {
        "protocol": 2,
        "decode_responses": False,
        "retry": None,
        "retry_on_timeout": False,
        "health_check_interval": 0,
        "socket_timeout": None,
        "socket_connect_timeout": CONNECT_WITHIN,
        "driver_info": None,
    }
    options.setdefault("client_name", "hyperpy")
    try:
        kind(**options)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return lambda: kind(**options), int(options.get("db", 0))


def explain(error: Exception, address: str) -> BrokerError:
    """The error for the user, whose cause `error` has to be."""
    said = str(error).rstrip(".") or type(error).__name__
    for kind, what, hint in _ANSWERS:
        if isinstance(error, kind):
            return BrokerError(f"{address} {what}: {said}", hint=hint)
    return BrokerError(f"{address} is out of reach: {said}")
