"""Messages kept in memory are bounded, and dropped ones are reported as a gap."""

import asyncio
import gc
import tracemalloc

import pytest

from hyperpy import START, channel, queue
from hyperpy.channels import Message, connect
from hyperpy.channels.hub.topic import MAILBOX_BYTES
from hyperpy.config import Settings
from hyperpy.exceptions import BrokerError, ChannelError
from tests.channels.steps import take_all
from tests.support.until import PATIENCE

BOUND = 100_000


@pytest.fixture
async def hub():
    async with connect(Settings(channel_max_bytes=BOUND)) as connected:
        yield connected


async def first(name: str, after: object) -> Message:
    async with asyncio.timeout(PATIENCE):
        return await anext(channel(name).subscribe(after=after))


async def data_of(name: str) -> list[object]:
    """The messages that a new subscriber receives. Closes the channel."""
    await channel(name).close()
    return await take_all(channel(name).subscribe(after=START))


async def test_the_oldest_messages_of_the_largest_channels_are_dropped(hub):
    await channel("quiet").publish("x" * 1000)
    for number in range(50):
        await channel("flooded").publish(f"{number}" + "x" * 10_000)
    assert hub.backend._logs.size <= BOUND
    assert await data_of("quiet") == ["x" * 1000]
    kept = await data_of("flooded")
    assert 5 <= len(kept) < 10
    assert kept[-1].startswith("49x")


async def test_what_was_dropped_is_a_gap(hub):
    """For a subscriber that comes back, and for one that has never had a message of the channel."""
    ids = {}
    for name in ("ahead", "behind"):
        await channel(name).publish(1)
        ids[name] = (await first(name, START)).id
    key = ids["behind"].partition(".")[0]
    for number in range(30):
        await channel("behind").publish("x" * 10_000)
        await channel(f"other {number % 3}").publish("x" * 10_000)
    for id in (ids["behind"], f"{key}.0.0"):
        assert (await first("behind", id)).gap
    await channel("ahead").publish(2)
    assert (await first("ahead", ids["ahead"])).data == 2


async def test_a_subscriber_that_listens_misses_nothing(hub):
    async with channel("a").subscribe() as messages:
        for number in range(50):
            await channel("a").publish(f"{number}" + "x" * 10_000)
            assert (await anext(messages)).data.startswith(f"{number}x")


async def test_a_message_that_is_larger_than_all_is_an_error(hub):
    await channel("a").publish(1)
    with pytest.raises(ChannelError, match="more than memory:// keeps"):
        await channel("a").publish("x" * BOUND)
    await channel("a").publish("x" * (BOUND - 1000))
    assert len((await first("a", START)).data) == BOUND - 1000


async def test_channels_without_messages_are_forgotten(hub):
    for number in range(1000):
        await channel(f"name {number}").publish(number)
    assert hub.backend._logs.size <= BOUND
    assert len(hub.backend._logs) < 100
    assert await data_of("name 999") == [999]


async def test_items_are_never_dropped(hub):
    async def fill() -> None:
        for _ in range(50):
            await queue("a").put("x" * 10_000)

    with pytest.raises(BrokerError, match="its queues hold"):
        await fill()
    count = sum(map(len, hub.backend._queues.values()))
    assert 5 <= count < 10
    item = await queue("a").take()
    with pytest.raises(BrokerError):
        await queue("a").put("x" * 10_000)
    await item.ack()
    await queue("a").put("x" * 10_000)
    for _ in range(count):
        await queue("a").get()
    assert hub.backend._queued == 0


async def test_what_subscribers_are_sent_is_not_kept():
    """Messages are small, and what is made of them is large."""
    async with asyncio.timeout(PATIENCE), connect(Settings()), channel("a").subscribe() as messages:
        for _ in range(3):
            tracemalloc.start()
            for _ in range(50):
                await channel("a").publish(1)
                (await anext(messages)).event("x" * 100_000)
            gc.collect()
            size, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert size < 1_000_000


async def test_a_slow_subscriber_is_bounded_in_bytes(memory_hub):
    async with channel("a").subscribe() as messages:
        for number in range(30):
            await channel("a").publish(f"{number}" + "x" * (MAILBOX_BYTES // 10))
        assert messages._mailbox.size <= MAILBOX_BYTES
        assert (await anext(messages)).gap
        assert not (await anext(messages)).gap
        await channel("a").publish("x" * MAILBOX_BYTES)
        found = [message async for message in _until_large(messages)]
    assert found[-2].gap
    assert messages._mailbox.size == 0


async def _until_large(messages):
    async for message in messages:
        yield message
        if not message.gap and len(message.data) == MAILBOX_BYTES:
            return
