"""The connection of a process on which PostgreSQL notifies it of messages, queue items and triggers."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Final, Never

from psycopg.pq import PGnotify
from psycopg.sql import SQL, Identifier

from hyperpy.channels.backends.contract import Listener
from hyperpy.channels.backends.postgres import statements
from hyperpy.channels.backends.postgres.connection import PostgresConnection
from hyperpy.channels.backends.records import Position, Record
from hyperpy.record_classes import record

CHECK_EVERY: Final = 1.5  # seconds of silence after which the server is probed
ANSWER_WITHIN: Final = 3.0
FETCH_WITHIN: Final = 10.0  # for what may be many megabytes
PAGE: Final = 100  # messages fetched at a time

_MESSAGE: Final = re.compile(r"(\w+) (\d{1,18}) (\d{1,18})", re.ASCII)


@record(slots=True)
class _Range:
    """Messages of a channel that a notification announced and that are still to be fetched."""

    epoch: int
    first: int
    last: int


class PostgresSubscriber:
    """Receives the notifications of all keys, and fetches the messages of the watched ones."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._keys: set[str] = set()
        self._names: set[str] = set()  # of notifications other than ours
        self._commands: deque[tuple[str, str, asyncio.Future[None]]] | None = None  # None without a connection
        self._wake_up = asyncio.Event()
        self._pending: dict[str, _Range] = {}  # by key
        self._newest: dict[str, Position] = {}  # announced so far, by key

    def watch(self, key: str) -> None:
        """Nothing is missed from now on while the connection lasts. Raises ConnectionError without one."""
        if self._commands is None:
            raise ConnectionError("not connected")
        self._keys.add(key)

    def unwatch(self, key: str) -> None:
        self._keys.discard(key)
        self._newest.pop(key, None)
        self._pending.pop(key, None)

    async def listen(self, name: str) -> None:
        """Returns once the server has confirmed, or the connection has ended: the next one listens to all names."""
        self._names.add(name)
        await self._send("LISTEN", name)

    async def unlisten(self, name: str) -> None:
        self._names.discard(name)
        await self._send("UNLISTEN", name)

    async def _send(self, verb: str, name: str) -> None:
        if self._commands is not None:
            done = asyncio.get_running_loop().create_future()
            self._commands.append((verb, name, done))
            self._wake_up.set()
            await done

    async def run(self, connection: PostgresConnection, ready: Callable[[], None]) -> Never:
        self._commands = deque()
        self._pending.clear()
        self._newest.clear()
        connection.pgconn.notify_handler = self._notified
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await connection.make_tables()
                for name in [statements.CHANNEL, *self._names]:
                    await _execute(connection, "LISTEN", name)
            ready()
            while True:
                await self._work(connection)
                await self._wait(connection)
        finally:
            commands, self._commands = self._commands, None
            for *_, done in commands:
                if not done.done():
                    done.set_result(None)

    async def _work(self, connection: PostgresConnection) -> None:
        while self._commands or self._pending:
            async with asyncio.timeout(ANSWER_WITHIN):
                while self._commands:
                    verb, name, done = self._commands[0]
                    await _execute(connection, verb, name)
                    self._commands.popleft()
                    if not done.done():
                        done.set_result(None)
            if self._pending:
                async with asyncio.timeout(FETCH_WITHIN):
                    await self._fetch(connection)

    async def _wait(self, connection: PostgresConnection) -> None:
        """Wait until there may be work. Probe a server that has been silent for a while."""
        loop = asyncio.get_running_loop()
        socket = connection.pgconn.socket
        loop.add_reader(socket, self._wake_up.set)
        try:
            async with asyncio.timeout(CHECK_EVERY):
                await self._wake_up.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(socket)
        if self._wake_up.is_set():
            self._wake_up.clear()
            connection.pgconn.consume_input()
            while notification := connection.pgconn.notifies():
                self._notified(notification)
        else:
            async with asyncio.timeout(ANSWER_WITHIN):
                await connection.query("")

    def _notified(self, notification: PGnotify) -> None:
        name, payload = notification.relname.decode(), notification.extra.decode(errors="replace")
        if name != statements.CHANNEL:
            self._listener.notified(name, payload)
        elif payload in self._keys:
            self._listener.filled(payload)
        elif (message := _MESSAGE.fullmatch(payload)) and message[1] in self._keys:
            self._announced(message[1], Position(int(message[2]), int(message[3])))

    def _announced(self, key: str, position: Position) -> None:
        before = self._newest.get(key)
        self._newest[key] = position
        epoch, number = position
        if before is not None and before.epoch == epoch and before.number >= number:
            self._listener.changed(key)  # numbers only rise, so the table was restored to an earlier state
        pending = self._pending.get(key)
        if pending is not None and pending.epoch == epoch:
            pending.last = max(number, pending.last)
        else:
            self._pending[key] = _Range(epoch, number, number)

    async def _fetch(self, connection: PostgresConnection) -> None:
        """Fetch a page of messages, of several channels at once, and leave the rest pending."""
        ranges = {key: self._pending.pop(key) for key in list(self._pending)[:PAGE]}
        rows = await connection.query(
            statements.FETCH,
            {
                "keys": list(ranges),
                "epochs": [each.epoch for each in ranges.values()],
                "numbers": [each.first for each in ranges.values()],
                "limit": max(1, PAGE // len(ranges)),
            },
        )
        fetched: dict[str, int] = {}
        for key, epoch, number, closes, data in rows:
            fetched[key] = number
            if key in self._keys:
                self._listener.arrived(key, Record(Position(epoch, number), data, closes=closes))
        for key, each in ranges.items():
            if key not in self._keys:
                continue  # since the query
            if key not in fetched:
                self._listener.changed(key)  # deleted already
            elif fetched[key] < each.last:
                self._put_back(key, _Range(each.epoch, fetched[key] + 1, each.last))

    def _put_back(self, key: str, rest: _Range) -> None:
        newer = self._pending.get(key)
        if newer is None:
            self._pending[key] = rest
        elif newer.epoch == rest.epoch:
            newer.first = rest.first


async def _execute(connection: PostgresConnection, verb: str, name: str) -> None:
    await connection.execute(SQL(verb + " {}").format(Identifier(name)))
