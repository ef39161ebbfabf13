"""`queue(name)`: each item goes to one consumer."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

from hyperpy.channels.backends.contract import QueueItem
from hyperpy.channels.current import current_hub
from hyperpy.channels.hub.hub import Hub
from hyperpy.channels.hub.watch import QueueWatch
from hyperpy.channels.named_channel import key_of
from hyperpy.channels.payload import JSONValue, decode, encode
from hyperpy.exceptions import BrokerError, BrokerRefusalError, ChannelClosedError

# Seconds between two attempts to take an item whose lease has run out, which no backend reports.
LOOK_EVERY: Final = 2.0


class Queue:
    """Items in the order in which they were put, each for one consumer in any process.

    Iterating consumes: asking for the next item acknowledges the one before. If the loop ends earlier, its item gets
    its old place back at once; if the consumer's process dies, after half a minute. To leave with an item done, `take`
    it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = "q" + key_of(name)

    async def put(self, data: object) -> None:
        """Add an item.

        Raises ChannelError for data that JSON can't hold, ChannelClosedError, and BrokerError if it may not be kept.
        """
        await current_hub().put(self._key, self.name, encode(data))

    def take(self) -> Taking:
        """The next item, to be awaited or entered.

        `async with queue(name).take() as item:` acknowledges the item when the block is left, also by `return` or
        `break`, and releases it if the block raises or is cancelled. `item = await queue(name).take()` leaves that to
        the caller. Both wait for an item. They raise ChannelClosedError if the queue is closed and empty.
        """
        return Taking(self)

    async def get(self) -> JSONValue:
        """The data of the next item, which is acknowledged at once: it is not delivered again if the work fails."""
        item = await self.take()
        data = item.data
        await item.ack()
        return data

    async def close(self) -> None:
        """End the queue: the loop of every consumer ends after the items. Closing it again does nothing."""
        await current_hub().publish(self._key, self.name, b"null", closes=True)

    async def __aiter__(self) -> AsyncGenerator[JSONValue]:
        hub = current_hub()
        filled = asyncio.Event()
        watch = hub.queue(self._key, filled)
        item: QueueItem | None = None
        try:
            while (item := await _next(hub, watch, filled)) is not None:
                yield decode(item.data)
                done, item = item, None
                await hub.leases.acknowledge(done)
        finally:
            hub.leave_queue(watch, filled)
            if item is not None:
                await hub.leases.release(item)

    async def _take(self) -> Item:
        hub = current_hub()
        filled = asyncio.Event()
        watch = hub.queue(self._key, filled)
        try:
            item = await _next(hub, watch, filled)
        finally:
            hub.leave_queue(watch, filled)
        if item is None:
            raise ChannelClosedError(self.name, is_queue=True)
        return Item(hub, item)

    def __repr__(self) -> str:
        return f"queue({self.name!r})"


class Item:
    """An item that a consumer holds until it is acknowledged or released. An item that is forgotten is released."""

    __slots__ = ("_held", "_hub", "data")

    def __init__(self, hub: Hub, held: QueueItem) -> None:
        self._hub = hub
        self._held: QueueItem | None = held
        self.data = decode(held.data)

    async def ack(self) -> None:
        """Remove the item from its queue, even if the caller is cancelled meanwhile. Doing it again does nothing."""
        held, self._held = self._held, None
        if held is not None:
            await self._hub.leases.acknowledge(held)

    async def release(self) -> None:
        """Give the item its old place back, for another consumer. Does nothing after `ack`."""
        held, self._held = self._held, None
        if held is not None:
            await self._hub.leases.release(held)

    def __del__(self) -> None:
        if self._held is not None:
            with suppress(RuntimeError):  # the event loop is closed
                self._hub.loop.call_soon_threadsafe(self._hub.leases.release_soon, self._held)

    def __repr__(self) -> str:
        return f"Item({self.data!r})"


class Taking:
    """The result of `Queue.take`: an awaitable and an async context manager."""

    __slots__ = ("_item", "_queue")

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._item: Item | None = None

    def __await__(self) -> Generator[Any, Any, Item]:
        return self._queue._take().__await__()

    async def __aenter__(self) -> Item:
        self._item = await self
        return self._item

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._item is not None
        await (self._item.ack() if kind is None else self._item.release())


async def _next(hub: Hub, watch: QueueWatch, filled: asyncio.Event) -> QueueItem | None:
    """Wait for the next item, which the caller then holds. None at the end of a queue that is closed."""
    while True:
        filled.clear()
        try:
            await watch.open()
        except BrokerRefusalError:
            raise
        except BrokerError:
            await hub.wait_connected()
        is_complete = watch.closed  # as of now: an item may be put between taking and closing
        if (item := await hub.leases.take(watch.key)) is not None or is_complete:
            return item
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await filled.wait()


def queue(name: str) -> Queue:
    """The queue of that name, which may be any text. Raises ChannelError for an invalid name."""
    return Queue(name)
