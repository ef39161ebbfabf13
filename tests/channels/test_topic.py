"""A topic whose backend answers late, out of order, or not at all."""

import asyncio

import pytest

from hyperpy.channels.backends.contract import Retention
from hyperpy.channels.backends.memory import MemoryBackend
from hyperpy.channels.backends.records import Batch, ChannelState, Position, Record
from hyperpy.channels.hub import backend_client
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.topic import Mailbox, Topic
from hyperpy.exceptions import BrokerError
from tests.support.until import until


def record(number):
    return Record(Position(7, number), b"%d" % number)


class Client:
    """Stands for a backend client. Its channel has `numbers` messages; its answers can be delayed or refused."""

    def __init__(self, last):
        self.numbers = last
        self.watched = False
        self.refusals = 0
        self.before_last = self.after_last = lambda: None
        self.backend = self
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
        if self.refusals:
            self.refusals -= 1
            raise BrokerError("not now")
        await self.answers.wait()
        return Batch([record(number) for number in range(after.number + 1, self.numbers + 1)])

    async def call(self, answer):
        return await answer

    async def recovery(self, failures=0):
        await asyncio.sleep(0)


@pytest.fixture
def mailbox():
    return Mailbox()


async def numbers_in(mailbox, count):
    await until(lambda: len(mailbox.records) >= count)
    return [each.position.number for each in mailbox.records]


async def test_a_message_arrives_before_the_state(mailbox):
    client = Client(last=3)
    topic = Topic("key", client)
    topic.add(mailbox)

    def published() -> None:
        client.numbers = 4
        topic.arrived(record(4))

    client.after_last = published
    await topic.open()
    assert await numbers_in(mailbox, 1) == [4]


async def test_the_connection_is_lost_while_a_topic_opens(mailbox):
    client = Client(last=3)
    topic = Topic("key", client)
    topic.add(mailbox)

    def missed() -> None:
        client.numbers = 4
        topic.catch_up()

    client.after_last = missed
    await topic.open()
    assert await numbers_in(mailbox, 1) == [4]


async def test_reading_is_retried(mailbox):
    client = Client(last=0)
    topic = Topic("key", client)
    topic.add(mailbox)
    await topic.open()
    client.numbers, client.refusals = 3, 5
    topic.arrived(record(3))
    assert await numbers_in(mailbox, 3) == [1, 2, 3]


async def test_retiring_while_reading(mailbox):
    client = Client(last=0)
    topic = Topic("key", client)
    topic.add(mailbox)
    await topic.open()
    client.answers.clear()
    client.numbers = 2
    topic.arrived(record(2))
    await asyncio.sleep(0)
    topic.members.discard(mailbox)
    await topic.retire()
    client.answers.set()
    await asyncio.sleep(0)
    assert (topic.is_open, client.watched) == (False, False)
    topic.add(mailbox)
    await topic.open()
    client.numbers = 4
    topic.arrived(record(4))
    assert await numbers_in(mailbox, 2) == [3, 4]


class RefusingBackend(MemoryBackend):
    """Connected, but refuses the first calls."""

    refusals = 3

    async def state(self, key):
        if self.refusals:
            self.refusals -= 1
            raise BrokerError("not now")
        return await super().state(key)


async def test_opening_a_topic_is_retried(monkeypatch, mailbox):
    monkeypatch.setattr(backend_client, "RETRY_AFTER", 0)
    hub = Hub(RefusingBackend("memory://", Retention()), "memory://")
    hub.start()
    try:
        topic = hub.topic("key", mailbox)
        with pytest.raises(BrokerError):
            await hub.join(topic)
        await until(lambda: topic.is_open)
        await hub.publish("key", "name", b"1")
        assert await numbers_in(mailbox, 1) == [1]
    finally:
        await hub.stop()


async def test_subscribers_get_an_error_if_reading_fails(mailbox, caplog):
    """The next subscriber opens the topic again."""
    client = Client(1)
    topic = Topic("a", client)
    topic.add(mailbox)
    await topic.open()
    read, client.numbers = client.read, 3

    async def read_wrongly(key, after, limit):
        raise ValueError("no such thing")

    client.read = read_wrongly
    topic.arrived(record(3))
    await until(lambda: mailbox.error)
    assert "no such thing" in caplog.text
    assert not topic.is_open
    client.read = read
    newcomer = Mailbox()
    topic.add(newcomer)
    await topic.open()
    assert newcomer.base == Position(7, 3)
    topic.arrived(record(4))
    assert [each.position.number for each in newcomer.records] == [4]
    assert not mailbox.records
    topic.members.clear()
    await topic.retire()
    assert not client.watched
