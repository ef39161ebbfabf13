"""The ids of a request that subscribes more than once, and where it resumes."""

import asyncio

import pytest

from hyperpy import channel
from hyperpy.channels import START, Hub, Subscription
from hyperpy.channels.channel import key_of
from hyperpy.channels.cursor import Cursor
from tests.support.until import PATIENCE


def subscribe(hub: Hub, cursor: Cursor, name: str = "a", after=None) -> Subscription:
    return Subscription(hub, key_of(name), after, cursor)


async def take(subscription, count):
    """Some messages, by a loop that ends after them."""
    taken = []
    async with asyncio.timeout(PATIENCE):
        async for message in subscription:
            taken.append(message)
            if len(taken) == count:
                break
    return taken


@pytest.fixture
async def ids(hub):
    """The ids of the messages 0 to 5."""
    for number in range(6):
        await channel("a").publish(number)
    return [message.id for message in await take(channel("a").subscribe(after=START), 6)]


async def test_a_second_loop_resumes_where_the_first_ended(hub, ids):
    cursor = Cursor(ids[0])
    first = await take(subscribe(hub, cursor), 2)
    second = await take(subscribe(hub, cursor), 3)
    assert [message.data for message in first + second] == [1, 2, 3, 4, 5]
    assert [message.id for message in first + second] == ids[1:]


async def test_a_gap_is_delivered_once(hub, ids):
    cursor = Cursor("no such id")
    (gap,) = await take(subscribe(hub, cursor, after=START), 1)
    assert gap.gap
    assert [message.data for message in await take(subscribe(hub, cursor, after=START), 6)] == [0, 1, 2, 3, 4, 5]


async def test_a_loop_that_has_ended_does_not_hold_ids_back(hub, ids):
    cursor = Cursor()
    await take(subscribe(hub, cursor, after=START), 1)
    last = await take(subscribe(hub, cursor, after=START), 6)
    assert last[-1].id == ids[-1]
