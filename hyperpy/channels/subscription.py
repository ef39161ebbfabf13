"""Reading a channel: first what is kept, where that is asked for, then what comes."""

from collections import deque
from enum import Enum
from types import TracebackType
from typing import Final, Protocol, Self

from hyperpy.channels.backends.records import BEGINNING, Batch, Position, Record
from hyperpy.channels.cursor import Cursor, parse_entry
from hyperpy.channels.hub.topic import PAGE, Mailbox, Topic
from hyperpy.channels.message import Message
from hyperpy.exceptions import BrokerError, ChannelError


class Start(Enum):
    """Where a subscription begins."""

    START = "with the oldest message that is kept"
    NOW = "with the next message"


START: Final = Start.START
NOW: Final = Start.NOW

type After = Start | str | None


class Reader(Protocol):
    """What a subscription asks of the hub."""

    async def join(self, topic: Topic) -> None:
        """Opens the topic. Raises BrokerError if that is not possible now; it is done later then."""

    async def read_on(self, key: str, after: Position | None, limit: int) -> Batch:
        """Reads what is kept, however long it takes to reach the broker."""

    def topic(self, key: str, mailbox: Mailbox) -> Topic: ...
    def leave(self, topic: Topic, mailbox: Mailbox) -> None: ...
    def leave_soon(self, topic: Topic, mailbox: Mailbox) -> None: ...


class Subscription:
    """The messages of a channel, for one reader: an async iterator, and an async context manager that has registered
    when it is entered, so that what is read elsewhere after that misses nothing.
    """

    __slots__ = (
        "_after",
        "_ahead",
        "_backlog",
        "_cursor",
        "_ended",
        "_hub",
        "_key",
        "_late",
        "_mailbox",
        "_more",
        "_read_from",
        "_topic",
        "_track",
    )

    def __init__(self, hub: Reader, key: str, after: After, cursor: Cursor) -> None:
        self._topic: Topic | None = None  # once registered
        if after is not None and not isinstance(after, (Start, str)):
            raise ChannelError(
                f"a subscription can't begin after {after!r:.40}",
                hint="Write after=START, after=NOW or after=message.id, or leave it out to resume.",
            )
        self._hub = hub
        self._key = key
        self._after: After = after
        self._cursor = cursor
        self._track = cursor.track(key)
        self._mailbox = Mailbox()
        self._late = False  # registered without the broker, which may have kept something from us
        self._backlog: deque[Record] | None = None  # None until it has begun
        self._read_from: Position | None = None  # the oldest if it is None
        self._ahead = False  # the backlog has come to an epoch that the mailbox will come to
        self._more = False  # there may be more to read before what is in the mailbox
        self._ended = False

    async def __aenter__(self) -> Self:
        await self._enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        if self._ended:
            raise StopAsyncIteration
        if self._topic is None:
            await self._enter()
        record = await self._next()
        if record is None or (record.closes and not record.is_gap):
            self._leave()
            raise StopAsyncIteration
        self._ended = record.closes
        return Message(self._cursor.token(self._track, record), gap=record.is_gap, record=record)

    def __del__(self) -> None:
        # A loop that was left by `break` or cancelled lets go of its iterator, and that is all it does.
        if self._topic is not None:
            self._track.live = False
            self._hub.leave_soon(self._topic, self._mailbox)

    async def _enter(self) -> None:
        if self._ended or self._topic is not None:
            raise ChannelError(
                "this subscription is used already", hint="Each loop needs its own: channel(…).subscribe()"
            )
        self._topic = self._hub.topic(self._key, self._mailbox)
        try:
            await self._hub.join(self._topic)
        except BrokerError:
            self._late = True
        except BaseException:
            self._leave()
            raise
        if not self._late:
            self._begin()

    def _leave(self) -> None:
        self._ended = True
        self._track.live = False
        if self._topic is not None:
            self._hub.leave(self._topic, self._mailbox)
            self._topic = None

    def _begin(self) -> None:
        """Settles what is to be read before the mailbox: from here on the topic is open."""
        base = self._mailbox.base
        assert base is not None
        position, gap = self._beginning(base)
        self._backlog = deque()
        self._read_from = position
        self._track.position = position or BEGINNING
        self._more = position != base
        if gap:
            self._backlog.append(Record(self._track.position, None))

    def _beginning(self, base: Position) -> tuple[Position | None, bool]:
        """The position to read on from, None being the oldest, and whether something is lost before it."""
        if self._after is NOW:
            return base, self._late
        otherwise = None if self._after is START else base
        if isinstance(self._after, str):
            known = parse_entry(self._after, self._key)
        elif self._cursor.resumes:
            known = self._cursor.resumed(self._key)
        else:
            return otherwise, self._late and otherwise is not None
        if known is None:
            return otherwise, True
        return (None if known == BEGINNING and self._after is START else known), False

    async def _next(self) -> Record | None:
        """The next record to tell of; None after the last."""
        mailbox, topic = self._mailbox, self._topic
        assert topic is not None
        while True:
            if self._backlog is None:
                if topic.is_open:
                    self._begin()
                    continue
            elif self._backlog:
                return self._backlog.popleft()
            elif self._more:
                await self._read_on()
                continue
            elif mailbox.records:
                if not self._has_told(record := mailbox.records.popleft()):
                    return record
                continue
            elif topic.closed:
                return None
            if mailbox.error is not None:
                raise mailbox.error
            await mailbox.change()

    async def _read_on(self) -> None:
        base = self._mailbox.base
        assert base is not None
        assert self._backlog is not None
        kept = await self._hub.read_on(self._key, self._read_from, PAGE)
        if kept.gap:
            self._read_from = None if self._after is START else base
            self._backlog.append(Record(self._read_from or BEGINNING, None))
            self._more = self._read_from is None
            return
        self._backlog.extend(kept.records)
        if not kept.records:
            self._more = False
            # The topic has not noticed yet that there is another epoch, in which this client may even have been before.
            self._ahead = self._read_from is not None and self._read_from.epoch != base.epoch
            return
        self._read_from = kept.records[-1].position
        # In another epoch, numbers tell nothing of how far it is to the base: all that is kept is read then.
        self._more = self._read_from.epoch != base.epoch or self._read_from.number < base.number

    def _has_told(self, record: Record) -> bool:
        """Whether a record of the mailbox was in the backlog, or before it."""
        told = self._track.position
        assert told is not None
        epoch, number = record.position
        if record.is_gap or epoch == told.epoch:
            self._ahead = False
        return not record.is_gap and (self._ahead or (epoch == told.epoch and number <= told.number))
