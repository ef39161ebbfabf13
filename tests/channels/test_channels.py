"""The API of channels, with messages kept in memory."""

import asyncio
import gc
from contextlib import AsyncExitStack

import pytest

from hyperpy import START, channel
from hyperpy.channels.hub import topic as topics
from hyperpy.exceptions import ChannelClosedError, ChannelError
from tests.channels.steps import take, take_all
from tests.support.until import PATIENCE, until

pytestmark = pytest.mark.usefixtures("memory_hub")


async def test_nothing_is_missed_after_entering():
    async with channel("a").subscribe() as messages:
        await channel("a").publish(1)
        await asyncio.sleep(0)
        await channel("a").publish(2)
        assert await take(messages, 2) == [1, 2]


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (None, None),
        (True, True),
        ("", ""),
        ("text \u2028 \U0001f600 \0", "text \u2028 \U0001f600 \0"),
        (3.5, 3.5),
        ([1, [2, {"a": None}]], [1, [2, {"a": None}]]),
        ({"a": {"b": (1, 2)}}, {"a": {"b": [1, 2]}}),
        (float("nan"), None),
    ],
)
async def test_data_is_json(data, received):
    async with channel("a").subscribe() as messages:
        await channel("a").publish(data)
        assert await take(messages, 1) == [received]


@pytest.mark.parametrize("data", [b"x", bytearray(b"x"), [b"x"], {"a": {"b": b"x"}}, (1, {2: b"x"})])
async def test_bytes_raise_an_error(data):
    with pytest.raises(ChannelError, match="can't be published"):
        await channel("a").publish(data)
    with pytest.raises(ChannelError, match=r"data\.decode\(\)"):
        channel("a").publish_soon(data)


@pytest.mark.parametrize(("data", "hint"), [(object(), "JSON can hold"), (t"<p>{1}</p>", "write the t-string where")])
async def test_data_that_json_cannot_hold_raises_an_error(data, hint):
    with pytest.raises(ChannelError, match=hint):
        await channel("a").publish(data)


async def test_each_subscriber_has_its_own_copy_of_the_data():
    async with channel("a").subscribe() as one, aiter(channel("a")) as two:
        await channel("a").publish({"list": [1]})
        mine, yours = await anext(one), await anext(two)
        mine.data["list"].append("mine")
        assert mine.data == {"list": [1, "mine"]}
        assert yours.data == {"list": [1]}


NAMES = ["a", "A", "a*", "*", "a?", "[ab]", "a\0", "a\n", "a b", "\u00e9", "e\u0301", "a:b", "x" * 100_000, "'; --"]


async def test_a_name_is_never_a_pattern():
    async with AsyncExitStack() as stack:
        subscriptions = [await stack.enter_async_context(channel(name).subscribe()) for name in NAMES]
        for name in NAMES:
            await channel(name).publish(name)
        for name, messages in zip(NAMES, subscriptions, strict=True):
            await channel(name).close()
            assert await take_all(messages) == [name]


@pytest.mark.parametrize(
    ("name", "what"), [("", "can't be empty"), (42, "must be str, not int"), ("a\ud800", "half of a surrogate pair")]
)
def test_invalid_names(name, what):
    with pytest.raises(ChannelError, match=what):
        channel(name)


async def test_a_slow_reader_gets_a_gap_and_the_newest_messages(monkeypatch):
    monkeypatch.setattr(topics, "MAILBOX", 10)
    async with channel("a").subscribe() as slow, channel("a").subscribe() as fast:
        for number in range(25):
            await channel("a").publish(number)
            assert await take(fast, 1) == [number]
        assert await take(slow, 7) == ["gap", 19, 20, 21, 22, 23, 24]


async def test_publish_soon_keeps_the_order():
    async with channel("a").subscribe() as messages:

        def publish() -> None:
            futures = [channel("a").publish_soon(number) for number in range(50)]
            assert futures[-1].result(PATIENCE) is None

        await asyncio.to_thread(publish)
        assert await take(messages, 50) == list(range(50))


async def test_a_failure_of_publish_soon_is_logged_and_set_in_the_future(caplog):
    await channel("a").close()
    future = channel("a").publish_soon(1)
    await until(future.done)
    with pytest.raises(ChannelClosedError):
        future.result()
    assert "publishing to channel 'a' failed" in caplog.text


async def test_abandoned_subscriptions_are_forgotten(memory_hub):
    async with channel("a").subscribe():
        pass
    async with asyncio.timeout(PATIENCE):
        await channel("b").publish(1)
        async for _ in channel("b").subscribe(after=START):
            break
    gc.collect()
    await until(lambda: not memory_hub._topics)


async def test_a_cancelled_wait_loses_nothing():
    async with channel("a").subscribe() as messages:
        waiting = asyncio.create_task(anext(messages))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await channel("a").publish(1)
        assert await take(messages, 1) == [1]


async def test_two_tasks_cannot_share_a_subscription():
    async with channel("a").subscribe() as messages, asyncio.TaskGroup() as group:
        first = group.create_task(anext(messages))
        await asyncio.sleep(0)
        with pytest.raises(ChannelError, match="Give each its own"):
            await anext(messages)
        await channel("a").publish(1)
        assert (await first).data == 1


async def test_a_subscription_can_be_used_once():
    messages = channel("a").subscribe()
    async with messages:
        pass
    assert await take_all(messages) == []
    with pytest.raises(ChannelError, match="has been used already"):
        async with messages:
            pass


@pytest.mark.parametrize("after", [0, b"x", object])
async def test_invalid_beginnings(after):
    with pytest.raises(ChannelError, match="after=START"):
        channel("a").subscribe(after=after)
