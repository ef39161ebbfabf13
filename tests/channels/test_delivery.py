"""The promises of channels to their subscribers, on each backend."""

import asyncio
from dataclasses import replace

import pytest

from hyperpy import NOW, START, channel
from hyperpy.channels import connect
from hyperpy.channels.named_channel import key_of
from hyperpy.exceptions import ChannelClosedError
from tests.channels.steps import take, take_all
from tests.support.until import PATIENCE

pytestmark = pytest.mark.usefixtures("hub")


async def test_all_subscribers_get_all_messages_in_order():
    async with channel("a").subscribe() as one, channel("a").subscribe() as two:
        for number in range(50):
            await channel("a").publish(number)
        assert await take(one, 50) == await take(two, 50) == list(range(50))


async def test_earlier_messages_are_delivered_after_start_only():
    await channel("a").publish("early")
    async with channel("a").subscribe() as now, channel("a").subscribe(after=START) as start:
        await channel("a").publish("late")
        assert await take(now, 1) == ["late"]
        assert await take(start, 2) == ["early", "late"]


async def test_a_subscription_resumes_after_an_id():
    async with channel("a").subscribe() as messages:
        for number in range(5):
            await channel("a").publish(number)
        ids = [(await anext(messages)).id for _ in range(5)]
    for number, id in enumerate(ids):
        async with channel("a").subscribe(after=id) as messages:
            await channel("a").publish("end")
            assert await take(messages, 4 - number) == list(range(number + 1, 5))


A = key_of("a")[:12]
UNKNOWN = {
    "not an id": ["42", "close", "x" * 1000, "0.0.0"],
    "another epoch": [f"{A}.1.1"],
    "another channel": [f"{key_of('b')[:12]}.0.0"],
    "too large": [f"{A}.1.{2**63:x}", f"{A}.{2**63:x}.1", f"{A}.{'f' * 16}.{'f' * 16}", f"{A}.{'f' * 15}.{'f' * 15}"],
}


@pytest.mark.parametrize("ids", UNKNOWN.values(), ids=UNKNOWN)
async def test_an_unknown_id_is_a_gap(ids):
    await channel("a").publish("old")
    for id in ids:
        async with channel("a").subscribe(after=id) as messages:
            await channel("a").publish("new")
            assert await take(messages, 2) == ["gap", "new"], id


async def test_a_forgotten_id_is_a_gap():
    async with channel("a").subscribe() as messages:
        await channel("a").publish("first")
        id = (await anext(messages)).id
    for number in range(101):
        await channel("a").publish(number)
    async with channel("a").subscribe(after=id) as messages:
        gap = await anext(messages)
        assert (gap.gap, gap.data) == (True, None)
    async with channel("a").subscribe(after=gap.id) as messages:
        await channel("a").publish("new")
        assert await take(messages, 1) == ["new"]


async def test_the_newest_messages_are_kept():
    for number in range(150):
        await channel("a").publish(number)
    async with channel("a").subscribe(after=START) as messages:
        await channel("a").close()
        assert await take_all(messages) == list(range(51, 150))


async def test_messages_that_expire_after_their_delivery_are_no_gap(settings):
    async with connect(replace(settings, channel_max_age=1.0)), channel("a").subscribe() as listening:
        await channel("a").publish("first")
        assert await take(listening, 1) == ["first"]
        async with asyncio.timeout(PATIENCE):
            while True:
                async with channel("a").subscribe(after=START) as messages:
                    await channel("a").publish("next")
                    if await take(messages, 1) == ["next"]:
                        break
                assert await take(listening, 1) == ["next"]
                await asyncio.sleep(0.3)
        assert await take(listening, 1) == ["next"]


@pytest.mark.parametrize("after", [None, START, NOW])
async def test_closing_a_channel_ends_all_subscriptions(after):
    async with channel("a").subscribe(after) as messages:
        await channel("a").publish(1)
        await channel("a").close()
        await channel("a").close()
        assert await take_all(messages) == [1]
        assert await take_all(messages) == []
    async with channel("a").subscribe(after) as late:
        assert await take_all(late) == ([1] if after is START else [])
    with pytest.raises(ChannelClosedError, match="'a' is closed"):
        await channel("a").publish(2)


async def test_a_subscription_that_resumes_in_a_closed_channel_gets_the_rest():
    async with channel("a").subscribe() as messages:
        for number in range(3):
            await channel("a").publish(number)
        id = (await anext(messages)).id
    await channel("a").close()
    async with channel("a").subscribe(after=id) as messages:
        assert await take_all(messages) == [1, 2]
    async with channel("a").subscribe(after="unknown") as messages:
        assert await take_all(messages) == ["gap"]


async def test_kept_messages_are_followed_by_new_ones():
    """Nothing that is published while the reader passes from one to the other is lost or doubled."""
    for number in range(80):
        await channel("a").publish(number)
    async with channel("a").subscribe(after=START) as messages:
        seen = []
        for number in range(80, 100):
            await channel("a").publish(number)
            seen += await take(messages, 3)
        await channel("a").close()
        assert seen + await take_all(messages) == list(range(100))


async def test_resubscribing_at_once():
    for number in range(20):
        async with channel("a").subscribe() as messages:
            await channel("a").publish(number)
            assert await take(messages, 1) == [number]
