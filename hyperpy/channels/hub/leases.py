"""The queue items that consumers of this process hold."""

import asyncio
from typing import Final

from hyperpy.channels.backends.contract import QueueItem
from hyperpy.channels.hub.backend_client import BackendClient
from hyperpy.exceptions import ChannelError

LEASE: Final = 30.0  # seconds after which an item that isn't renewed goes to another consumer


class Leases:
    """Takes items, and renews their leases until they are acknowledged or released."""

    def __init__(self, client: BackendClient) -> None:
        self._client = client
        self._held: list[QueueItem] = []
        self._renewing: asyncio.Task[None] | None = None

    async def take(self, key: str) -> QueueItem | None:
        self._client.check_usable()
        taken: asyncio.Future[QueueItem | None] = self._client.loop.create_future()
        self._client.spawn(self._take(key, taken))
        try:
            return await taken
        except asyncio.CancelledError:
            if taken.done() and not taken.cancelled() and (item := taken.result()) is not None:
                self.release_soon(item)  # it came at the moment of the cancellation
            raise

    async def _take(self, key: str, taken: asyncio.Future[QueueItem | None]) -> None:
        """Runs in its own task: if the consumer is cancelled meanwhile, the item is released."""
        try:
            item = await self._client.call_until_answered(lambda: self._client.backend.take(key, LEASE))
        except BaseException as error:
            if not taken.done():
                ended = isinstance(error, asyncio.CancelledError)
                taken.set_exception(ChannelError("the application has ended") if ended else error)
            raise
        if item is not None:
            self._held.append(item)
            if self._renewing is None:
                self._renewing = self._client.spawn(self._renew())
        if not taken.done():
            taken.set_result(item)
        elif item is not None:
            await self.release(item)

    async def acknowledge(self, item: QueueItem) -> None:
        """The consumer is done with the item. It is held until the backend knows, even if the caller is cancelled."""
        await self._client.finish(self._acknowledge(item))

    async def release(self, item: QueueItem) -> None:
        """The consumer has gone. If the backend is away as well, the lease runs out."""
        if (released := self.release_soon(item)) is not None:
            await asyncio.wait((released,))

    def release_soon(self, item: QueueItem) -> asyncio.Task[None] | None:
        self._held.remove(item)
        return None if self._client.is_stopped else self._client.spawn(self._release(item))

    async def _acknowledge(self, item: QueueItem) -> None:
        try:
            await self._client.call_until_answered(lambda: self._client.backend.acknowledge(item))
        finally:
            self._held.remove(item)

    async def _release(self, item: QueueItem) -> None:
        await self._client.try_to(self._client.call(self._client.backend.release(item)))

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(LEASE / 3)
            if self._held:
                await self._client.try_to(self._client.call(self._client.backend.renew(tuple(self._held), LEASE)))
        self._renewing = None
