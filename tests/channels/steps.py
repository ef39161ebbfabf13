"""Steps that tests of channels have in common."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from hyperpy import channel, queue
from hyperpy.channels import Hub
from hyperpy.channels.current import hub_of_lifespan
from hyperpy.exceptions import BrokerError
from tests.support.until import PATIENCE


async def take(messages, count):
    """The next messages of a subscription: their data, or "gap"."""
    async with asyncio.timeout(PATIENCE):
        return ["gap" if message.gap else message.data for message in [await anext(messages) for _ in range(count)]]


async def take_all(messages):
    """The messages up to the end of the channel."""
    async with asyncio.timeout(PATIENCE):
        return ["gap" if message.gap else message.data async for message in messages]


async def take_items(name, count):
    """The next items of a queue. All but the last are acknowledged; the last is released."""
    taken = []
    async with asyncio.timeout(PATIENCE):
        items = aiter(queue(name))
        async for item in items:
            taken.append(item)
            if len(taken) == count:
                break
        await items.aclose()
    return taken


async def take_payloads(payloads, count):
    async with asyncio.timeout(PATIENCE):
        return [await anext(payloads) for _ in range(count)]


async def publish(data):
    """Publish to channel "a" as soon as the broker is back."""
    await when_back(lambda: channel("a").publish(data))


async def when_back(call):
    """Repeat a call until the broker is back."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await call()
            except BrokerError:
                await asyncio.sleep(0.01)


@contextmanager
def using(other: Hub) -> Iterator[None]:
    """Inside, channels go through another hub, as in another process."""
    token = hub_of_lifespan.set(other)
    yield
    hub_of_lifespan.reset(token)
