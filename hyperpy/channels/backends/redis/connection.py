"""Connections to Redis, which never repeat a command by themselves, and user-facing errors for what it refuses."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Self
from urllib.parse import urlsplit

from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    DataError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

from hyperpy.channels.backends.redis.scripts import Script
from hyperpy.exceptions import BrokerError, BrokerRefusalError

CONNECT_WITHIN: Final = 3.0

type Argument = str | bytes | int
# Makes a connection of redis-py, not yet connected. Most of its methods have no types.
type Make = Callable[[], Any]

_UNFIT: Final = "Use Redis 7 or newer, and the number of an existing database."

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
    (OutOfMemoryError, "is out of memory", "Raise its maxmemory, or lower channel-max-messages or channel-max-age."),
    (ResponseError, "can't do what channels need", _UNFIT),
)


class RedisConnection:
    """A connection, and the `run` of the server at its other end: its id since it was started."""

    __slots__ = ("_connection", "run")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.run = ""

    @classmethod
    async def open(cls, make: Make) -> Self:
        """Connect and log in."""
        connection = cls(make())
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await connection._connection.connect()
                info = await connection._request("INFO", "server")
        except BaseException as error:
            await connection.close()
            if isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer within {CONNECT_WITHIN:g} s") from None
            raise
        connection.run = next((line[7:] for line in info.decode().splitlines() if line.startswith("run_id:")), "")
        return connection

    async def call(self, script: Script, keys: tuple[str, ...], *arguments: Argument) -> Any:
        """Run a script, and send its text if Redis doesn't have it since its last start."""
        try:
            return await self._request("EVALSHA", script.digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._request("EVAL", script.text, len(keys), *keys, *arguments)

    async def _request(self, *command: Argument) -> Any:
        await self.send(*command)
        return await self.receive()

    async def send(self, *command: Argument) -> None:
        await self._connection.send_command(*command)

    async def receive(self) -> Any:
        return await self._connection.read_response(timeout=float("inf"))

    @property
    def is_idle(self) -> bool:
        return bool(self._connection.is_connected)  # redis-py disconnects when an exchange is interrupted

    async def is_usable(self) -> bool:
        try:
            return self.is_idle and not await self._connection.can_read()
        except ConnectionError:
            return False

    def is_lost(self, error: Exception) -> bool:
        return type(error) is ConnectionError  # its subclasses are answers

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)


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


def _is_refusal(error: Exception) -> bool:
    """Whether the same command would always fail. Codes other than ERR, which redis-py removes, mostly pass."""
    if type(error) is ResponseError:
        code = str(error).partition(" ")[0]
        return code == "WRONGTYPE" or not code.isupper()
    return isinstance(error, DataError)


def explain(error: Exception, address: str) -> BrokerError:
    """The error for the user, to be raised from `error`."""
    text = str(error).rstrip(".") or type(error).__name__
    if _is_refusal(error):
        return BrokerRefusalError(f"{address} can't do what channels need: {text}", hint=_UNFIT)
    for kind, what, hint in _ANSWERS:
        if isinstance(error, kind):
            return BrokerError(f"{address} {what}: {text}", hint=hint)
    return BrokerError(f"{address} is unreachable: {text}")
