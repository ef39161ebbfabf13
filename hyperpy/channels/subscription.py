"""Reading a channel: first the messages that are kept, where that is wanted, then those that arrive."""

from collections import deque
from enum import Enum, IntEnum, auto
from typing import Final, Self

from hyperpy.channels.backends.records import BEGINNING, Position, Record
from hyperpy.channels.cursor import Cursor
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.topic import PAGE, Mailbox, Topic
from hyperpy.channels.message import Message
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelError


class Start(Enum):
    """Where a subscription begins."""

    START = "with the oldest message that is kept"
    NOW = "with the next message"


START: Final = Start.START
NOW: Final = Start.NOW

type After = Start | str | None


class _Phase(IntEnum):
    """Where a subscription's next message comes from. It only moves down this table.

    | phase   | source of the next message                     | left when                        | next          |
    |---------|------------------------------------------------|----------------------------------|---------------|
    | NEW     |                                                | it is entered, or looped over    | OPENING       |
    | OPENING | none: the topic waits for the backend          | the topic is open                | READING, LIVE |
    | READING | the backend, page by page, up to the mailbox's | the base is reached, or nothing  | AHEAD, LIVE   |
    |         | base                                           | more is kept                     |               |
    | AHEAD   | the mailbox, from a gap or the backlog's last  | one of both arrives              | LIVE          |
    |         | epoch on; what comes before was read already   | the channel is closed            | ENDED         |
    | LIVE    | the mailbox, after the last message read       | the channel is closed            | ENDED         |
    | ENDED   | none                                           |                                  |               |

    What has been read is delivered before the mailbox. Leaving the loop ends a subscription in any phase. A slow
    subscriber stays in its phase: `Mailbox` replaces what it has no room for by a gap. An error of the backend is
    raised in any phase but ENDED, and leaves the phase as it is.
    """

    NEW = auto()
    OPENING = auto()
    READING = auto()
    AHEAD = auto()
    LIVE = auto()
    ENDED = auto()


# Module-level aliases: faster to look up than enum attributes.
_NEW, _OPENING, _READING, _AHEAD, _LIVE, _ENDED = _Phase


