"""The promises of queues, on each backend."""

import asyncio
import gc

import pytest

from hyperpy import START, channel, queue
from hyperpy.channels import connect
from hyperpy.exceptions import ChannelError
from tests.channels.steps import take_items
from tests.support.until import PATIENCE, until


@pytest.mark.usefixtures("hub")
async def test_an_item_is_acknowledged_by_asking_for_the_next():
    for number in range(3):
        await queue("a").put({"number": number})
    assert await take_items("a", 2) == [{"number": 0}, {"number": 1}]
    assert await take_items("a", 2) == [{"number": 1}, {"number": 2}]


async def test_a_waiting_consumer_gets_a_new_item(hub):
    consumer = asyncio.create_task(take_items("a", 1))
    await until(lambda: any(watch.is_open for watch in hub._queues.values()))
    await queue("a").put("late")
    assert await consumer == ["late"]


@pytest.mark.usefixtures("hub")
async def test_each_item_has_one_consumer():
    taken = []

    async def consume() -> None:
        async for item in queue("a"):
            taken.append(item)
            await asyncio.sleep(0)

    consumers = [asyncio.create_task(consume()) for _ in range(5)]
    for number in range(100):
        await queue("a").put(number)
    await until(lambda: len(taken) >= 100)
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    assert sorted(taken) == list(range(100))


@pytest.mark.usefixtures("hub")
async def test_a_cancelled_consumer_releases_its_item():
    await queue("a").put("item")
    received = asyncio.Event()

    async def consume() -> None:
        async for _ in queue("a"):
            received.set()
            await asyncio.Event().wait()

    consumer = asyncio.create_task(consume())
    async with asyncio.timeout(PATIENCE):
        await received.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    del consumer
    gc.collect()
    assert await take_items("a", 1) == ["item"]


async def test_releasing_an_item_as_the_application_ends_leaves_no_warning(settings):
    async with connect(settings), asyncio.timeout(PATIENCE):
        await queue("a").put("item")
        items = aiter(queue("a"))
        assert await anext(items) == "item"
        closing = asyncio.create_task(items.aclose())
        await asyncio.sleep(0)
    gc.collect()
    await asyncio.gather(closing, return_exceptions=True)


async def test_an_item_whose_consumer_is_cancelled_while_taking_it_is_released(hub, monkeypatch):
    """The broker has handed it out already."""
    await queue("a").put("item")
    taken, proceed = asyncio.Event(), asyncio.Event()
    take = hub.backend.take

    async def take_slowly(key, lease):
        item = await take(key, lease)
        taken.set()
        await proceed.wait()
        return item

    monkeypatch.setattr(hub.backend, "take", take_slowly)
    consumer = asyncio.create_task(take_items("a", 1))
    async with asyncio.timeout(PATIENCE):
        await taken.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    monkeypatch.undo()
    proceed.set()
    assert await take_items("a", 1) == ["item"]


@pytest.mark.usefixtures("memory_hub")
async def test_a_queue_and_a_channel_of_one_name_are_separate():
    await queue("a").put("item")
    await channel("a").publish("message")
    async with channel("a").subscribe(after=START) as messages:
        assert (await anext(messages)).data == "message"
    assert await take_items("a", 1) == ["item"]


@pytest.mark.usefixtures("memory_hub")
async def test_bytes_raise_an_error():
    with pytest.raises(ChannelError, match="can't be published"):
        await queue("a").put(b"x")
