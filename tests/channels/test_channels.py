"""What a channel promises, whatever keeps its messages."""

import asyncio
import gc
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from hyperpy import NOW, START, channel
from hyperpy.channels import connect
from hyperpy.channels.channel_names import key_of
from hyperpy.channels.hub import topic as topics
from hyperpy.exceptions import ChannelClosedError, ChannelError
from tests.support.until import until

pytestmark = pytest.mark.usefixtures("hub")
PATIENCE = 10


async def take(messages, count):
    """The next messages: their data, or "gap"."""
    async with asyncio.timeout(PATIENCE):
        return ["gap" if message.gap else message.data for message in [await anext(messages) for _ in range(count)]]


async def all_of(messages):
    async with asyncio.timeout(PATIENCE):
        return ["gap" if message.gap else message.data async for message in messages]


async def test_everybody_who_listens_gets_everything_in_order():
    async with channel("a").subscribe() as one, channel("a").subscribe() as two:
        for number in range(50):
            await channel("a").publish(number)
        assert await take(one, 50) == await take(two, 50) == list(range(50))


async def test_what_came_before_is_not_told_but_is_kept():
    await channel("a").publish("early")
    async with channel("a").subscribe() as now, channel("a").subscribe(after=START) as start:
        await channel("a").publish("late")
        assert await take(now, 1) == ["late"]
        assert await take(start, 2) == ["early", "late"]


async def test_nothing_is_missed_after_entering():
    async with channel("a").subscribe() as messages:
        await channel("a").publish(1)
        await asyncio.sleep(0.05)
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
async def test_bytes_are_refused(data):
    with pytest.raises(ChannelError, match="can't be published"):
        await channel("a").publish(data)
    with pytest.raises(ChannelError, match=r"data\.decode\(\)"):
        channel("a").publish_soon(data)


@pytest.mark.parametrize(("data", "hint"), [(object(), "JSON takes"), (t"<p>{1}</p>", "write the t-string where")])
async def test_what_json_can_not_hold_is_refused(data, hint):
    with pytest.raises(ChannelError, match=hint):
        await channel("a").publish(data)


async def test_data_is_each_subscribers_own():
    async with channel("a").subscribe() as one, channel("a").subscribe() as two:
        await channel("a").publish({"list": [1]})
        mine, yours = await anext(one), await anext(two)
        mine.data["list"].append("mine")
        assert mine.data == {"list": [1, "mine"]}
        assert yours.data == {"list": [1]}


NAMES = [
    "a",
    "A",
    "a*",
    "*",
    "a?",
    "[ab]",
    "a\0",
    "a\n",
    "a b",
    "\u00e9",
    "e\u0301",
    "a:b",
    "a/b",
    "x" * 100_000,
    "'; --",
]


async def test_no_name_reaches_another_channel():
    async with AsyncExitStack() as stack:
        subscriptions = [await stack.enter_async_context(channel(name).subscribe()) for name in NAMES]
        for name in NAMES:
            await channel(name).publish(name)
        for name, messages in zip(NAMES, subscriptions, strict=True):
            await channel(name).close()
            assert await all_of(messages) == [name]


@pytest.mark.parametrize(
    ("name", "what"), [("", "can't be empty"), (42, "is a str, not int"), ("a\ud800", "half of a surrogate pair")]
)
def test_what_is_no_name(name, what):
    with pytest.raises(ChannelError, match=what):
        channel(name)


async def test_an_id_says_where_to_go_on():
    async with channel("a").subscribe() as messages:
        for number in range(5):
            await channel("a").publish(number)
        ids = [(await anext(messages)).id for _ in range(5)]
    for number, id in enumerate(ids):
        async with channel("a").subscribe(after=id) as messages:
            await channel("a").publish("end")
            assert await take(messages, 4 - number) == list(range(number + 1, 5))


@pytest.mark.parametrize(
    "id", ["42", "close", "x" * 1000, "0.0.0", f"{key_of('a')[:12]}.1.1", f"{key_of('b')[:12]}.0.0"]
)
async def test_an_unknown_id_is_a_gap(id):
    await channel("a").publish("old")
    async with channel("a").subscribe(after=id) as messages:
        await channel("a").publish("new")
        assert await take(messages, 2) == ["gap", "new"]


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


async def test_what_is_kept_has_its_bounds():
    for number in range(150):
        await channel("a").publish(number)
    async with channel("a").subscribe(after=START) as messages:
        await channel("a").close()
        assert await all_of(messages) == list(range(51, 150))


