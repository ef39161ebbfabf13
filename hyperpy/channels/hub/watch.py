"""Channels and queues that this process watches at the backend for some of its tasks."""

import asyncio
from typing import override

from hyperpy.channels.backends.records import Record
from hyperpy.channels.hub.backend_client import BackendClient


class Watch[M]:
    """A channel or queue that is watched once, as long as it has members."""

    __slots__ = ("_client", "_is_watched", "_lock", "is_open", "key", "members")

    def __init__(self, key: str, client: BackendClient) -> None:
        self.key = key
        self.members: set[M] = set()
        self.is_open = False
        self._client = client
        self._is_watched = False  # perhaps: the call may have failed
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Raises BrokerError if that isn't possible now."""
        async with self._lock:
            if not self.is_open:
                self._is_watched = True
                await self._client.call(self._client.backend.watch(self.key))
                await self._opening()
                self.is_open = True

    async def retire(self) -> None:
        """Stop watching once the last member has left."""
        async with self._lock:
            if not self.members and self._is_watched:
                self._is_watched = self.is_open = False
                self._closed()
                await self._client.call(self._client.backend.unwatch(self.key))

    async def _opening(self) -> None:
        """Further steps that must succeed before it is open."""
        return

    def _closed(self) -> None:
        return


class QueueWatch(Watch[asyncio.Event]):
    """Wakes the consumers that wait for an item of a queue. The first to take it gets it."""

    __slots__ = ("_changes", "closed", "is_lingering")

    def __init__(self, key: str, client: BackendClient) -> None:
        super().__init__(key, client)
        self.closed = False  # nothing is put into it any more
        self.is_lingering = False  # it will be retired unless a consumer comes
        self._changes = 0

    @override
    async def _opening(self) -> None:
        changes = -1
        while changes != self._changes:
            changes = self._changes
            state = await self._client.call(self._client.backend.state(self.key))
            self.closed = self.closed or state.closed

    @override
    def _closed(self) -> None:
        self.closed = False

    def arrived(self, record: Record) -> None:
        self.closed = self.closed or record.closes
        self.wake()

    def check_again(self) -> None:
        """The queue may have been closed or filled meanwhile."""
        self._changes += 1
        self.is_open = False
        self.wake()

    def wake(self) -> None:
        for consumer in self.members:
            consumer.set()
