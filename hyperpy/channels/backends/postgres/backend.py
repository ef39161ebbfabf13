"""Channels and queues in PostgreSQL."""

import asyncio
import random
import secrets
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final, override

import psycopg
from psycopg.errors import ReadOnlySqlTransaction, UndefinedTable

from hyperpy.channels.backends.broker import LONGEST_NAME, BrokerBackend, Work
from hyperpy.channels.backends.contract import Listener, QueueItem, Retention
from hyperpy.channels.backends.postgres import schema, statements
from hyperpy.channels.backends.postgres.address import explain, options_of
from hyperpy.channels.backends.postgres.connection import PostgresConnection, StandbyError
from hyperpy.channels.backends.postgres.rows import batch_of, state_of
from hyperpy.channels.backends.postgres.subscriber import PostgresSubscriber
from hyperpy.channels.backends.records import Batch, ChannelState, Position
from hyperpy.exceptions import BrokerError, ChannelClosedError

POOL_SIZE: Final = 5
SWEEP_EVERY: Final = 60.0
SWEEP_WITHIN: Final = 30.0
SWEEP_ROWS: Final = 5000
# Seconds that an unused channel's epoch and number are kept, so that a quiet channel can go on without a gap.
REMEMBER: Final = 7 * 24 * 3600.0


class PostgresBackend(BrokerBackend[PostgresConnection]):
    errors = (psycopg.Error, OSError, StandbyError)
    read_only = ReadOnlySqlTransaction
    preparation = schema.TABLES
    notifies = True

    _subscriber: PostgresSubscriber

    def __init__(self, url: str, retention: Retention) -> None:
        """Raises ValueError for an invalid URL."""
        super().__init__(url, POOL_SIZE)
        self._options = options_of(url)
        self._retention = retention
        self._held: dict[int, int] = {}  # the receipts of items that this process has taken, by id

    @override
    async def run(self, listener: Listener) -> None:
        self._subscriber = PostgresSubscriber(listener)
        await super().run(listener)

    @override
    async def prepare(self) -> None:
        try:
            connection = await self._open()
            try:
                await schema.make_tables(connection)
            finally:
                await connection.close()
        except self.errors as error:
            raise self._explain(error) from error

    @override
    async def _open(self) -> PostgresConnection:
        return await PostgresConnection.open(self._options)

    @override
    def _explain(self, error: Exception) -> BrokerError:
        return explain(error, self._address)

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

            async def delete(connection: PostgresConnection, again: bool, statement: str = statement) -> int:
                return (await connection.execute(statement, limits)).rowcount

            while await self._do(delete) == SWEEP_ROWS:
                pass

    @override
    async def _exchange[T](self, work: Work[PostgresConnection, T], connection: PostgresConnection, again: bool) -> T:
        try:
            return await work(connection, again)
        except UndefinedTable:  # somebody has dropped the tables
            await schema.make_tables(connection)
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

        async def publish(connection: PostgresConnection, again: bool) -> bool:
            if again:
                return await _publish_once(connection, message)
            return bool(await connection.query(statements.PUBLISH, {**message, "home": connection.home}))

        if not await self._do(publish) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            self._subscriber.watch(key)
        except ConnectionError as error:
            raise self._explain(error) from error

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
        number = None if after is None else after.number
        wanted = {"key": key, "after": number, "messages": self._retention.messages, "limit": limit}
        return await self._query(statements.READ, wanted)

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # Not repeated: if the item isn't there, a consumer may have removed it already.
        await self._query(statements.PUT, {"key": key, "name": _printable(name), "data": data}, repeatable=False)

    @override
    async def take(self, key: str, lease: float) -> QueueItem | None:
        receipt = secrets.randbits(63)
        taken = await self._query(statements.TAKE, {"key": key, "receipt": receipt, "lease": lease})
        if not taken:
            return None
        [(id, data)] = taken
        self._held[id] = receipt
        return QueueItem(key, data, (id, receipt))

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._query(statements.ACKNOWLEDGE, item.receipt)
        self._forget(item)

    @override
    async def release(self, item: QueueItem) -> None:
        id, receipt = item.receipt
        await self._query(statements.RELEASE, {"ids": [id], "receipts": [receipt]})
        self._forget(item)

    @override
    async def renew(self, items: Collection[QueueItem], lease: float) -> None:
        ids, receipts = zip(*(item.receipt for item in items), strict=True)
        await self._query(statements.RENEW, {"ids": list(ids), "receipts": list(receipts), "lease": lease})

    def _forget(self, item: QueueItem) -> None:
        id, receipt = item.receipt
        if self._held.get(id) == receipt:
            del self._held[id]

    @override
    async def _release_all(self) -> None:
        if self._held:
            held = {"ids": list(self._held), "receipts": list(self._held.values())}
            await self._query(statements.RELEASE, held)

    # Notifications.

    @override
    async def listen(self, name: str) -> None:
        with suppress(ConnectionError):  # the next connection listens
            await self._subscriber.listen(name)

    @override
    async def unlisten(self, name: str) -> None:
        with suppress(ConnectionError):
            await self._subscriber.unlisten(name)


async def _publish_once(connection: PostgresConnection, message: dict[str, Any]) -> bool:
    """Publish a message unless it was published on a connection that has been lost since."""
    async with connection.transaction():
        await connection.query(statements.LOCK, [message["key"]])
        if await connection.query(statements.IS_KEPT, [message["key"], message["token"]]):
            return True
        return bool(await connection.query(statements.PUBLISH, {**message, "home": connection.home}))


def _printable(name: str) -> str:
    """The name in ASCII, which a database of any encoding can hold."""
    return ascii(name[:LONGEST_NAME])[1:-1]
