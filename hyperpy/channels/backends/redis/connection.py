"""Connections to Redis that never repeat a command by themselves."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Self

from redis.exceptions import ConnectionError, NoScriptError

from hyperpy.channels.backends.redis.scripts import Script

CONNECT_WITHIN: Final = 3.0

type Argument = str | bytes | int
# Makes a connection of redis-py, not yet connected. Most of its methods have no types.
type Make = Callable[[], Any]


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
