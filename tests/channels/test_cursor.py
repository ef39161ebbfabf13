"""The ids of a request that subscribes more than once, and where it resumes."""

import asyncio

import pytest

from hyperpy import channel
from hyperpy.channels import START, Hub, Subscription
from hyperpy.channels.cursor import MOST, Cursor
from hyperpy.channels.named_channel import key_of
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


async def test_a_forged_id_is_a_gap(hub, ids):
    """An invented cursor causes neither an error nor a retry."""
    key, epoch, _number = ids[0].split(".")
    forged = [
        *(
            f"{key}.{epoch}.{number}"
            for number in ("7", "f" * 15, "f" * 16, "7" + "f" * 15, "9" * 5000, "-1", "+1", "", " 1")
        ),
        *(
            f"{key}.{epoch}.{number}"
            for number in ("\u0661", "1\0", "\udc80", "\xff", "0x1", "1\n", "1~", "~1", "1.1", "G")
        ),
        *(f"{key}.{epoch}.{1}" for epoch in ("0", "1", "f" * 15, "f" * 16, "-1", "", "9" * 5000)),
        *(f"{key}{end}" for end in ("", ".", "..", f".{epoch}", f".{epoch}.", f".{epoch}.0.0")),
        f"{key.upper()}.{epoch}.1" if key.upper() != key else "x",
        f"{key_of('b')[:12]}.{epoch}.1",
        "~".join([f"{number:012x}.1.1" for number in range(5000)] + [ids[0]]),
        "~" * 10_000,
        "close",
        "\0",
    ]
    wrong = []
    for id in forged:
        for subscription in (subscribe(hub, Cursor(id)), subscribe(hub, Cursor(), after=id)):
            async with asyncio.timeout(PATIENCE), subscription:
                if not (await anext(subscription)).gap:
                    wrong.append(id[:60])
    assert wrong == []


async def test_the_length_of_an_id_is_bounded(memory_hub):
    """Of many channels in one request, the newest can be resumed, and the others are gaps."""
    cursor = Cursor()
    for number in range(3 * MOST):
        await channel(str(number)).publish(1)
        await take(subscribe(memory_hub, cursor, str(number), after=START), 1)
    open_ones = [subscribe(memory_hub, cursor, f"open {number}", after=START) for number in range(2 * MOST)]
    for number, subscription in enumerate(open_ones):
        await channel(f"open {number}").publish(1)
        id = (await take(subscription, 1))[0].id
    assert id.count("~") == MOST - 1
    assert len(cursor._tracks) <= 3 * MOST
    back = Cursor(id)
    known = [back.resumed(key_of(f"open {number}")) is not None for number in range(2 * MOST)]
    assert known == [False] * MOST + [True] * MOST
