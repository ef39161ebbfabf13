"""A pool of connections to a broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, Protocol

IDLE: Final = 60.0  # seconds after which an idle connection is closed


class BrokerConnection(Protocol):
    @property
    def is_idle(self) -> bool:
        """Whether it is open and no answer is outstanding."""

    async def is_usable(self) -> bool:
        """Whether it is idle and, as far as this side can tell, still open at the other."""

    def is_lost(self, error: Exception) -> bool:
        """Whether an error of an exchange means that the connection has ended."""

    async def close(self) -> None: ...


class Pool[C: BrokerConnection]:
    """Up to `size` connections, the most recently used first. Further callers wait for one."""

    def __init__(self, connect: Callable[[], Awaitable[C]], size: int) -> None:
        self._connect = connect
        self._idle: list[tuple[float, C]] = []  # each with the time of its last use
        self._free = asyncio.Semaphore(size)
        self._generation = 0  # connections of earlier generations are not used again

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[C]:
        async with self._free:
            generation = self._generation
            connection = await self._usable() or await self._connect()
            try:
                yield connection
            finally:
                if generation == self._generation and connection.is_idle:
                    self._idle.append((monotonic(), connection))
                else:
                    await connection.close()

    async def drop(self) -> None:
        """Close the idle connections now, and the others after their use."""
        self._generation += 1
        await self.shrink(idle=0)

    async def shrink(self, idle: float = IDLE) -> None:
        """Close the connections that have been idle for so many seconds."""
        oldest = monotonic() - idle
        old = [connection for since, connection in self._idle if since <= oldest]
        self._idle = [each for each in self._idle if each[0] > oldest]
        for connection in old:
            await connection.close()

    async def _usable(self) -> C | None:
        while self._idle:
            _, connection = self._idle.pop()
            if await connection.is_usable():
                return connection
            await connection.close()
        return None
