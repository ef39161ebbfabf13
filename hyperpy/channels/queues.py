"""`queue(name)`: each item goes to one consumer."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from hyperpy.channels.backends.contract import QueueItem
from hyperpy.channels.channel_names import key_of
from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.queue_watch import QueueWatch
from hyperpy.channels.payload import JSONValue, decode, encode
from hyperpy.exceptions import BrokerError

# Seconds between two looks for items whose consumer has died: nobody tells of those.
LOOK_EVERY: Final = 2.0


class Queue:
    """Items in the order in which they were put, each for one consumer, in whatever process that is.

    An item is gone when its consumer asks for the next one. It comes back, to its old place, if that loop ends before;
    if the consumer's process dies, after half a minute.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = "q" + key_of(name)

    async def put(self, data: object) -> None:
        """Adds an item. Raises ChannelError for what JSON can't hold, BrokerError if it can't be kept now."""
        await current_hub().put(self._key, self.name, encode(data))

    async def __aiter__(self) -> AsyncGenerator[JSONValue]:
        hub = current_hub()
        waiter = asyncio.Event()
        feed = hub.feed(self._key, waiter)
        item: QueueItem | None = None
        try:
            while True:
                item = await _next(hub, feed, waiter)
                yield decode(item.data)
                await hub.acknowledge(item)
                item = None
        finally:
            hub.leave_feed(feed, waiter)
            if item is not None:
                await hub.release(item)

    def __repr__(self) -> str:
        return f"queue({self.name!r})"


async def _next(hub: Hub, feed: QueueWatch, waiter: asyncio.Event) -> QueueItem:
    while True:
        waiter.clear()
        try:
            await feed.open()
        except BrokerError:
            await hub.wait_connected()
        if (item := await hub.take(feed.key)) is not None:
            return item
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await waiter.wait()
        except TimeoutError:
            continue


def queue(name: str) -> Queue:
    """The queue of that name. Raises ChannelError if it is no name."""
    return Queue(name)
