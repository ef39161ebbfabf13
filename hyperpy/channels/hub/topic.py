"""One channel as this process hears it: messages come in once, and go to every subscriber's mailbox."""

import asyncio
import logging
from collections import deque
from typing import Final, Protocol

from hyperpy.channels.backends.records import BEGINNING, Batch, ChannelState, Position, Record
from hyperpy.exceptions import BrokerError, ChannelError

logger: Final = logging.getLogger("hyperpy.channels")

MAILBOX: Final = 1000  # messages that wait for a subscriber before it is given a gap instead
PAGE: Final = 100  # messages that are read at a time


class Source(Protocol):
    """What a topic asks of its backend. All but the last raise BrokerError if it takes too long."""

    async def watch(self, key: str) -> None: ...
    async def unwatch(self, key: str) -> None: ...
    async def state(self, key: str) -> ChannelState: ...
    async def read(self, key: str, after: Position | None, limit: int) -> Batch: ...

    async def recovery(self) -> None:
        """Waits until it is worth another attempt."""


class Mailbox:
    """What has come for one subscriber since `base`, the channel's position at its registration."""

    __slots__ = ("_waiter", "base", "error", "records")

    def __init__(self) -> None:
        self.base: Position | None = None
        self.records: deque[Record] = deque()
        self.error: ChannelError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, record: Record) -> None:
        if len(self.records) >= MAILBOX:
            self.records.clear()
            epoch, number = record.position
            self.records.append(Record(Position(epoch, number - 1), None))
        self.records.append(record)
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def change(self) -> None:
        """Waits until there is something new to see. For one waiter at a time."""
        if self._waiter is not None:
            raise ChannelError(
                "two tasks wait for the next message of one subscription",
                hint="Give each its own: async for message in channel(…).subscribe()",
            )
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


class Topic:
    """Follows a channel from `open` on. A hole in the numbers is read from what is kept, before anything goes on."""

    __slots__ = ("_following", "_lock", "_source", "_stale", "_watched", "closed", "key", "mailboxes", "position")

    def __init__(self, key: str, source: Source) -> None:
        self.key = key
        self._source = source
        self._lock = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None
        self._stale = False
        self._watched = False
        self.mailboxes: set[Mailbox] = set()
        self.position: Position | None = None  # of the last message that went to the mailboxes
        self.closed = False

    @property
    def is_open(self) -> bool:
        return self.position is not None

    def add(self, mailbox: Mailbox) -> None:
        """From now on, or from when it is open, the mailbox gets everything."""
        self.mailboxes.add(mailbox)
        mailbox.base = self.position

    async def open(self) -> None:
        async with self._lock:
            if self.position is None:
                self._watched = True
                await self._source.watch(self.key)
                self._stale = False
                last = await self._source.state(self.key)
                self.position, self.closed = last.position, last.closed
                for mailbox in self.mailboxes:
                    mailbox.base = self.position
                    mailbox.wake()
                # What was published after the broker had told its last may have overtaken that answer.
                if self._stale:
                    self.catch_up()

    async def retire(self) -> None:
        """Stops to listen if nobody is left."""
        async with self._lock:
            if not self.mailboxes and self._watched:
                self._watched = False
                self.position = None
                if self._following is not None:
                    self._following.cancel()
                    self._following = None
                await self._source.unwatch(self.key)

    def arrived(self, record: Record) -> None:
        if self.position is None:
            self._stale = True
        elif self._follows(record):
            pass
        elif self._following is None and self._is_next(record):
            self._deliver(record)
        else:
            self.catch_up()

    def catch_up(self) -> None:
        """Reads what has been missed, as soon as it is open. What arrives meanwhile may be missing too: it is read."""
        self._stale = True
        if self._following is None and self.position is not None:
            self._following = asyncio.create_task(self._catch_up())

    def fail(self, error: ChannelError) -> None:
        """Nothing will ever come again."""
        if self._following is not None:
            self._following.cancel()
        for mailbox in self.mailboxes:
            mailbox.error = error
            mailbox.wake()

    def _break(self) -> None:
        """Nobody knows what is missing: subscribers are told, to come back and read it. Who comes now opens it anew."""
        for mailbox in self.mailboxes:
            mailbox.error = ChannelError("the channel could not be followed; the log says why")
            mailbox.wake()
        self.mailboxes.clear()
        self.position = None

    def _follows(self, record: Record) -> bool:
        """Whether the record has been delivered before."""
        assert self.position is not None
        return record.position.epoch == self.position.epoch and record.position.number <= self.position.number

    def _is_next(self, record: Record) -> bool:
        assert self.position is not None
        same = record.position.epoch == self.position.epoch or self.position == BEGINNING
        return same and record.position.number == self.position.number + 1

    def _deliver(self, record: Record) -> None:
        self.position = record.position
        self.closed = self.closed or record.closes
        for mailbox in self.mailboxes:
            mailbox.put(record)

    async def _catch_up(self) -> None:
        try:
            while self._stale:
                self._stale = False
                try:
                    await self._read_all()
                except BrokerError:
                    self._stale = True
                    await self._source.recovery()
        except Exception:
            logger.exception("a channel could not be caught up with")
            self._break()
        finally:
            if self._following is asyncio.current_task():
                self._following = None

    async def _read_all(self) -> None:
        while True:
            kept = await self._source.read(self.key, self.position, PAGE)
            if kept.gap:
                last = await self._source.state(self.key)
                self._deliver(Record(last.position, None, closes=last.closed))
            elif not kept.records:
                return
            for record in kept.records:
                self._deliver(record)