async def test_what_is_kept_has_its_time(settings):
    async with connect(replace(settings, channel_max_age=1.5)), channel("a").subscribe() as listening:
        for data in ("first", "second", "third"):
            await channel("a").publish(data)
            await asyncio.sleep(0.9)
        async with channel("a").subscribe(after=START) as messages:
            assert await take(messages, 1) == ["third"]
        # What is forgotten after it has been told is no loss to anyone.
        await channel("a").publish("fourth")
        assert await take(listening, 4) == ["first", "second", "third", "fourth"]


@pytest.mark.parametrize("after", [None, START, NOW])
async def test_the_end_of_a_channel(after):
    async with channel("a").subscribe(after) as messages:
        await channel("a").publish(1)
        await channel("a").close()
        await channel("a").close()
        assert await all_of(messages) == [1]
        assert await all_of(messages) == []
    async with channel("a").subscribe(after) as late:
        assert await all_of(late) == ([1] if after is START else [])
    with pytest.raises(ChannelClosedError, match="'a' is closed"):
        await channel("a").publish(2)


async def test_a_reader_that_comes_back_to_a_closed_channel_gets_the_rest():
    async with channel("a").subscribe() as messages:
        for number in range(3):
            await channel("a").publish(number)
        id = (await anext(messages)).id
    await channel("a").close()
    async with channel("a").subscribe(after=id) as messages:
        assert await all_of(messages) == [1, 2]
    async with channel("a").subscribe(after="unknown") as messages:
        assert await all_of(messages) == ["gap"]


async def test_reading_what_is_kept_meets_what_comes():
    """Published while the reader is between the two: neither lost nor doubled."""
    for number in range(80):
        await channel("a").publish(number)
    async with channel("a").subscribe(after=START) as messages:
        seen = []
        for number in range(80, 100):
            await channel("a").publish(number)
            seen += await take(messages, 3)
        await channel("a").close()
        assert seen + await all_of(messages) == list(range(100))


async def test_a_slow_reader_gets_a_gap_and_the_newest(monkeypatch):
    monkeypatch.setattr(topics, "MAILBOX", 10)
    async with channel("a").subscribe() as slow, channel("a").subscribe() as quick:
        for number in range(25):
            await channel("a").publish(number)
            assert await take(quick, 1) == [number]
        assert await take(slow, 7) == ["gap", 19, 20, 21, 22, 23, 24]


async def test_publishing_from_synchronous_code_keeps_the_order():
    async with channel("a").subscribe() as messages:

        def publish() -> None:
            futures = [channel("a").publish_soon(number) for number in range(50)]
            assert futures[-1].result(PATIENCE) is None

        await asyncio.to_thread(publish)
        assert await take(messages, 50) == list(range(50))


async def test_a_failure_to_publish_soon_is_logged_and_told(caplog):
    await channel("a").close()
    future = channel("a").publish_soon(1)
    await until(future.done)
    with pytest.raises(ChannelClosedError):
        future.result()
    assert "publishing to channel 'a' failed" in caplog.text


async def test_nobody_who_has_gone_is_listened_for(hub):
    async with channel("a").subscribe():
        pass
    async with asyncio.timeout(PATIENCE):
        await channel("b").publish(1)
        async for _ in channel("b").subscribe(after=START):
            break
    gc.collect()
    await until(lambda: not hub._topics)


async def test_leaving_and_coming_back_at_once():
    for number in range(20):
        async with channel("a").subscribe() as messages:
            await channel("a").publish(number)
            assert await take(messages, 1) == [number]


async def test_a_cancelled_wait_loses_nothing():
    async with channel("a").subscribe() as messages:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(messages)
        await channel("a").publish(1)
        assert await take(messages, 1) == [1]


async def test_two_tasks_can_not_share_a_subscription():
    async with channel("a").subscribe() as messages, asyncio.TaskGroup() as group:
        first = group.create_task(anext(messages))
        await asyncio.sleep(0.05)
        with pytest.raises(ChannelError, match="Give each its own"):
            await anext(messages)
        await channel("a").publish(1)
        assert (await first).data == 1


async def test_a_subscription_is_entered_once():
    messages = channel("a").subscribe()
    async with messages:
        pass
    with pytest.raises(ChannelError, match="has been used already"):
        async with messages:
            pass


@pytest.mark.parametrize("after", [0, b"x", object])
async def test_a_subscription_begins_somewhere(after):
    with pytest.raises(ChannelError, match="after=START"):
        channel("a").subscribe(after=after)


async def test_a_large_message():
    text = "x" * 1_000_000
    async with channel("a").subscribe() as messages:
        await channel("a").publish(text)
        assert await take(messages, 1) == [text]
