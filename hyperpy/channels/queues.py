"""`queue(name)`: each item goes to one consumer."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from hyperpy.channels.backends.contract import QueueItem
from hyperpy.channels.channel import key_of
from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.watch import QueueWatch
from hyperpy.channels.payload import JSONValue, decode, encode
from hyperpy.exceptions import BrokerError

# Seconds between two attempts to take an item whose lease has run out, which no backend reports.
LOOK_EVERY: Final = 2.0


class Queue:
    """Items in the order in which they were put, each for one consumer in any process.

    Iterating consumes: asking for the next item acknowledges the one before. If the loop ends earlier, its item gets
    its old place back at once; if the consumer's process dies, after half a minute.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = "q" + key_of(name)

    async def put(self, data: object) -> None:
        """Add an item. Raises ChannelError for data that JSON can't hold, and BrokerError if it may not be kept."""
        await current_hub().put(self._key, self.name, encode(data))

    async def __aiter__(self) -> AsyncGenerator[JSONValue]:
        hub = current_hub()
        filled = asyncio.Event()
        watch = hub.queue(self._key, filled)
        item: QueueItem | None = None
        try:
            while True:
                item = await _next(hub, watch, filled)
                yield decode(item.data)
                await hub.leases.acknowledge(item)
                item = None
        finally:
            hub.leave_queue(watch, filled)
            if item is not None:
                await hub.leases.release(item)

    def __repr__(self) -> str:
        return f"queue({self.name!r})"


async def _next(hub: Hub, watch: QueueWatch, filled: asyncio.Event) -> QueueItem:
    while True:
        filled.clear()
        try:
            await watch.open()
        except BrokerError:
            await hub.wait_connected()
        if (item := await hub.leases.take(watch.key)) is not None:
            return item
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await filled.wait()
        except TimeoutError:
            continue


def queue(name: str) -> Queue:
    """The queue of that name, which may be any text. Raises ChannelError for an invalid name."""
    return Queue(name)
