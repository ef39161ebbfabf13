"""Channels and queues in PostgreSQL."""

import asyncio
import random
import secrets
from collections.abc import Collection, Iterable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any, Final, override

import psycopg
from psycopg.errors import ReadOnlySqlTransaction, UndefinedTable

from hyperpy.channels.backends.broker import LONGEST_NAME, BrokerBackend, Work
from hyperpy.channels.backends.contract import Listener, QueueItem, Retention
from hyperpy.channels.backends.postgres import statements
from hyperpy.channels.backends.postgres.connection import PostgresConnection, StandbyError, explain, options_of
from hyperpy.channels.backends.postgres.subscriber import PostgresSubscriber
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record, is_forgotten
from hyperpy.exceptions import BrokerError, ChannelClosedError

POOL_SIZE: Final = 5
SWEEP_EVERY: Final = 60.0
SWEEP_WITHIN: Final = 30.0
SWEEP_ROWS: Final = 5000
# Seconds that an unused channel's epoch and number are kept, so that a quiet channel can go on without a gap.
REMEMBER: Final = 7 * 24 * 3600.0
MOST: Final = 2**63 - 1  # of a bigint


class PostgresBackend(BrokerBackend[PostgresConnection]):
    errors = (psycopg.Error, OSError, StandbyError)
    read_only = ReadOnlySqlTransaction
    preparation = statements.TABLES
    notifies = True

    _subscriber: PostgresSubscriber

    def __init__(self, url: str, retention: Retention) -> None:
        """Raises ValueError for an invalid URL."""
        super().__init__(url, POOL_SIZE, partial(PostgresConnection.open, options_of(url)), explain)
        self._retention = retention
        self._held: set[tuple[int, int]] = set()  # the receipts of items that this process has taken

    @override
    async def run(self, listener: Listener) -> None:
        self._subscriber = PostgresSubscriber(listener)
        await super().run(listener)

    @override
    async def prepare(self) -> None:
        try:
            await self._do(lambda connection, _: connection.make_tables())
        finally:
            await self._pool.drop()

    @override
    async def _maintain(self) -> None:
        """Delete what has expired, in all channels. Every process does, at random times."""
        while True:
            await asyncio.sleep(SWEEP_EVERY * random.uniform(0.5, 1.5))
            await self._pool.shrink()
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(SWEEP_WITHIN):
                    await self.sweep()

    async def sweep(self) -> None:
        age = self._retention.age
        limits = {"limit": SWEEP_ROWS, "age": age, "idle": max(REMEMBER, 2 * age)}
        for statement in (statements.SWEEP_MESSAGES, statements.SWEEP_CHANNELS):
            while len(await self._query(statement, limits)) == SWEEP_ROWS:
                pass

    @override
    async def _exchange[T](self, work: Work[PostgresConnection, T], connection: PostgresConnection, again: bool) -> T:
        try:
            return await work(connection, again)
        except UndefinedTable:  # the tables have been dropped
            await connection.make_tables()
            return await work(connection, again)

    async def _query(self, statement: str, parameters: Any, *, repeatable: bool = True) -> list[Any]:
        return await self._do(lambda connection, _: connection.query(statement, parameters), repeatable=repeatable)

    # Channels.

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        message = {
            "key": key,
            "name": _printable(name),
            "fresh": secrets.randbits(48) + 1,
            "token": secrets.randbits(63),
            "closes": closes,
            "data": data,
            "messages": self._retention.messages,
            "age": self._retention.age,
        }

        if not await self._do(lambda connection, again: _publish(connection, message, again)) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            self._subscriber.watch(key)
        except ConnectionError as error:
            raise self._explain(error, self._address) from error

    @override
    async def unwatch(self, key: str) -> None:
        self._subscriber.unwatch(key)

    @override
    async def state(self, key: str) -> ChannelState:
        return state_of(await self._read(key, None, 0))

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return batch_of(await self._read(key, after, limit), after)

    async def _read(self, key: str, after: Position | None, limit: int) -> list[Any]:
        """Rows of the channel's epoch, last number and closed; a message's number, closes and data, or nulls."""
        number = None if after is None else max(0, min(after.number, MOST))
        wanted = {"key": key, "after": number, "messages": self._retention.messages, "limit": limit}
        return await self._query(statements.READ, wanted)

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # Not repeated: if the item isn't there, a consumer may have removed it already.
        item = {"key": key, "name": _printable(name), "data": data}
        if not await self._query(statements.PUT, item, repeatable=False):
            raise ChannelClosedError(name, is_queue=True)

    @override
    async def take(self, key: str, lease: float) -> QueueItem | None:
        token = secrets.randbits(63)
        taken = await self._query(statements.TAKE, {"key": key, "receipt": token, "lease": lease})
        if not taken:
            return None
        [(id, data)] = taken
        self._held.add((id, token))
        return QueueItem(key, data, (id, token))

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._query(statements.ACKNOWLEDGE, item.receipt)
        self._held.discard(item.receipt)

    @override
    async def release(self, item: QueueItem) -> None:
        await self._query(statements.RELEASE, _columns([item.receipt]))
        self._held.discard(item.receipt)

    @override
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        await self._query(statements.RENEW, {**_columns(item.receipt for item in items), "lease": lease})

    @override
    async def _release_all(self) -> None:
        if self._held:
            await self._query(statements.RELEASE, _columns(self._held))

    # Notifications.

    @override
    async def listen(self, name: str) -> None:
        await self._subscriber.listen(name)

    @override
    async def unlisten(self, name: str) -> None:
        await self._subscriber.unlisten(name)


async def _publish(connection: PostgresConnection, message: dict[str, Any], again: bool) -> bool:
    """Publish a message, unless it was published `again`: on a connection that has been lost since."""
    async with connection.transaction() if again else nullcontext():
        if again:
            await connection.query(statements.LOCK, [message["key"]])
            if await connection.query(statements.IS_KEPT, [message["key"], message["token"]]):
                return True
        return bool(await connection.query(statements.PUBLISH, {**message, "home": connection.home}))


def _columns(receipts: Iterable[tuple[int, int]]) -> dict[str, list[int]]:
    ids, tokens = zip(*receipts, strict=True)
    return {"ids": list(ids), "receipts": list(tokens)}


def _printable(name: str) -> str:
    """The name in ASCII, which a database of any encoding can hold."""
    return ascii(name[:LONGEST_NAME])[1:-1]


def state_of(rows: list[Any]) -> ChannelState:
    if not rows:
        return ChannelState()
    epoch, last, closed, *_ = rows[0]
    return ChannelState(Position(epoch, last), closed)


def batch_of(rows: list[Any], after: Position | None) -> Batch:
    """The messages up to the first missing number, which the next batch reports as a gap."""
    epoch, last = state_of(rows).position
    found = [(number, closes, data) for _, _, _, number, closes, data in rows if number is not None]
    first = found[0][0] if found else last + 1
    if after is not None and is_forgotten(after, epoch=epoch, first=first, last=last):
        return Batch(gap=True)
    return Batch(
        [
            Record(Position(epoch, number), data, closes=closes)
            for expected, (number, closes, data) in enumerate(found, first)
            if number == expected
        ]
    )
