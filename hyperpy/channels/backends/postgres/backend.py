"""Channels and queues in PostgreSQL."""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, Final, Never, override

import psycopg
from psycopg.errors import ReadOnlySqlTransaction, UndefinedTable

from hyperpy.channels.backends import contract
from hyperpy.channels.backends.contract import Backend, Listener, NotifyingBackend, QueueItem, Retention
from hyperpy.channels.backends.postgres import schema, statements
from hyperpy.channels.backends.postgres.address import explain, options_of
from hyperpy.channels.backends.postgres.connection import LostError, Pool, PostgresConnection, StandbyError
from hyperpy.channels.backends.postgres.rows import last_of, page_of
from hyperpy.channels.backends.postgres.subscriber import PostgresSubscriber
from hyperpy.channels.backends.reconnecting import Outage, retry_forever
from hyperpy.channels.backends.records import Batch, ChannelState, Position
from hyperpy.exceptions import BrokerError, ChannelClosedError

CLOSE_WITHIN: Final = 1.0
SWEEP_EVERY: Final = 60.0
SWEEP_WITHIN: Final = 30.0
SWEEP_ROWS: Final = 5000
# Seconds that an unused channel's epoch and number are known, so that a quiet one needs no gap when it goes on.
REMEMBER: Final = 7 * 24 * 3600.0
SHOWN: Final = 200  # characters of a name

_TROUBLE: Final = (psycopg.Error, OSError, LostError, StandbyError)


