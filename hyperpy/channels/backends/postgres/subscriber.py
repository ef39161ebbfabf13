"""The one connection of a process on which it hears of everything: messages, queues, and what triggers tell."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Never, Protocol

from psycopg.pq import PGnotify
from psycopg.sql import SQL, Identifier

from hyperpy.channels.backends.postgres import statements
from hyperpy.channels.backends.postgres.connection import PostgresConnection
from hyperpy.channels.backends.postgres.schema import make_tables
from hyperpy.channels.backends.records import Position, Record

CHECK_EVERY: Final = 1.5  # seconds of silence after which the server is asked whether it is there
ANSWER_WITHIN: Final = 3.0
FETCH_WITHIN: Final = 10.0  # which may be many megabytes
PAGE: Final = 100  # messages that are fetched at a time

_MESSAGE: Final = re.compile(r"(\w+) (\d{1,18}) (\d{1,18})", re.ASCII)


class Hearer(Protocol):
    """Who is told, as a backend's listener is."""

    def arrived(self, key: str, record: Record) -> None: ...
    def changed(self, key: str) -> None: ...
    def filled(self, key: str) -> None: ...
    def notified(self, name: str, payload: str) -> None: ...


@dataclass(slots=True)
class _Wanted:
    """Messages of a channel that have been told of, and are not fetched yet."""

    epoch: int
    first: int
    last: int


class PostgresSubscriber:
    """Hears of all keys, and tells of those that are watched."""

    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer
        self.keys: set[str] = set()
        self._names: set[str] = set()  # of notifications that are not ours
        self._commands: deque[tuple[str, str, asyncio.Future[None]]] | None = None  # None without a connection
        self._stir = asyncio.Event()
        self._wanted: dict[str, _Wanted] = {}
        self._told: dict[str, Position] = {}  # the newest that was told of, by key

    def watch(self, key: str) -> None:
        """From now on nothing is missed while the connection lasts. Raises ConnectionError if there is none."""
        if self._commands is None:
            raise ConnectionError("there is no connection")
        self.keys.add(key)

    def unwatch(self, key: str) -> None:
        self.keys.discard(key)
        self._told.pop(key, None)

    async def listen(self, name: str) -> None:
        """Returns when the server has confirmed it. Raises ConnectionError if the connection ends before."""
        self._names.add(name)
        await self._command("LISTEN", name)

    async def unlisten(self, name: str) -> None:
        self._names.discard(name)
        await self._command("UNLISTEN", name)

    def _command(self, verb: str, name: str) -> asyncio.Future[None]:
        if self._commands is None:
            raise ConnectionError("there is no connection")
        done = asyncio.get_running_loop().create_future()
        self._commands.append((verb, name, done))
        self._stir.set()
        return done

    async def run(self, connection: PostgresConnection, ready: Callable[[], None]) -> Never:
        """Listens to everything again, then says that it is ready. Returns by an error alone."""
        self._commands = deque()
        self._wanted.clear()
        self._told.clear()
        connection.pgconn.notify_handler = self._notified
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await make_tables(connection)
                for name in [statements.CHANNEL, *self._names]:
                    await _listen(connection, "LISTEN", name)
            ready()
            while True:
                await self._work(connection)
                await self._wait(connection)
        finally:
            commands, self._commands = self._commands, None
            for *_, done in commands:
                if not done.done():
                    done.set_exception(ConnectionError("the connection broke"))

    async def _work(self, connection: PostgresConnection) -> None:
        while self._commands or self._wanted:
            async with asyncio.timeout(ANSWER_WITHIN):
                while self._commands:
                    verb, name, done = self._commands[0]
                    await _listen(connection, verb, name)
                    self._commands.popleft()
                    if not done.done():
                        done.set_result(None)
            if self._wanted:
                async with asyncio.timeout(FETCH_WITHIN):
                    await self._fetch(connection)

    async def _wait(self, connection: PostgresConnection) -> None:
        """Until there may be something to do. A server that says nothing for long has to show that it is there."""
        loop = asyncio.get_running_loop()
        socket = connection.pgconn.socket
        loop.add_reader(socket, self._stir.set)
        try:
            async with asyncio.timeout(CHECK_EVERY):
                await self._stir.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(socket)
        if self._stir.is_set():
            self._stir.clear()
            connection.pgconn.consume_input()
            while notification := connection.pgconn.notifies():
                self._notified(notification)
        else:
            async with asyncio.timeout(ANSWER_WITHIN):
                await connection.ask("")

    def _notified(self, notification: PGnotify) -> None:
        name, payload = notification.relname.decode(), notification.extra.decode(errors="replace")
        if name != statements.CHANNEL:
            self._hearer.notified(name, payload)
        elif payload in self.keys:
            self._hearer.filled(payload)
        elif (message := _MESSAGE.fullmatch(payload)) and message[1] in self.keys:
            self._want(message[1], Position(int(message[2]), int(message[3])))

    def _want(self, key: str, position: Position) -> None:
        told = self._told.get(key)
        self._told[key] = position
        epoch, number = position
        if told is not None and told.epoch == epoch and told.number >= number:
            self._hearer.changed(key)  # numbers only rise: something has been put back to where it was
        wanted = self._wanted.get(key)
        if wanted is not None and wanted.epoch == epoch:
            wanted.last = max(number, wanted.last)
        else:
            self._wanted[key] = _Wanted(epoch, number, number)

    async def _fetch(self, connection: PostgresConnection) -> None:
        """Fetches a page, of several channels at once. What remains is fetched the next time."""
        batch = {key: self._wanted.pop(key) for key in list(self._wanted)[:PAGE]}
        rows = await connection.ask(
            statements.FETCH,
            {
                "keys": list(batch),
                "epochs": [wanted.epoch for wanted in batch.values()],
                "numbers": [wanted.first for wanted in batch.values()],
                "limit": max(1, PAGE // len(batch)),
            },
        )
        come: dict[str, int] = {}
        for key, epoch, number, closes, data in rows:
            come[key] = number
            self._hearer.arrived(key, Record(Position(epoch, number), data, closes=closes))
        for key, wanted in batch.items():
            if key not in come:
                self._hearer.changed(key)  # forgotten already
            elif come[key] < wanted.last:
                self._go_on(key, _Wanted(wanted.epoch, come[key] + 1, wanted.last))

    def _go_on(self, key: str, rest: _Wanted) -> None:
        newer = self._wanted.get(key)
        if newer is None:
            self._wanted[key] = rest
        elif newer.epoch == rest.epoch:
            newer.first = rest.first


async def _listen(connection: PostgresConnection, verb: str, name: str) -> None:
    await connection.execute(SQL(verb + " {}").format(Identifier(name)))
