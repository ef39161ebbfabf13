"""Channels and queues within one process."""

import asyncio
from collections import deque
from collections.abc import Collection
from typing import override

from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
from hyperpy.channels.backends.memory_log import MESSAGE, Logs
from hyperpy.channels.backends.records import BEGINNING, Batch, ChannelState, Position
from hyperpy.exceptions import BrokerError, ChannelClosedError, ChannelError


class MemoryBackend(Backend):
    """Messages and items, each at most `retention.bytes` in all."""

    def __init__(self, url: str, retention: Retention) -> None:
        self._retention = retention
        self._watched: set[str] = set()
        self._logs = Logs(retention, lambda key: key in self._watched or key in self._queues)
        self._queues: dict[str, deque[tuple[int, bytes]]] = {}
        self._held: dict[int, bytes] = {}  # the items that consumers have taken, by their number
        self._queued = 0  # bytes of all items
        self._count = 0
        self._listener: Listener | None = None

    @override
    async def run(self, listener: Listener) -> None:
        self._listener = listener
        listener.connected()
        await asyncio.get_running_loop().create_future()

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        if MESSAGE + len(data) > self._retention.bytes:
            what = f"a message of {len(data):,} bytes is more than memory:// keeps in all ({self._retention.bytes:,})"
            raise ChannelError(what, hint="Publish where the data is instead, or raise channel-max-bytes.")
        log = self._logs.open(key)
        if log.closed:
            if closes:
                return
            raise ChannelClosedError(name)
        record = self._logs.add(log, data, closes=closes)
        if self._listener is not None and key in self._watched:
            self._listener.arrived(key, record)

    @override
    async def watch(self, key: str) -> None:
        self._watched.add(key)

    @override
    async def unwatch(self, key: str) -> None:
        self._watched.discard(key)

    @override
    async def state(self, key: str) -> ChannelState:
        log = self._logs.get(key)
        return ChannelState() if log is None else log.state

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        log = self._logs.get(key)
        if log is not None:
            return self._logs.read(log, after, limit)
        return Batch(gap=after is not None and after != BEGINNING)

    # Items are kept in the order of their numbers, so that a released one gets its old place back. A consumer can't die
    # without this process, so leases don't matter.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        if (log := self._logs.get(key)) is not None and log.closed:
            raise ChannelClosedError(name, is_queue=True)
        size = MESSAGE + len(data)
        if self._queued + size > self._retention.bytes:
            what = f"memory:// is full: its queues hold {self._queued:,} of {self._retention.bytes:,} bytes"
            raise BrokerError(what, hint="Take the items out faster, or raise channel-max-bytes.")
        self._queued += size
        self._count += 1
        self._queues.setdefault(key, deque()).append((self._count, data))
        self._filled(key)

    @override
    async def take(self, key: str, lease: float) -> QueueItem | None:
        items = self._queues.get(key)
        if not items:
            return None
        number, data = items.popleft()
        if not items:
            del self._queues[key]
        self._held[number] = data
        return QueueItem(key, data, number)

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        if self._held.pop(item.receipt, None) is not None:
            self._queued -= MESSAGE + len(item.data)

    @override
    async def release(self, item: QueueItem) -> None:
        if self._held.pop(item.receipt, None) is None:
            return
        items = self._queues.setdefault(item.key, deque())
        place = sum(number < item.receipt for number, _ in items)
        items.insert(place, (item.receipt, item.data))
        self._filled(item.key)

    @override
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        return None

    def _filled(self, key: str) -> None:
        if self._listener is not None and key in self._watched:
            self._listener.filled(key)
