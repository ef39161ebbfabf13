"""Browsers as a server sees them: each reads a stream, loses it, and comes back with the last id that it got."""

import asyncio
import json
import random
import socket
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bench.chaos.sequences import Sequence
from bench.streams.parsing import Parser, Received
from bench.streams.sockets import AT_ONCE

REMEMBERED = 12  # things that have happened to a client
SILENCE = 20.0  # seconds; a stream has pings
BACK_AFTER = 0.3
SMALL = 4096  # bytes that wait for a client that reads slowly


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of client behaves. Times are the longest that it chooses, in seconds."""

    name: str
    part: float
    """Of all clients."""
    stays: float = 0.0
    """Before it leaves by itself, in the middle of an event as a rule. 0 if it never does."""
    away: float = BACK_AFTER
    """Before it comes back."""
    pauses: float = 0.0
    """In which it does not read."""
    late: float = 0.0
    """Before it comes at all. It wants to hear what is new then."""


class Chunks:
    """The content of a chunked body, of which any piece may arrive (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self._raw = b""
        self._left = 0  # of the chunk, its line end included
        self.ended = False

    def feed(self, piece: bytes) -> bytes:
        self._raw += piece
        content = b""
        while self._raw and not self.ended:
            if not self._left:
                size, line_end, rest = self._raw.partition(b"\r\n")
                if not line_end:
                    break
                self._raw, self._left = rest, int(size, 16) + 2
                self.ended = self._left == 2
            part, self._raw = self._raw[: self._left], self._raw[self._left :]
            content += part[: max(0, self._left - 2)]
            self._left -= len(part)
        return content


@dataclass(slots=True, eq=False)
class Client:
    number: int
    habit: Habit
    channels: tuple[str, ...]
    replays: bool
    """Whether it asks for all that is kept on every visit, and not only on the first."""
    port: int
    dice: random.Random
    clock: Callable[[], float]
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    greeted: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is late enough for everybody to come back, and to read."""
    _heard: dict[tuple[str, str], Sequence] = field(default_factory=dict)
    _id: str = ""
    _writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        await self._idle(self.habit.late)
        while True:
            try:
                await self._visit()
            except (OSError, EOFError) as error:
                self._note(f"lost: {type(error).__name__}")
            finally:
                self.leave()
            self.counts["reconnects"] += 1
            longest = self.habit.away if self.dice.random() < 0.1 else BACK_AFTER
            await self._idle(longest)

    async def _idle(self, longest: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.dice.uniform(0.0, longest)):
                await self.called.wait()
        await asyncio.sleep(self.dice.uniform(0.0, min(longest, BACK_AFTER)))

    def leave(self) -> None:
        """Cuts the connection, if there is one."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            writer.transport.abort()

    async def _visit(self) -> None:
        reader, self._writer = await self._connect()
        first = not self.counts["visits"]
        self.counts["visits"] += 1
        for sequence in self._heard.values():
            sequence.reconnected(afresh=not self._id)
        replays = self.replays or (first and not self.habit.late)
        path = f"/channels/watch?names={','.join(self.channels)}&replays={str(replays).lower()}"
        resumed = f"Last-Event-ID: {self._id}\r\n" if self._id else ""
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n{resumed}\r\n".encode()
        )
        self._note(f"asked, replays={replays}, {resumed.strip() or 'no id'}")
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if not head.startswith("HTTP/1.1 200"):
            self.counts["refused"] += 1
            self._note(head.partition("\r\n")[0])
        else:
            self.greeted.set()
            self._note(await self._read(reader, replays=replays))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        client = socket.socket()
        client.setblocking(False)
        if self.habit.pauses:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
        except BaseException:
            client.close()
            raise
        return await asyncio.open_connection(sock=client, limit=SMALL if self.habit.pauses else 1 << 16)

    async def _read(self, reader: asyncio.StreamReader, *, replays: bool) -> str:
        """Until the stream ends, or the client has had enough of it: says why."""
        chunks, parser = Chunks(), Parser()
        leaves_at = self.clock() + self.dice.uniform(0.0, self.habit.stays) if self.habit.stays else float("inf")
        pauses_at = self.clock() + self.dice.uniform(0.0, 10.0) if self.habit.pauses else float("inf")
        while not chunks.ended:
            leaves = self.clock() > leaves_at
            try:
                async with asyncio.timeout(SILENCE):
                    piece = await reader.read(self.dice.randint(1, 300) if leaves else 1 << 16)
            except TimeoutError:
                self._complain(f"heard nothing for {SILENCE:g} s, not even a ping")
                return "left"
            if not piece:
                return "cut"
            for event in parser.feed(chunks.feed(piece)):
                self._take(event, replays=replays)
            if leaves:
                return "left"
            if self.clock() > pauses_at:
                await self._idle(self.habit.pauses)
                pauses_at = self.clock() + self.dice.uniform(0.0, 10.0)
        return "ended"

    def _take(self, event: Received, *, replays: bool) -> None:
        self._id = event.id
        kind, _, channel = event.name.rpartition(":")
        if kind == "gap" and channel in self.channels:
            self.counts["gaps"] += 1
            self._note(f"gap in {channel}, id {event.id}")
            for (of, _), sequence in self._heard.items():
                if of == channel:
                    sequence.gap(replays=replays)
        elif event.name in self.channels:
            self._hear(event)
        else:
            self._complain(f"got the event {event.name!r}: {event.data:.200}")

    def _hear(self, event: Received) -> None:
        message = json.loads(event.data)
        publisher, number = message["publisher"], message["number"]
        self.counts["received"] += 1
        self._note(f"{event.name}: {publisher} {number}, id {event.id}")
        if wrong := self.sequence(event.name, publisher).heard(number, f"{self.clock():.2f} s"):
            self._complain(f"{event.name}, {publisher}: {wrong}")

    def sequence(self, channel: str, publisher: str) -> Sequence:
        return self._heard.setdefault((channel, publisher), Sequence(None if self.habit.late else 0))

    def has_all(self, last: Mapping[tuple[str, str], int]) -> bool:
        """Whether it has come as far as that, by channel and publisher."""
        return all(
            (highest := self.sequence(*key).highest) is not None and highest >= number
            for key, number in last.items()
            if key[0] in self.channels
        )

    def verdict(
        self, confirmed: Mapping[tuple[str, str], set[int]], last: Mapping[tuple[str, str], int]
    ) -> Iterator[str]:
        """What is wrong after all."""
        yield from self.violations
        for (channel, publisher), number in last.items():
            if channel in self.channels:
                for what in self.sequence(channel, publisher).violations(confirmed[channel, publisher], number):
                    yield f"{channel}, {publisher}: {what}"

    def sums(self, confirmed: Mapping[tuple[str, str], set[int]]) -> Counter[str]:
        sums = Counter(self.counts)
        known = defaultdict(set, confirmed)
        for key, sequence in self._heard.items():
            sums["doubled"] += sequence.doubled
            sums["told"] += sum(len(hole.lost(known[key])) for hole in sequence.told)
        return sums

    def _complain(self, what: str) -> None:
        self._note(f"VIOLATION: {what}")
        self.violations.append(f"{what}; at {self.clock():.2f} s, after:\n    " + "\n    ".join(self.recent))

    def _note(self, what: str) -> None:
        self.recent.append(f"{self.clock():8.2f} {what}")
