"""How one process follows a channel while its broker answers late, out of turn, or not at all."""

import asyncio

import pytest

from hyperpy.channels.backends.contract import Retention
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.channels.hub import backend_client
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.topic import Mailbox, Topic
from hyperpy.exceptions import BrokerError

PATIENCE = 10


def record(number):
    return Record(Position(7, number), b"%d" % number)


class Source:
    """A broker with so many messages, whose answers can be held up or denied."""

    def __init__(self, last):
        self.numbers = last
        self.watched = False
        self.denials = 0
        self.before_last = self.after_last = lambda: None
        self.answers = asyncio.Event()
        self.answers.set()

    async def watch(self, key):
        self.watched = True

    async def unwatch(self, key):
        self.watched = False

    async def state(self, key):
        last = ChannelState(Position(7, self.numbers))
        self.after_last()
        return last

    async def read(self, key, after, limit):
        if self.denials:
            self.denials -= 1
            raise BrokerError("not now")
        await self.answers.wait()
        return Batch([record(number) for number in range(after.number + 1, self.numbers + 1)])

    async def recovery(self):
        await asyncio.sleep(0)


@pytest.fixture
def mailbox():
    return Mailbox()


async def numbers_in(mailbox, count):
    async with asyncio.timeout(PATIENCE):
        while len(mailbox.records) < count:
            await asyncio.sleep(0)
    return [each.position.number for each in mailbox.records]


async def test_a_message_that_overtakes_the_answer_about_the_last(mailbox):
    source = Source(last=3)
    topic = Topic("key", source)
    topic.add(mailbox)

    def published() -> None:
        source.numbers = 4
        topic.arrived(record(4))

    source.after_last = published
    await topic.open()
    assert await numbers_in(mailbox, 1) == [4]


async def test_a_connection_that_is_lost_while_a_topic_opens(mailbox):
    source = Source(last=3)
    topic = Topic("key", source)
    topic.add(mailbox)

    def missed() -> None:
        source.numbers = 4
        topic.catch_up()

    source.after_last = missed
    await topic.open()
    assert await numbers_in(mailbox, 1) == [4]


async def test_what_could_not_be_read_is_read_later(mailbox):
    source = Source(last=0)
    topic = Topic("key", source)
    topic.add(mailbox)
    await topic.open()
    source.numbers, source.denials = 3, 5
    topic.arrived(record(3))
    assert await numbers_in(mailbox, 3) == [1, 2, 3]


async def test_who_leaves_while_something_is_read_leaves_nothing_behind(mailbox):
    source = Source(last=0)
    topic = Topic("key", source)
    topic.add(mailbox)
    await topic.open()
    source.answers.clear()
    source.numbers = 2
    topic.arrived(record(2))
    await asyncio.sleep(0)
    topic.members.discard(mailbox)
    await topic.retire()
    source.answers.set()
    await asyncio.sleep(0)
    assert (topic.is_open, source.watched) == (False, False)
    topic.add(mailbox)
    await topic.open()
    source.numbers = 4
    topic.arrived(record(4))
    assert await numbers_in(mailbox, 2) == [3, 4]


class Reluctant(MemoryBackend):
    """Is connected all the time, but denies the first requests."""

    denials = 3

    async def state(self, key):
        if self.denials:
            self.denials -= 1
            raise BrokerError("not now")
        return await super().state(key)


async def test_a_topic_that_could_not_be_opened_is_opened_later(monkeypatch, mailbox):
    monkeypatch.setattr(backend_client, "RETRY_AFTER", 0)
    hub = Hub(Reluctant("memory://", Retention()), "memory://")
    hub.start()
    try:
        topic = hub.topic("key", mailbox)
        with pytest.raises(BrokerError):
            await hub.join(topic)
        async with asyncio.timeout(PATIENCE):
            while not topic.is_open:
                await asyncio.sleep(0)
        await hub.publish("key", "name", b"1")
        assert await numbers_in(mailbox, 1) == [1]
    finally:
        await hub.stop()


async def test_what_can_not_be_read_is_told_to_the_subscribers_and_opened_anew(mailbox, caplog):
    """A hole that nobody hears of is a loss."""
    source = Source(1)
    topic = Topic("a", source)
    topic.add(mailbox)
    await topic.open()
    read, source.numbers = source.read, 3

    async def read_wrongly(key, after, limit):
        raise ValueError("no such thing")

    source.read = read_wrongly
    topic.arrived(record(3))
    async with asyncio.timeout(PATIENCE):
        while mailbox.error is None:
            await asyncio.sleep(0)
    assert "no such thing" in caplog.text
    assert not topic.is_open
    source.read = read
    newcomer = Mailbox()
    topic.add(newcomer)
    await topic.open()
    assert newcomer.base == Position(7, 3)
    topic.arrived(record(4))
    assert [each.position.number for each in newcomer.records] == [4]
    assert not mailbox.records
    topic.members.clear()
    await topic.retire()
    assert not source.watched
