"""Channels and queues in Redis."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from time import monotonic
from typing import Any, Final, override

import redis.exceptions
from redis.exceptions import ReadOnlyError, RedisError

from hyperpy.channels.backends import contract
from hyperpy.channels.backends.contract import Backend, Listener, QueueItem, Retention
from hyperpy.channels.backends.reconnecting import Outage, retry_forever
from hyperpy.channels.backends.records import Batch, ChannelState, Position
from hyperpy.channels.backends.redis import scripts
from hyperpy.channels.backends.redis.address import explain, maker
from hyperpy.channels.backends.redis.connection import (
    CLOSE_WITHIN,
    Argument,
    LostError,
    Pool,
    RedisConnection,
    connected,
)
from hyperpy.channels.backends.redis.replies import StoredChannel, parse_channel, parse_message
from hyperpy.channels.backends.redis.scripts import Script
from hyperpy.channels.backends.redis.subscriber import RedisSubscriber
from hyperpy.exceptions import BrokerError, ChannelClosedError

# Milliseconds that Redis knows an unused channel's epoch and number, so that a quiet one needs no gap when it goes on.
REMEMBER: Final = 7 * 24 * 3600 * 1000
LOOK_EVERY: Final = 1.0  # seconds between two looks for items whose consumer has died
SHOWN: Final = 200  # characters of a name


class RedisBackend(Backend):
    def __init__(self, address: str, public: str, retention: Retention) -> None:
        """`public` is the address without its password. Raises ValueError for an address that is none."""
        self._public = public
        self._make, database = maker(address)
        self._messages, self._age = retention.messages, int(retention.age * 1000)
        # Subscriptions know no databases.
        self._prefix = f"hyperpy:{database}:"
        self._pool = Pool(self._make)
        self._subscriber = RedisSubscriber(self._heard)
        self._outage = Outage(public)
        self._silent = False  # Redis takes connections, perhaps, but says nothing
        self._listener: Listener | None = None
        self._consumer = secrets.token_hex(8)
        self._looks: dict[str, float] = {}  # when to look next, by the queues of which this process is a consumer

    @property
    @override
    def crosses_processes(self) -> bool:
        return True

    @override
    async def run(self, listener: Listener) -> None:
        self._listener = listener
        try:
            await retry_forever(self._listen, self._failed)
        finally:
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await self._leave_queues()
            await self._pool.drop()

    async def _listen(self) -> None:
        assert self._listener is not None
        try:
            connection = await connected(self._make)
            try:
                await self._subscriber.run(connection, self._ready)
            finally:
                await connection.disconnect(nowait=True)
        except (RedisError, OSError) as error:
            raise explain(error, self._public) from error
        finally:
            self._listener.disconnected()
            await self._pool.drop()

    def _ready(self) -> None:
        assert self._listener is not None
        self._silent = False
        self._outage.ended()
        self._listener.connected()

    def _failed(self, error: BrokerError) -> None:
        self._silent = isinstance(error.__cause__, (TimeoutError, redis.exceptions.TimeoutError))
        self._outage.began(error)

    def _heard(self, topic: str, data: bytes) -> None:
        assert self._listener is not None
        key = topic.removeprefix(self._prefix)
        if data:
            self._listener.arrived(key, parse_message(data))
        else:
            self._listener.filled(key)

    async def _do[T](self, work: Callable[[RedisConnection, bool], Awaitable[T]], *, repeatable: bool = True) -> T:
        """Does some work on a connection; once more, told so, if that broke meanwhile and Redis is there still."""
        if self._silent:
            raise BrokerError(f"{self._public} does not answer")
        try:
            try:
                async with self._pool.wire() as wire:
                    return await work(wire, False)
            except LostError:
                await self._pool.drop()  # what broke one has broken the others
                if not repeatable:
                    raise
            async with self._pool.wire() as wire:
                return await work(wire, True)
        except ReadOnlyError as error:
            self._subscriber.reconnect()  # there may be a new primary behind the address
            await self._pool.drop()
            raise explain(error, self._public) from error
        except (RedisError, OSError, LostError) as error:
            raise explain(error, self._public) from error

    async def _call(self, script: Script, keys: tuple[str, ...], *arguments: Argument, repeatable: bool = True) -> Any:
        return await self._do(lambda wire, _: wire.call(script, keys, *arguments), repeatable=repeatable)

    def _topic(self, key: str) -> str:
        return self._prefix + key

    # Channels. The braces keep what belongs together on one node of a cluster.

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        token = secrets.token_hex(8)
        message = (self._topic(key), name[:SHOWN], data, int(closes), token)
        fresh = secrets.randbits(48) + 1
        bounds = (fresh, self._messages, self._age, max(REMEMBER, 2 * self._age))

        def publish(wire: RedisConnection, again: bool) -> Awaitable[Any]:
            return wire.call(scripts.PUBLISH, _channel(key), *message, int(again), wire.run, *bounds)

        if not await self._do(publish) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            await self._subscriber.subscribe(self._topic(key))
        except OSError as error:
            raise explain(error, self._public) from error

    @override
    async def unwatch(self, key: str) -> None:
        self._subscriber.unsubscribe(self._topic(key))

    @override
    async def state(self, key: str) -> ChannelState:
        return (await self._read(key, None, 0)).last

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return (await self._read(key, after, limit)).behind(after)

    async def _read(self, key: str, after: Position | None, limit: int) -> StoredChannel:
        number = 0 if after is None else after.number
        return parse_channel(await self._call(scripts.READ, _channel(key), number, limit, self._age))

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # An item that has been put may be gone already: nobody could tell whether a second attempt makes it two.
        await self._call(scripts.PUT, _queue(key), name[:SHOWN], data, self._topic(key), repeatable=False)

    @override
    async def take(self, key: str) -> QueueItem | None:
        now = monotonic()
        look = now >= self._looks.setdefault(key, 0.0)
        if look:
            self._looks[key] = now + LOOK_EVERY
        lease = int(contract.LEASE * 1000)
        taken = await self._call(scripts.TAKE, _queue(key), self._consumer, lease, int(look))
        return QueueItem(key, taken[1], taken[0]) if taken else None

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._call(scripts.ACKNOWLEDGE, _queue(item.key), item.receipt)

    @override
    async def release(self, item: QueueItem) -> None:
        topic = self._topic(item.key)
        await self._call(scripts.RELEASE, _queue(item.key), item.receipt, self._consumer, topic)

    @override
    async def renew(self, items: Collection[QueueItem]) -> None:
        for key in {item.key for item in items}:
            receipts = [item.receipt for item in items if item.key == key]
            await self._call(scripts.RENEW, _queue(key), self._consumer, *receipts)

    async def _leave_queues(self) -> None:
        for key in self._looks:
            await self._call(scripts.LEAVE, _queue(key), self._consumer, self._topic(key))


def _channel(key: str) -> tuple[str, str]:
    return f"hyperpy:{{{key}}}:log", f"hyperpy:{{{key}}}:meta"


def _queue(key: str) -> tuple[str]:
    return (f"hyperpy:{{{key}}}:items",)
