"""Clients that behave like browsers: read a stream, lose it, and reconnect with the last event id."""

import asyncio
import json
import random
import socket
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bench.chaos.received_numbers import ReceivedNumbers
from bench.streams.parsing import Parser, ReceivedEvent
from bench.streams.sockets import RST_ON_CLOSE

REMEMBERED = 12  # entries in the history of a client
SILENCE = 20.0  # seconds without data that are a violation: streams send pings
RECONNECT_AFTER = 0.3  # seconds
SMALL_BUFFER = 4096  # bytes, for a client that reads slowly


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a kind of client behaves. Times are upper limits of random durations, in seconds."""

    name: str
    fraction: float
    """Share of all clients."""
    stays: float = 0.0
    """Until it disconnects, usually in the middle of an event; 0 for never."""
    away: float = RECONNECT_AFTER
    """Until it reconnects."""
    pauses: float = 0.0
    """During which it doesn't read."""
    late: float = 0.0
    """Until its first connection, which asks for new messages only."""


class ChunkedDecoder:
    """Decodes a chunked body that arrives in arbitrary pieces (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self._raw = b""
        self._left = 0  # bytes of the current chunk, including its line end
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
    behaviour: Behaviour
    channels: tuple[str, ...]
    replays: bool
    """Whether it requests all retained messages on every connection, not only on the first."""
    port: int
    dice: random.Random
    clock: Callable[[], float]
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    history: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    recalled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at the end of a run: reconnect, and read without pauses."""
    _received: dict[tuple[str, str], ReceivedNumbers] = field(default_factory=dict)
    _before_first: int | None = 0
    """The number before the first one expected from a publisher not received yet; None accepts any."""
    _id: str = ""
    _writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        await self._pause(self.behaviour.late)
        while True:
            try:
                await self._connect_and_read()
            except (OSError, EOFError) as error:
                self._note(f"lost: {type(error).__name__}")
            finally:
                self.disconnect()
            self.counts["reconnects"] += 1
            longest = self.behaviour.away if self.dice.random() < 0.1 else RECONNECT_AFTER
            await self._pause(longest)

    async def _pause(self, longest: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.dice.uniform(0.0, longest)):
                await self.recalled.wait()
        await asyncio.sleep(self.dice.uniform(0.0, min(longest, RECONNECT_AFTER)))

    def disconnect(self) -> None:
        """Reset the connection, if there is one."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            writer.transport.abort()

    async def _connect_and_read(self) -> None:
        reader, self._writer = await self._connect()
        first = not self.counts["connections"]
        self.counts["connections"] += 1
        for numbers in self._received.values():
            numbers.reconnected(without_id=not self._id)
        from_start = first and not self.behaviour.late
        if not from_start and not self._id:
            self._before_first = None
        replays = self.replays or from_start
        path = f"/channels/watch?names={','.join(self.channels)}&replays={str(replays).lower()}"
        last_event_id = f"Last-Event-ID: {self._id}\r\n" if self._id else ""
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n{last_event_id}\r\n".encode()
        )
        self._note(f"requested, replays={replays}, {last_event_id.strip() or 'no id'}")
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if not head.startswith("HTTP/1.1 200"):
            self.counts["refused"] += 1
            self._note(head.partition("\r\n")[0])
        else:
            self.connected.set()
            self._note(await self._read(reader, replays=replays))

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        client = socket.socket()
        client.setblocking(False)
        if self.behaviour.pauses:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        try:
            await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
        except BaseException:
            client.close()
            raise
        return await asyncio.open_connection(sock=client, limit=SMALL_BUFFER if self.behaviour.pauses else 1 << 16)

    async def _read(self, reader: asyncio.StreamReader, *, replays: bool) -> str:
        """Read until the stream ends or the client disconnects; return which."""
        chunks, parser = ChunkedDecoder(), Parser()
        disconnect_at = (
            self.clock() + self.dice.uniform(0.0, self.behaviour.stays) if self.behaviour.stays else float("inf")
        )
        pause_at = self.clock() + self.dice.uniform(0.0, 10.0) if self.behaviour.pauses else float("inf")
        while not chunks.ended:
            disconnecting = self.clock() > disconnect_at
            try:
                async with asyncio.timeout(SILENCE):
                    piece = await reader.read(self.dice.randint(1, 300) if disconnecting else 1 << 16)
            except TimeoutError:
                self._violated(f"received nothing for {SILENCE:g} s, not even a ping")
                return "disconnected"
            if not piece:
                return "cut"
            for event in parser.feed(chunks.feed(piece)):
                self._handle(event, replays=replays)
            if disconnecting:
                return "disconnected"
            if self.clock() > pause_at:
                await self._pause(self.behaviour.pauses)
                pause_at = self.clock() + self.dice.uniform(0.0, 10.0)
        return "ended"

    def _handle(self, event: ReceivedEvent, *, replays: bool) -> None:
        self._id = event.id
        kind, _, channel = event.name.rpartition(":")
        if kind == "gap" and channel in self.channels:
            self.counts["gaps"] += 1
            self._note(f"gap in {channel}, id {event.id}")
            for (name, _), numbers in self._received.items():
                if name == channel:
                    numbers.gap(replays=replays)
        elif event.name in self.channels:
            self._handle_message(event)
        else:
            self._violated(f"unexpected event {event.name!r}: {event.data:.200}")

    def _handle_message(self, event: ReceivedEvent) -> None:
        message = json.loads(event.data)
        publisher, number = message["publisher"], message["number"]
        self.counts["received"] += 1
        self._note(f"{event.name}: {publisher} {number}, id {event.id}")
        if violation := self.numbers(event.name, publisher).receive(number, f"{self.clock():.2f} s"):
            self._violated(f"{event.name}, {publisher}: {violation}")

    def numbers(self, channel: str, publisher: str) -> ReceivedNumbers:
        return self._received.setdefault((channel, publisher), ReceivedNumbers(self._before_first))

    def has_all(self, last: Mapping[tuple[str, str], int]) -> bool:
        """Whether it has received these numbers, by channel and publisher, or later ones."""
        return all(
            (highest := self.numbers(*key).highest) is not None and highest >= number
            for key, number in last.items()
            if key[0] in self.channels
        )

    def all_violations(
        self, confirmed: Mapping[tuple[str, str], set[int]], last: Mapping[tuple[str, str], int]
    ) -> Iterator[str]:
        """Violations noticed during the run, and those found at its end."""
        yield from self.violations
        for (channel, publisher), number in last.items():
            if channel in self.channels:
                for violation in self.numbers(channel, publisher).violations(confirmed[channel, publisher], number):
                    yield f"{channel}, {publisher}: {violation}"

    def totals(self, confirmed: Mapping[tuple[str, str], set[int]]) -> Counter[str]:
        totals = Counter(self.counts)
        known = defaultdict(set, confirmed)
        for key, numbers in self._received.items():
            totals["duplicates"] += numbers.duplicates
            totals["reported"] += sum(len(missing.lost(known[key])) for missing in numbers.reported)
        return totals

    def _violated(self, description: str) -> None:
        self._note(f"VIOLATION: {description}")
        self.violations.append(f"{description}; at {self.clock():.2f} s, after:\n    " + "\n    ".join(self.history))

    def _note(self, entry: str) -> None:
        self.history.append(f"{self.clock():8.2f} {entry}")
