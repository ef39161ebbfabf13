"""Channels and queues within one process."""

import asyncio
import secrets
from collections import deque
from collections.abc import Collection
from itertools import islice
from time import monotonic
from typing import override

from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten
from hyperpy.exceptions import ChannelClosedError


class _Log:
    """The messages kept of one channel, oldest first, each with the time of its publication."""

    __slots__ = ("closed", "epoch", "kept", "last", "used_at")

    def __init__(self) -> None:
        self.epoch = secrets.randbits(48) + 1
        self.kept: deque[tuple[float, Record]] = deque()
        self.last = 0
        self.closed = False
        self.used_at = 0.0

    @property
    def first(self) -> int:
        return self.last - len(self.kept) + 1

    def add(self, data: bytes, *, closes: bool) -> Record:
        self.last += 1
        self.closed = closes
        self.used_at = monotonic()
        record = Record(Position(self.epoch, self.last), data, closes=closes)
        self.kept.append((self.used_at, record))
        return record

    def forget(self, retention: Retention) -> None:
        oldest = monotonic() - retention.age
        while self.kept and (len(self.kept) > retention.messages or self.kept[0][0] < oldest):
            self.kept.popleft()


class MemoryBackend(Backend):
    def __init__(self, url: str, retention: Retention) -> None:
        self._retention = retention
        self._logs: dict[str, _Log] = {}
        self._watched: set[str] = set()
        self._queues: dict[str, deque[tuple[int, bytes]]] = {}
        self._count = 0
        self._sweep_at = monotonic() + retention.age
        self._listener: Listener | None = None

    @override
    async def run(self, listener: Listener) -> None:
        self._listener = listener
        listener.connected()
        await asyncio.get_running_loop().create_future()

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        log = self._logs.get(key)
        if log is None:
            self._sweep()
            log = self._logs[key] = _Log()
        if log.closed:
            if closes:
                return
            raise ChannelClosedError(name)
        record = log.add(data, closes=closes)
        log.forget(self._retention)
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
        return ChannelState() if log is None else ChannelState(Position(log.epoch, log.last), log.closed)

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        log = self._logs.get(key)
        if log is None:
            return Batch(gap=after is not None and is_forgotten(after, epoch=0, first=1, last=0))
        log.forget(self._retention)
        if after is not None and is_forgotten(after, epoch=log.epoch, first=log.first, last=log.last):
            return Batch(gap=True)
        start = 0 if after is None else after.number - log.first + 1
        return Batch([record for _, record in islice(log.kept, start, start + limit)])

    def _sweep(self) -> None:
        """Forget channels that have been unused for longer than messages are kept. There may be any number of names."""
        now = monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + self._retention.age / 10
        oldest = now - self._retention.age
        self._logs = {
            key: log
            for key, log in self._logs.items()
            if log.used_at > oldest or key in self._watched or key in self._queues
        }

    # Items are kept in the order of their numbers, so that a released one gets its old place back. A consumer can't die
    # without this process, so leases don't matter.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        if (log := self._logs.get(key)) is not None and log.closed:
            raise ChannelClosedError(name, is_queue=True)
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
        return QueueItem(key, data, number)

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        return None

    @override
    async def release(self, item: QueueItem) -> None:
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