class PostgresBackend(Backend, NotifyingBackend):
    def __init__(self, address: str, public: str, retention: Retention) -> None:
        """`public` is the address without its password. Raises ValueError for an address that is none."""
        self._public = public
        self._options = options_of(address)
        self._retention = retention
        self._pool = Pool(self._options)
        self._outage = Outage(public)
        self._silent = False  # the server takes connections, perhaps, but says nothing
        self._held: dict[int, int] = {}  # items that this process has taken, with their receipts

    @property
    @override
    def crosses_processes(self) -> bool:
        return True

    @property
    @override
    def preparation(self) -> str:
        return schema.TABLES

    @override
    async def prepare(self) -> None:
        try:
            connection = await PostgresConnection.open(self._options)
            try:
                await schema.make_tables(connection)
            finally:
                await connection.close()
        except _TROUBLE as error:
            raise explain(error, self._public) from error

    @override
    async def run(self, listener: Listener) -> None:
        self._listener = listener
        self._subscriber = PostgresSubscriber(listener)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(retry_forever(self._hear, self._failed))
                group.create_task(self._sweep())
        finally:
            with suppress(BrokerError, TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await self._give_back_all()
            await self._pool.drop()

    async def _hear(self) -> None:
        try:
            connection = await PostgresConnection.open(self._options)
            try:
                await self._subscriber.run(connection, self._ready)
            finally:
                await connection.close()
        except _TROUBLE as error:
            raise explain(error, self._public) from error
        finally:
            self._listener.disconnected()
            await self._pool.drop()

    def _ready(self) -> None:
        self._silent = False
        self._outage.ended()
        self._listener.connected()

    def _failed(self, error: BrokerError) -> None:
        self._silent = isinstance(error.__cause__, TimeoutError)
        self._outage.began(error)

    async def _sweep(self) -> Never:
        """Forgets what is too old, in all channels. Each process does, at some time of its own."""
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
            while await self._ask_count(statement, limits) == SWEEP_ROWS:
                pass

    # Exchanges.

    async def _do[T](self, work: Callable[[PostgresConnection, bool], Awaitable[T]], *, repeatable: bool = True) -> T:
        """Does some work on a connection; once more, told so, if that broke meanwhile and the server is there still."""
        if self._silent:
            raise BrokerError(f"{self._public} does not answer")
        try:
            try:
                return await self._work(work, again=False)
            except LostError:
                await self._pool.drop()  # what broke one has broken the others
                if not repeatable:
                    raise
            return await self._work(work, again=True)
        except ReadOnlySqlTransaction as error:
            await self._pool.drop()  # there may be a new primary behind the address
            raise explain(error, self._public) from error
        except _TROUBLE as error:
            raise explain(error, self._public) from error

    async def _work[T](self, work: Callable[[PostgresConnection, bool], Awaitable[T]], *, again: bool) -> T:
        async with self._pool.connection() as connection:
            try:
                return await work(connection, again)
            except UndefinedTable:
                await schema.make_tables(connection)  # somebody has dropped them
                return await work(connection, again)

    async def _ask(self, statement: str, parameters: Any, *, repeatable: bool = True) -> list[Any]:
        return await self._do(lambda connection, _: connection.ask(statement, parameters), repeatable=repeatable)

    async def _ask_count(self, statement: str, parameters: Any) -> int:
        """The number of rows that a statement changes."""

        async def count(connection: PostgresConnection, again: bool) -> int:
            return (await connection.execute(statement, parameters)).rowcount

        return await self._do(count)

    # Channels.

    @override
    async def publish(self, key: str, name: str, data: bytes, *, closes: bool = False) -> None:
        message = {
            "key": key,
            "name": _shown(name),
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
            return bool(await connection.ask(statements.PUBLISH, {**message, "home": connection.home}))

        if not await self._do(publish) and not closes:
            raise ChannelClosedError(name)

    @override
    async def watch(self, key: str) -> None:
        try:
            self._subscriber.watch(key)
        except ConnectionError as error:
            raise explain(error, self._public) from error

    @override
    async def unwatch(self, key: str) -> None:
        self._subscriber.unwatch(key)

    @override
    async def state(self, key: str) -> ChannelState:
        return last_of(await self._read(key, None, 0))

    @override
    async def read(self, key: str, after: Position | None, limit: int) -> Batch:
        return page_of(await self._read(key, after, limit), after)

    async def _read(self, key: str, after: Position | None, limit: int) -> list[Any]:
        number = None if after is None else after.number
        wanted = {"key": key, "after": number, "messages": self._retention.messages, "limit": limit}
        return await self._ask(statements.READ, wanted)

    # Queues.

    @override
    async def put(self, key: str, name: str, data: bytes) -> None:
        # An item that has been put may be gone already: nobody could tell whether a second attempt makes it two.
        await self._ask(statements.PUT, {"key": key, "name": _shown(name), "data": data}, repeatable=False)

    @override
    async def take(self, key: str) -> QueueItem | None:
        receipt = secrets.randbits(63)
        taken = await self._ask(statements.TAKE, {"key": key, "receipt": receipt, "lease": contract.LEASE})
        if not taken:
            return None
        [(id, data)] = taken
        self._held[id] = receipt
        return QueueItem(key, data, (id, receipt))

    @override
    async def acknowledge(self, item: QueueItem) -> None:
        await self._ask(statements.ACKNOWLEDGE, item.receipt)
        self._let_go(item)

    @override
    async def release(self, item: QueueItem) -> None:
        id, receipt = item.receipt
        await self._ask(statements.RELEASE, {"ids": [id], "receipts": [receipt]})
        self._let_go(item)

    @override
    async def renew(self, items: Collection[QueueItem]) -> None:
        ids, receipts = zip(*(item.receipt for item in items), strict=True)
        await self._ask(statements.RENEW, {"ids": list(ids), "receipts": list(receipts), "lease": contract.LEASE})

    def _let_go(self, item: QueueItem) -> None:
        id, receipt = item.receipt
        if self._held.get(id) == receipt:
            del self._held[id]

    async def _give_back_all(self) -> None:
        if self._held:
            held = {"ids": list(self._held), "receipts": list(self._held.values())}
            await self._ask(statements.RELEASE, held)

    # Notifications of the application's own.

    @override
    async def listen(self, name: str) -> None:
        with suppress(ConnectionError):  # the next connection hears it
            await self._subscriber.listen(name)

    @override
    async def unlisten(self, name: str) -> None:
        with suppress(ConnectionError):
            await self._subscriber.unlisten(name)


async def _publish_once(connection: PostgresConnection, message: dict[str, Any]) -> bool:
    """Publishes what may have been published on a connection that broke."""
    async with connection.transaction():
        await connection.ask(statements.LOCK, [message["key"]])
        if await connection.ask(statements.IS_KEPT, [message["key"], message["token"]]):
            return True
        return bool(await connection.ask(statements.PUBLISH, {**message, "home": connection.home}))


def _shown(name: str) -> str:
    """The name for people, in what a database of any encoding can hold."""
    return ascii(name[:SHOWN])[1:-1]
