"""The requests that an application is processing."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("hyperpy.testing")

DEPARTURE_TIMEOUT: Final = 7.0  # seconds until the application has returned after its client has disconnected
GRACE: Final = 2  # seconds that responses in progress have when a site stops

# The name of a response's extension: a future, done when the application has returned.
RETURNED: Final = "hyperpy.returned"


class RunningRequests:
    """ASGI middleware that knows which requests are running, by the address of the client."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._running: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        returned = asyncio.get_running_loop().create_future()
        self._running[scope["client"]] = returned
        try:
            await self.app(scope, receive, send)
        finally:
            returned.set_result(None)
            if self._running[scope["client"]] is returned:
                del self._running[scope["client"]]

    def of(self, client: tuple[str, int]) -> asyncio.Future[None] | None:
        """A future for the running request of a client, done when the application returns; None if it already has."""
        return self._running.get(client)


async def wait_until_returned(response: httpx.Response) -> bool:
    """Wait until the application has returned, after its client has disconnected. False if that takes too long."""
    returned: asyncio.Future[None] | None = response.extensions.get(RETURNED)
    if returned is None:
        return True
    await asyncio.wait((returned,), timeout=DEPARTURE_TIMEOUT)
    return returned.done()


async def end_all(tasks: Iterable[asyncio.Task[None]], grace: float = 0) -> None:
    """Give tasks some seconds to finish, then cancel them. Logs an error for a task that ignores cancellation."""
    waiting = {task for task in tasks if not task.done()}
    if waiting and grace:
        _, waiting = await asyncio.wait(waiting, timeout=grace)
    for task in waiting:
        task.cancel()
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=DEPARTURE_TIMEOUT)
    for task in waiting:
        logger.error("%s ignores its cancellation and is abandoned", task.get_name())
