"""What a queue promises, whatever keeps its items."""

import asyncio
import gc

import pytest

from hyperpy import START, channel, queue
from hyperpy.channels import connect
from hyperpy.exceptions import ChannelError

pytestmark = pytest.mark.usefixtures("hub")
PATIENCE = 10


async def take(name, count):
    """The next items, each dealt with but the last, which goes back."""
    taken = []
    async with asyncio.timeout(PATIENCE):
        items = aiter(queue(name))
        async for item in items:
            taken.append(item)
            if len(taken) == count:
                break
        await items.aclose()
    return taken


async def test_items_come_in_order():
    for number in range(5):
        await queue("a").put({"number": number})
    assert [item["number"] for item in await take("a", 5)] == list(range(5))


async def test_an_item_that_was_not_dealt_with_comes_back_first():
    for number in range(3):
        await queue("a").put(number)
    assert await take("a", 2) == [0, 1]
    assert await take("a", 2) == [1, 2]


async def test_a_waiting_consumer_gets_what_comes():
    consumer = asyncio.create_task(take("a", 1))
    await asyncio.sleep(0.1)
    await queue("a").put("late")
    assert await consumer == ["late"]


async def test_each_item_has_one_consumer():
    taken = []

    async def consume() -> None:
        async for item in queue("a"):
            taken.append(item)
            await asyncio.sleep(0)

    consumers = [asyncio.create_task(consume()) for _ in range(5)]
    for number in range(100):
        await queue("a").put(number)
    async with asyncio.timeout(PATIENCE):
        while len(taken) < 100:
            await asyncio.sleep(0.01)
    for consumer in consumers:
        consumer.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)
    assert sorted(taken) == list(range(100))


async def test_a_cancelled_consumer_gives_its_item_back():
    await queue("a").put("item")
    got = asyncio.Event()

    async def consume() -> None:
        async for _ in queue("a"):
            got.set()
            await asyncio.Event().wait()

    consumer = asyncio.create_task(consume())
    async with asyncio.timeout(PATIENCE):
        await got.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    del consumer
    gc.collect()
    assert await take("a", 1) == ["item"]


async def test_an_item_that_is_given_back_as_all_ends(settings):
    """Not even a warning is left."""
    async with connect(settings), asyncio.timeout(PATIENCE):
        await queue("a").put("item")
        items = aiter(queue("a"))
        assert await anext(items) == "item"
        going = asyncio.create_task(items.aclose())
        await asyncio.sleep(0)
    gc.collect()
    await asyncio.gather(going, return_exceptions=True)


async def test_a_queue_and_a_channel_of_one_name_are_two():
    await queue("a").put("item")
    await channel("a").publish("message")
    async with channel("a").subscribe(after=START) as messages:
        assert (await anext(messages)).data == "message"
    assert await take("a", 1) == ["item"]


async def test_bytes_are_refused():
    with pytest.raises(ChannelError, match="can't be published"):
        await queue("a").put(b"x")


async def test_a_consumer_that_is_cancelled_while_it_takes_leaves_the_item_to_others(hub, monkeypatch):
    """The broker has handed it out already, and nobody would ever deal with it."""
    await queue("a").put("item")
    asked, answer = asyncio.Event(), asyncio.Event()
    take_now = hub.backend.take

    async def take_slowly(key, lease):
        item = await take_now(key, lease)
        asked.set()
        await answer.wait()
        return item

    monkeypatch.setattr(hub.backend, "take", take_slowly)
    consumer = asyncio.create_task(take("a", 1))
    async with asyncio.timeout(PATIENCE):
        await asked.wait()
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    monkeypatch.undo()
    answer.set()
    assert await take("a", 1) == ["item"]