class Subscription:
    """The messages of a channel, for one reader: an async iterator and async context manager.

    Nothing is missed after entering it, so that state which is read then can be kept up to date by the messages.
    """

    __slots__ = (
        "_after",
        "_backlog",
        "_cursor",
        "_hub",
        "_key",
        "_mailbox",
        "_phase",
        "_read_up_to",
        "_topic",
        "_track",
    )

    def __init__(self, hub: Hub, key: str, after: After, cursor: Cursor) -> None:
        self._topic: Topic | None = None  # from entering to leaving
        if after is not None and not isinstance(after, (Start, str)):
            raise ChannelError(
                f"a subscription can't begin after {after!r:.40}",
                hint="Write after=START, after=NOW or after=message.id, or leave it out to resume.",
            )
        self._phase = _NEW
        self._hub = hub
        self._key = key
        self._after: After = after
        self._cursor = cursor
        self._track = cursor.track(key)
        self._mailbox = Mailbox()
        self._read_up_to: Position | None = None  # while READING; None to read from the oldest message
        self._backlog: deque[Record] = deque()  # read, but not yet delivered

    async def __aenter__(self) -> Self:
        if self._phase is not _NEW:
            raise ChannelError(
                "this subscription has been used already", hint="Each loop needs its own: channel(…).subscribe()"
            )
        self._proceed(_OPENING)
        self._topic = self._hub.topic(self._key, self._mailbox)
        try:
            await self._hub.join(self._topic)
            self._begin(is_late=False)
        except BaseException as error:
            if isinstance(error, BrokerError) and not isinstance(error, BrokerRefusalError):
                return self  # it begins when the topic is open
            self._leave()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        if self._phase is _LIVE and not self._backlog:
            # Nearly always: the next message in order. `_next` handles everything else.
            mailbox, topic = self._mailbox, self._topic
            assert topic is not None
            records = mailbox.records
            if not records and mailbox.error is None and not topic.closed:
                await mailbox.change()
            if records and self._phase is _LIVE and (first := records[0]).data is not None:
                last, (epoch, number) = self._track.position, first.position
                if last is not None and epoch == last.epoch and number > last.number and not first.closes:
                    return Message(self._cursor.token(self._track, mailbox.take()), record=first)
        if self._phase is _NEW:
            await self.__aenter__()
        record = None if self._phase is _ENDED else await self._next()
        if record is None or (record.closes and not record.is_gap):
            self._leave()
            raise StopAsyncIteration
        id = self._cursor.token(self._track, record)
        if record.closes:
            self._leave()
        return Message(id, gap=record.is_gap, record=record)

    def __del__(self) -> None:
        # A loop that ends by `break` or cancellation drops its iterator without leaving it.
        if self._topic is not None:
            self._track.live = False
            self._hub.leave_soon(self._topic, self._mailbox)

    def _proceed(self, phase: _Phase) -> None:
        assert self._phase < phase, f"{self._phase!r} to {phase!r}"
        self._phase = phase

    def _leave(self) -> None:
        self._phase = _ENDED
        self._track.live = False
        if self._topic is not None:
            self._hub.leave(self._topic, self._mailbox)
            self._topic = None

    def _begin(self, *, is_late: bool) -> None:
        """Decide where to begin, now that the topic is open. If that is late, messages may have been missed."""
        if self._phase is not _OPENING:
            return  # another task has begun it
        base = self._mailbox.base
        assert base is not None
        position, gap = self._beginning(base, is_late)
        self._track.position = position or BEGINNING
        self._read_up_to = position
        self._proceed(_LIVE if position == base else _READING)
        if gap:
            self._backlog.append(Record(self._track.position, None))

    def _beginning(self, base: Position, is_late: bool) -> tuple[Position | None, bool]:
        """The position to begin after, None to begin with the oldest message; and whether there is a gap before."""
        if self._after is NOW:
            return base, is_late
        default = None if self._after is START else base
        if isinstance(self._after, str):
            known = Cursor(self._after).resumed(self._key)
        elif self._cursor.resumes:
            known = self._cursor.resumed(self._key)
        else:
            return default, is_late and default is not None
        if known is None:
            return default, True
        return (None if known == BEGINNING and self._after is START else known), False

    async def _next(self) -> Record | None:
        """The next record to deliver; None at the end."""
        mailbox, topic = self._mailbox, self._topic
        assert topic is not None
        while True:
            if self._backlog:
                return self._backlog.popleft()
            if self._phase is _READING:
                await self._read()
            elif self._phase is _OPENING and topic.is_open:
                self._begin(is_late=True)
            elif self._phase is not _OPENING and mailbox.records:
                if not self._is_old(record := mailbox.take()):
                    return record
            elif self._phase is not _OPENING and topic.closed:
                return None
            elif mailbox.error is not None:
                raise mailbox.error
            else:
                await mailbox.change()

    async def _read(self) -> None:
        """Read a page, and find out whether there is more before the mailbox."""
        base = self._mailbox.base
        assert base is not None
        batch = await self._hub.read(self._key, self._read_up_to, PAGE)
        self._backlog.extend(batch.records)
        if batch.gap:
            self._read_up_to = None if self._after is START else base
            self._backlog.append(Record(self._read_up_to or BEGINNING, None))
            reached = self._read_up_to is not None
        elif batch.records:
            self._read_up_to = batch.records[-1].position
            # Numbers of another epoch don't say how far away the base is: read everything that is kept.
            reached = self._read_up_to.epoch == base.epoch and self._read_up_to.number >= base.number
        elif self._read_up_to is not None and self._read_up_to.epoch != base.epoch:
            # The topic hasn't noticed the new epoch yet, from which this client may even come.
            self._proceed(_AHEAD)
            return
        else:
            reached = True
        if reached:
            self._proceed(_LIVE)

    def _is_old(self, record: Record) -> bool:
        """Whether a record of the mailbox has been read before."""
        last = self._track.position
        assert last is not None
        epoch, number = record.position
        if self._phase is _AHEAD and (record.is_gap or epoch == last.epoch):
            self._proceed(_LIVE)
        return not record.is_gap and (self._phase is _AHEAD or (epoch == last.epoch and number <= last.number))
