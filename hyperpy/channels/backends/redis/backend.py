"""Channels and queues in Redis."""

import re
import secrets
from collections.abc import Awaitable, Collection
from functools import partial
from time import monotonic
from typing import Any, Final, override

from redis.exceptions import ReadOnlyError, RedisError

from hyperpy.channels.backends.broker import LONGEST_NAME, BrokerBackend
from hyperpy.channels.backends.contract import QueueItem, Retention
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten
from hyperpy.channels.backends.redis import scripts
from hyperpy.channels.backends.redis.connection import Argument, RedisConnection, connector, explain
from hyperpy.channels.backends.redis.scripts import Script
from hyperpy.channels.backends.redis.subscriber import RedisSubscriber
from hyperpy.exceptions import ChannelClosedError

POOL_SIZE: Final = 8
# Milliseconds that an unused channel's epoch and number are kept, so that a quiet channel can go on without a gap.
REMEMBER: Final = 7 * 24 * 3600 * 1000
MOST: Final = 2**64 - 2  # of the numbers in ids of a stream that has a next one
LOOK_EVERY: Final = 1.0  # seconds between two searches for items whose lease has run out

_MESSAGE: Final = re.compile(rb"(\d{1,18}) (\d{1,18}) ([01]) (.+)", re.DOTALL)

# A channel's `meta`, the entry id of the oldest message that it keeps, if any, and the entries that were read.
type _Stored = tuple[dict[bytes, bytes], bytes | None, list[Any]]


class RedisBackend(BrokerBackend[RedisConnection]):
    errors = (RedisError, OSError)
    read_only = ReadOnlyError

    _subscriber: RedisSubscriber

    def __init__(self, url: str, retention: Retention) -> None:
        """Raises ValueError for an invalid URL."""
        make, database = connector(url)
        super().__init__(url, POOL_SIZE, partial(RedisConnection.open, make), explain)
        self._messages, self._age = retention.messages, int(retention.age * 1000)
        # Redis delivers what is published in any of its databases.
        self._prefix = f"hyperpy:{database}:"
        self._subscriber = RedisSubscriber(self._received)
        self._consumer = secrets.token_hex(8)
        self._look_at: dict[str, float] = {}  # the time of the next search, for each queue that this process consumes

    @override
    async def _find_primary(self) -> None:
        self._subscriber.reconnect()
        await super()._find_primary()

    def _received(self, topic: str, data: bytes) -> None:
        key = topic.removeprefix(self._prefix)
        if not data:
            self._listener.filled(key)
        elif message := _MESSAGE.fullmatch(data):
            epoch, number, closes, content = message.groups()
            record = Record(Position(int(epoch), int(number)), content, closes=closes == b"1")
            self._listener.arrived(key, record)
        else:  # published by something else
            self._listener.changed(key)

    async def _call(self, script: Script, keys: tuple[str, ...], *arguments: Argument, repeatable: bool = True) -> Any:
        return await self._do(lambda connection, _: connection.call(script, keys, *arguments), repeatable=repeatable)

    def _topic(self, key: str) -> str:
        return self._prefix + key

    # Channels. The braces keep the keys of a channel on one node of a cluster.

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        token = secrets.token_hex(8)
        message = (self._topic(key), name[:LONGEST_NAME], data, int(closes), token)
        fresh = secrets.randbits(48) + 1
        idle = max(REMEMBER, 2 * self._age)
        # A queue stays closed for longer, because its items don't expire.
        bounds = (fresh, self._messages, idle if key.startswith("q") else self._age, idle)

        def publish(connection: RedisConnection, again: bool) -> Awaitable[Any]:
            return connection.call(scripts.PUBLISH, _channel(key), *message, int(again), connection.run, *bounds)

        if not await self._do(publish) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            await self._subscriber.subscribe(self._topic(key))
        except OSError as error:
            raise self._explain(error, self._address) from error

    @override
    async def unwatch(self, key: str) -> None:
        self._subscriber.unsubscribe(self._topic(key))

    @override
    async def state(self, key: str) -> ChannelState:
        return _state_of(await self._read(key, None, 0))

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return _batch_of(await self._read(key, after, limit), after)

    async def _read(self, key: str, after: Position | None, limit: int) -> _Stored:
        number = 0 if after is None else max(0, min(after.number, MOST))
        meta, oldest, entries = await self._call(scripts.READ, _channel(key), number, limit, self._age)
        return dict(zip(meta[::2], meta[1::2], strict=True)), oldest, entries

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # Not repeated: if the item isn't there, a consumer may have removed it already.
        _, meta = _channel(key)
        item = (name[:LONGEST_NAME], data, self._topic(key))
        if not await self._call(scripts.PUT, (*_queue(key), meta), *item, repeatable=False):
            raise ChannelClosedError(name, is_queue=True)

    @override
    async def take(self, key: str, lease: float) -> QueueItem | None:
        now = monotonic()
        look = now >= self._look_at.setdefault(key, 0.0)
        if look:
            self._look_at[key] = now + LOOK_EVERY
        taken = await self._call(scripts.TAKE, _queue(key), self._consumer, int(lease * 1000), int(look))
        return QueueItem(key, taken[1], (taken[0], taken[2])) if taken else None

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._call(scripts.ACKNOWLEDGE, _queue(item.key), *item.receipt)

    @override
    async def release(self, item: QueueItem) -> None:
        await self._call(scripts.RELEASE, _queue(item.key), *item.receipt, self._topic(item.key))

    @override
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        for key in {item.key for item in items}:
            receipts = [part for item in items if item.key == key for part in item.receipt]
            await self._call(scripts.RENEW, _queue(key), self._consumer, *receipts)

    @override
    async def _release_all(self) -> None:
        for key in self._look_at:
            await self._call(scripts.LEAVE, _queue(key), self._consumer, self._topic(key))


def _channel(key: str) -> tuple[str, str]:
    return f"hyperpy:{{{key}}}:log", f"hyperpy:{{{key}}}:meta"


def _queue(key: str) -> tuple[str]:
    return (f"hyperpy:{{{key}}}:items",)


def _state_of(stored: _Stored) -> ChannelState:
    meta, *_ = stored
    if not meta:
        return ChannelState()
    return ChannelState(Position(int(meta[b"epoch"]), int(meta[b"last"])), b"closed" in meta)


def _batch_of(stored: _Stored, after: Position | None) -> Batch:
    epoch, last = _state_of(stored).position
    meta, oldest, entries = stored
    if after is not None:
        # The server has lost the later messages of an earlier epoch, and has used their numbers again.
        if after.number <= int(meta.get(b"past %d" % after.epoch, -1)):
            after = Position(epoch, after.number)
        first = last + 1 if oldest is None else _number_of(oldest)
        if is_forgotten(after, epoch=epoch, first=first, last=last):
            return Batch(gap=True)
    return Batch([_record_of(entry) for entry in entries] if meta else ())


def _record_of(entry: Any) -> Record:
    id, (_, _, _, epoch, _, _, _, closes, _, data) = entry
    return Record(Position(int(epoch), _number_of(id)), data, closes=closes == b"1")


def _number_of(id: bytes) -> int:
    return int(id.partition(b"-")[0])
