"""A channel's fan-out within one process."""

import asyncio
import logging
from collections import deque
from typing import Final, override

from hyperpy.channels.backends.records import BEGINNING, Position, Record
from hyperpy.channels.hub.backend_client import BackendClient
from hyperpy.channels.hub.watch import Watch
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelError

logger: Final = logging.getLogger("hyperpy.channels")

MAILBOX: Final = 1000  # messages that a subscriber can be behind before it gets a gap instead
MAILBOX_BYTES: Final = 8 * 1024 * 1024  # of their data; one message may be larger
PAGE: Final = 100  # messages read at a time


class Mailbox:
    """A bounded queue of messages for one subscriber, starting at `base`, the channel's position when it subscribed."""

    __slots__ = ("_waiter", "base", "error", "records", "size")

    def __init__(self) -> None:
        self.base: Position | None = None  # None until the topic is open
        self.records: deque[Record] = deque()
        self.size = 0  # bytes of their data
        self.error: ChannelError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, record: Record) -> None:
        records = self.records
        if records and (len(records) >= MAILBOX or self.size + record.size > MAILBOX_BYTES):
            records.clear()
            self.size = 0
            epoch, number = record.position
            records.append(Record(Position(epoch, number - 1), None))
        records.append(record)
        self.size += record.size
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def take(self) -> Record:
        record = self.records.popleft()
        self.size -= record.size
        return record

    def fail(self, error: ChannelError) -> None:
        self.error = error
        self.wake()

    def wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def change(self) -> asyncio.Future[None]:
        """What to await for news. Raises ChannelError if another task waits already."""
        if self._waiter is not None and not self._waiter.done():
            raise ChannelError(
                "two tasks are waiting for the next message of one subscription",
                hint="Give each its own: async for message in channel(…).subscribe()",
            )
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        return waiter


class Topic(Watch[Mailbox]):
    """Each message arrives from the backend once, and goes to the mailboxes of all members in order.

    | state       | left by                                                                                      |
    |-------------|----------------------------------------------------------------------------------------------|
    | closed      | `open`: it is watched, and starts at the position that the backend reports                   |
    | live        | `retire`: closed; the next message in order is delivered, any other means: catching up       |
    | catching up | having read all that was missed: live; arrivals only make it `stale`, which is read once more |

    If reading fails for good, all members get an error and the topic is closed.
    """

    __slots__ = ("_catching_up", "_is_stale", "closed", "position")

    def __init__(self, key: str, client: BackendClient) -> None:
        super().__init__(key, client)
        self.position: Position | None = None  # of the newest message delivered, while it is open
        self.closed = False  # the channel has ended
        self._is_stale = False  # there may be messages that haven't been read
        self._catching_up: asyncio.Task[None] | None = None

    def add(self, mailbox: Mailbox) -> None:
        """Deliver everything to the mailbox from now on, or from when the topic is open."""
        self.members.add(mailbox)
        mailbox.base = self.position

    @override
    async def _opening(self) -> None:
        self._is_stale = False
        state = await self._client.call(self._client.backend.state(self.key))
        self.position, self.closed = state.position, state.closed
        for mailbox in self.members:
            mailbox.base = self.position
            mailbox.wake()
        # A message published after the backend had read the state may have arrived before its answer.
        if self._is_stale:
            self.catch_up()

    @override
    def _closed(self) -> None:
        self.position = None
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None

    def arrived(self, record: Record) -> None:
        here, (epoch, number) = self.position, record.position
        if here is None:
            self._is_stale = True
        elif epoch == here.epoch and number <= here.number:
            return  # it has been delivered
        elif self._catching_up is None and number == here.number + 1 and (epoch == here.epoch or here == BEGINNING):
            self._deliver(record)
        else:
            self.catch_up()

    def catch_up(self) -> None:
        """Read what may have been missed, once the topic is open."""
        self._is_stale = True
        if self._catching_up is None and self.position is not None:
            self._catching_up = asyncio.create_task(self._catch_up())

    def fail(self, error: ChannelError) -> None:
        """End all subscriptions with an error."""
        if self._catching_up is not None:
            self._catching_up.cancel()
        for mailbox in self.members:
            mailbox.fail(error)

    def break_off(self) -> None:
        """Fail all subscribers so that they resubscribe from their last id. The next subscriber reopens the topic."""
        for mailbox in self.members:
            mailbox.fail(ChannelError("reading the channel failed; the log says why"))
        self.members.clear()
        self.position = None
        self.is_open = False

    def _deliver(self, record: Record) -> None:
        self.position = record.position
        self.closed = self.closed or record.closes
        for mailbox in self.members:
            mailbox.put(record)

    async def _catch_up(self) -> None:
        try:
            failures = 0
            while self._is_stale:
                self._is_stale = False
                try:
                    await self._read_all()
                except BrokerRefusalError:
                    raise
                except BrokerError:
                    self._is_stale = True
                    await self._client.recovery(failures)
                    failures += 1
        except Exception:
            logger.exception("reading a channel failed")
            self.break_off()
        finally:
            if self._catching_up is asyncio.current_task():
                self._catching_up = None

    async def _read_all(self) -> None:
        while True:
            batch = await self._client.call(self._client.backend.read(self.key, self.position, PAGE))
            if batch.gap:
                state = await self._client.call(self._client.backend.state(self.key))
                self._deliver(Record(state.position, None, closes=state.closed))
            elif not batch.records:
                return
            for record in batch.records:
                self._deliver(record)
