"""One queue as the consumers of this process hear of it."""

import asyncio
from typing import Protocol


class Source(Protocol):
    async def watch(self, key: str) -> None: ...
    async def unwatch(self, key: str) -> None: ...


class QueueWatch:
    """Tells its waiters that there may be something to take. The items go to whoever takes them first."""

    __slots__ = ("_lock", "_source", "_watched", "key", "waiters")

    def __init__(self, key: str, source: Source) -> None:
        self.key = key
        self._source = source
        self._lock = asyncio.Lock()
        self._watched = False
        self.waiters: set[asyncio.Event] = set()

    async def open(self) -> None:
        async with self._lock:
            if not self._watched:
                await self._source.watch(self.key)
                self._watched = True

    async def retire(self) -> None:
        async with self._lock:
            if self._watched and not self.waiters:
                self._watched = False
                await self._source.unwatch(self.key)

    def wake(self) -> None:
        for waiter in self.waiters:
            waiter.set()
