"""Connections to one Redis: one exchange at a time on each, and none repeated without being told to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from redis.exceptions import ConnectionError, NoScriptError

from hyperpy.channels.backends.redis.scripts import Script

CONNECT_WITHIN: Final = 3.0
CLOSE_WITHIN: Final = 1.0
POOL_SIZE: Final = 8

type Argument = str | bytes | int
# Makes a connection of redis-py that is not yet connected. Most of its methods have no types.
type Make = Callable[[], Any]


class LostError(Exception):
    """The connection broke during an exchange: Redis may or may not have done what it was asked."""


async def connected(make: Make) -> Any:
    """A new connection, logged in."""
    connection = make()
    try:
        async with asyncio.timeout(CONNECT_WITHIN):
            await connection.connect()
    except BaseException as error:
        await connection.disconnect(nowait=True)
        if isinstance(error, TimeoutError):
            raise TimeoutError(f"no answer within {CONNECT_WITHIN:g} s") from None
        raise
    return connection


class RedisConnection:
    """One connection, and the run of the server at its other end."""

    __slots__ = ("_connection", "run")

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.run = ""

    @classmethod
    async def open(cls, make: Make) -> Self:
        wire = cls(await connected(make))
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                about = await wire._ask("INFO", "server")
        except BaseException:
            await wire.close()
            raise
        wire.run = next((line[7:] for line in about.decode().splitlines() if line.startswith("run_id:")), "")
        return wire

    async def is_usable(self) -> bool:
        """Whether it is still open, as far as this side knows."""
        try:
            return bool(self._connection.is_connected) and not await self._connection.can_read()
        except ConnectionError:
            return False

    async def call(self, script: Script, keys: tuple[str, ...], *arguments: Argument) -> Any:
        """Runs a script. Redis keeps it from its first use on, until it is restarted."""
        try:
            return await self._ask("EVALSHA", script.digest, len(keys), *keys, *arguments)
        except NoScriptError:
            return await self._ask("EVAL", script.text, len(keys), *keys, *arguments)

    async def close(self) -> None:
        await self._connection.disconnect(nowait=True)

    async def _ask(self, *command: Argument) -> Any:
        try:
            await self._connection.send_command(*command)
            return await self._connection.read_response()
        except ConnectionError as error:
            if type(error) is ConnectionError:  # its subclasses are what Redis has answered
                raise LostError(str(error)) from error
            raise


class Pool:
    """Wires that wait to be used, the one used last first. Who finds none and may have no more waits for one."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._idle: list[RedisConnection] = []
        self._room = asyncio.Semaphore(POOL_SIZE)
        self._generation = 0  # of the wires that may still be used

    @asynccontextmanager
    async def wire(self) -> AsyncIterator[RedisConnection]:
        async with self._room:
            generation = self._generation
            wire = await self._idle_wire() or await RedisConnection.open(self._make)
            try:
                yield wire
            except BaseException:
                await wire.close()  # an answer may be on its way
                raise
            if generation == self._generation:
                self._idle.append(wire)
            else:
                await wire.close()

    async def drop(self) -> None:
        """Closes what is idle now, and what is in use when it becomes so."""
        self._generation += 1
        idle, self._idle = self._idle, []
        for wire in idle:
            await wire.close()

    async def _idle_wire(self) -> RedisConnection | None:
        while self._idle:
            wire = self._idle.pop()
            if await wire.is_usable():
                return wire
            await wire.close()
        return None
