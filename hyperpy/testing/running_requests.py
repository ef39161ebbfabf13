"""The requests that an application is busy with."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.testing.patience import DEPARTURE

logger = logging.getLogger("hyperpy.testing")

# The extension of a response that holds a future: done when the application has returned from the request.
OVER: Final = "hyperpy.over"


class RunningRequests:
    """An ASGI application around another one, which knows what that one is busy with, by the client's address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._running: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        over = asyncio.get_running_loop().create_future()
        self._running[scope["client"]] = over
        try:
            await self.app(scope, receive, send)
        finally:
            over.set_result(None)
            if self._running[scope["client"]] is over:
                del self._running[scope["client"]]

    def of(self, client: tuple[str, int]) -> asyncio.Future[None] | None:
        """What is done when the application has returned from the request of a client; None if it has already."""
        return self._running.get(client)


async def departed(response: httpx.Response) -> bool:
    """Waits until the application is done with a request whose client has left. False if that takes too long."""
    over: asyncio.Future[None] | None = response.extensions.get(OVER)
    if over is None:
        return True
    await asyncio.wait((over,), timeout=DEPARTURE)
    return over.done()


async def end_all(tasks: Iterable[asyncio.Task[None]], grace: float = 0) -> None:
    """Gives tasks some seconds to end by themselves, then cancels them, and does not wait for ever."""
    waiting = {task for task in tasks if not task.done()}
    if waiting and grace:
        _, waiting = await asyncio.wait(waiting, timeout=grace)
    for task in waiting:
        task.cancel()
    if waiting:
        _, waiting = await asyncio.wait(waiting, timeout=DEPARTURE)
    for task in waiting:
        logger.error("%s does not end when it is cancelled, and is left to itself", task.get_name())
