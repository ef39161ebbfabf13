"""The promises of queues, on each backend."""

import asyncio
import gc

import pytest

from hyperpy import START, channel, queue
from hyperpy.channels import connect
from hyperpy.exceptions import ChannelClosedError, ChannelError
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


@pytest.mark.usefixtures("hub")
async def test_a_taken_item_is_acknowledged_when_its_block_is_left():
    """Also by `return` or `break`, but not by an exception or a cancellation."""

    async def last() -> object:
        async with queue("a").take() as item:
            return item.data

    async def failing(error: type[BaseException]) -> None:
        async with queue("a").take() as item:
            assert item.data == 1
            raise error

    for number in range(4):
        await queue("a").put(number)
    assert await last() == 0
    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            await failing(error)
    while True:
        async with queue("a").take() as item:
            break
    assert item.data == 1
    assert await queue("a").get() == 2
    item = await queue("a").take()
    assert repr(item) == "Item(3)"
    await item.release()
    await item.release()
    item = await queue("a").take()
    for _ in range(2):
        await item.ack()
    await item.release()
    await queue("a").put("next")
    assert await queue("a").get() == "next"


@pytest.mark.usefixtures("hub")
async def test_a_taken_item_that_is_forgotten_is_released():
    await queue("a").put("item")
    item = await queue("a").take()
    del item
    gc.collect()
    assert await queue("a").get() == "item"


async def test_an_item_is_acknowledged_even_if_its_consumer_is_cancelled_meanwhile(hub, monkeypatch):
    await queue("a").put("done")
    await queue("a").put("next")
    begun, proceed = asyncio.Event(), asyncio.Event()
    acknowledge = hub.backend.acknowledge

    async def acknowledge_slowly(item):
        begun.set()
        await proceed.wait()
        await acknowledge(item)

    monkeypatch.setattr(hub.backend, "acknowledge", acknowledge_slowly)
    consumer = asyncio.create_task(take_items("a", 2))
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    monkeypatch.undo()
    proceed.set()
    await until(lambda: not hub.leases._held)
    assert await queue("a").get() == "next"


async def test_an_item_that_comes_as_its_consumer_is_cancelled_is_released(hub, monkeypatch):
    await queue("a").put("item")
    consumer = asyncio.create_task(take_items("a", 1))

    class Held(list):
        def append(self, item):
            super().append(item)
            asyncio.get_running_loop().call_soon(consumer.cancel)  # before the consumer runs again

    monkeypatch.setattr(hub.leases, "_held", Held())
    await asyncio.gather(consumer, return_exceptions=True)
    assert consumer.cancelled()
    monkeypatch.undo()
    assert await queue("a").get() == "item"


async def test_closing_a_queue_ends_its_consumers_after_the_items(hub):
    await queue("a").put(1)
    waiting = [asyncio.create_task(take_items("b", 9)) for _ in range(3)]
    await until(lambda: any(len(watch.members) == 3 and watch.is_open for watch in hub._queues.values()))
    for name in ("a", "b"):
        for _ in range(2):
            await queue(name).close()
        with pytest.raises(ChannelClosedError, match=f"the queue '{name}' is closed"):
            await queue(name).put(2)
    assert await asyncio.gather(*waiting) == [[], [], []]
    assert await take_items("a", 9) == [1]
    assert await take_items("a", 9) == []
    for taking in (queue("a").take(), queue("a").get()):
        with pytest.raises(ChannelClosedError):
            await taking


@pytest.mark.usefixtures("hub")
async def test_an_item_released_by_its_consumer_outlives_the_close():
    await queue("a").put(1)
    item = await queue("a").take()
    await queue("a").close()
    await item.release()
    assert await take_items("a", 9) == [1]


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
