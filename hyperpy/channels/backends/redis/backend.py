"""Channels and queues in Redis."""

import secrets
from collections.abc import Awaitable, Collection
from time import monotonic
from typing import Any, Final, override

from redis.exceptions import ReadOnlyError, RedisError

from hyperpy.channels.backends.broker import LONGEST_NAME, BrokerBackend
from hyperpy.channels.backends.contract import QueueItem, Retention
from hyperpy.channels.backends.records import Batch, ChannelState, Position
from hyperpy.channels.backends.redis import scripts
from hyperpy.channels.backends.redis.address import connector, explain
from hyperpy.channels.backends.redis.connection import Argument, RedisConnection
from hyperpy.channels.backends.redis.replies import StoredChannel, parse_channel, parse_message
from hyperpy.channels.backends.redis.scripts import Script
from hyperpy.channels.backends.redis.subscriber import RedisSubscriber
from hyperpy.exceptions import BrokerError, ChannelClosedError

POOL_SIZE: Final = 8
# Milliseconds that an unused channel's epoch and number are kept, so that a quiet channel can go on without a gap.
REMEMBER: Final = 7 * 24 * 3600 * 1000
LOOK_EVERY: Final = 1.0  # seconds between two searches for items whose lease has run out


class RedisBackend(BrokerBackend[RedisConnection]):
    errors = (RedisError, OSError)
    read_only = ReadOnlyError

    _subscriber: RedisSubscriber

    def __init__(self, url: str, retention: Retention) -> None:
        """Raises ValueError for an invalid URL."""
        super().__init__(url, POOL_SIZE)
        self._make, database = connector(url)
        self._messages, self._age = retention.messages, int(retention.age * 1000)
        # Redis delivers what is published in any of its databases.
        self._prefix = f"hyperpy:{database}:"
        self._subscriber = RedisSubscriber(self._received)
        self._consumer = secrets.token_hex(8)
        self._look_at: dict[str, float] = {}  # the time of the next search, for each queue that this process consumes

    @override
    async def _open(self) -> RedisConnection:
        return await RedisConnection.open(self._make)

    @override
    def _explain(self, error: Exception) -> BrokerError:
        return explain(error, self._address)

    @override
    async def _find_primary(self) -> None:
        self._subscriber.reconnect()
        await super()._find_primary()

    def _received(self, topic: str, data: bytes) -> None:
        key = topic.removeprefix(self._prefix)
        if data:
            self._listener.arrived(key, parse_message(data))
        else:
            self._listener.filled(key)

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
        bounds = (fresh, self._messages, self._age, max(REMEMBER, 2 * self._age))

        def publish(connection: RedisConnection, again: bool) -> Awaitable[Any]:
            return connection.call(scripts.PUBLISH, _channel(key), *message, int(again), connection.run, *bounds)

        if not await self._do(publish) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            await self._subscriber.subscribe(self._topic(key))
        except OSError as error:
            raise self._explain(error) from error

    @override
    async def unwatch(self, key: str) -> None:
        self._subscriber.unsubscribe(self._topic(key))

    @override
    async def state(self, key: str) -> ChannelState:
        return (await self._read(key, None, 0)).state

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return (await self._read(key, after, limit)).batch(after)

    async def _read(self, key: str, after: Position | None, limit: int) -> StoredChannel:
        number = 0 if after is None else after.number
        return parse_channel(await self._call(scripts.READ, _channel(key), number, limit, self._age))

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # Not repeated: if the item isn't there, a consumer may have removed it already.
        await self._call(scripts.PUT, _queue(key), name[:LONGEST_NAME], data, self._topic(key), repeatable=False)

    @override
    async def take(self, key: str, lease: float) -> QueueItem | None:
        now = monotonic()
        look = now >= self._look_at.setdefault(key, 0.0)
        if look:
            self._look_at[key] = now + LOOK_EVERY
        taken = await self._call(scripts.TAKE, _queue(key), self._consumer, int(lease * 1000), int(look))
        return QueueItem(key, taken[1], taken[0]) if taken else None

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._call(scripts.ACKNOWLEDGE, _queue(item.key), item.receipt)

    @override
    async def release(self, item: QueueItem) -> None:
        topic = self._topic(item.key)
        await self._call(scripts.RELEASE, _queue(item.key), item.receipt, self._consumer, topic)

    @override
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        for key in {item.key for item in items}:
            receipts = [item.receipt for item in items if item.key == key]
            await self._call(scripts.RENEW, _queue(key), self._consumer, *receipts)

    @override
    async def _release_all(self) -> None:
        for key in self._look_at:
            await self._call(scripts.LEAVE, _queue(key), self._consumer, self._topic(key))


def _channel(key: str) -> tuple[str, str]:
    return f"hyperpy:{{{key}}}:log", f"hyperpy:{{{key}}}:meta"


def _queue(key: str) -> tuple[str]:
    return (f"hyperpy:{{{key}}}:items",)
