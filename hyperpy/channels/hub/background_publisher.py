"""Publishing from code that can't await."""

import asyncio
import logging
from concurrent.futures import Future
from typing import Final

from hyperpy.channels.hub.backend_client import PATIENCE, BackendClient

logger: Final = logging.getLogger("hyperpy.channels")


class BackgroundPublisher:
    """Publishes one message after the other in each channel, in the order of the calls."""

    def __init__(self, client: BackendClient) -> None:
        self._client = client
        self._newest: dict[str, asyncio.Task[None]] = {}  # by key

    def publish_soon(self, key: str, name: str, data: bytes) -> Future[None]:
        future: Future[None] = Future()
        self._client.loop.call_soon_threadsafe(self._begin, key, name, data, future)
        return future

    async def drain(self) -> None:
        """Wait until all is published, for a limited time."""
        if self._newest:
            await asyncio.wait(self._newest.values(), timeout=PATIENCE)

    def _begin(self, key: str, name: str, data: bytes, future: Future[None]) -> None:
        task = self._client.spawn(self._publish(self._newest.get(key), key, name, data, future))
        self._newest[key] = task
        task.add_done_callback(lambda done: self._newest.pop(key) if self._newest.get(key) is done else None)

    async def _publish(
        self, earlier: asyncio.Task[None] | None, key: str, name: str, data: bytes, future: Future[None]
    ) -> None:
        if earlier is not None:
            await asyncio.wait((earlier,))
        try:
            self._client.check_usable()
            await self._client.call(self._client.backend.publish(key, name, data))
        except Exception as error:  # noqa: BLE001 (logged, and set in the future)
            logger.error("publishing to channel %r failed: %s", name, error)
            future.set_exception(error)
        except BaseException:
            future.cancel()
            raise
        else:
            future.set_result(None)
