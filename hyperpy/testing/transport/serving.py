"""A site behind a real server: that of `hyper serve`, on a port of its own, in the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server import Server, address_of, listen, make_config
from hyperpy.testing.patience import GRACE
from hyperpy.testing.running_requests import OVER, RunningRequests, end_all
from hyperpy.testing.site import Site
from hyperpy.testing.transport.lifespan import lifespan_of
from hyperpy.testing.transport.served_app import Served, loaded

TICK: Final = 0.5  # seconds between two updates of the `Date` header


@asynccontextmanager
async def serve(served: Served) -> AsyncIterator[Site]:
    """A site that is served on a free port of 127.0.0.1. `served` is an ASGI application or a folder of routes.

    The server runs in the test's event loop, so the test can share fixtures and mocks with the application; a test
    that blocks blocks the server. Signals do what they did, and all loggers are left alone. At the end of the block,
    streams of events end at once, and other answers have two seconds.

    Raises what loading the folder or the lifespan raises.
    """
    with loaded(served) as app:
        async with lifespan_of(app) as state:
            server = InLoop(app, state)
            async with server.running() as url:
                site = Site(url, Network(server.requests))
                try:
                    yield site
                finally:
                    await site.leave()


class InLoop(Server):
    """`hyper serve`'s server as a part of somebody else's program. The application's lifespan is not its business."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        config = make_config(app, Settings(port=0, access_log=False), grace=GRACE)
        config.lifespan = "off"
        super().__init__(config, on_ready=self._on_ready)
        config.load()
        # Outside of what uvicorn puts around it, which may take another client's address from a proxy's headers.
        config.loaded_app = self.requests = RunningRequests(config.loaded_app)
        self._state = state
        self._ready = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Gives the URL that it is reached at."""
        with listen(Settings(port=0)) as listener:
            serving = asyncio.create_task(self.serve(sockets=[listener]), name="server")
            try:
                await asyncio.wait((serving, self._ready), return_when=asyncio.FIRST_COMPLETED)
                if self._ready.done():
                    yield address_of(listener)
            finally:
                await self._stop(serving)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state = self._state
        await super().startup(sockets)

    async def main_loop(self) -> None:
        while not self._stopping.is_set():
            await self.on_tick(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._stopping.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """They are the test runner's."""
        yield

    def _on_ready(self) -> None:
        self._ready.set_result(None)

    async def _stop(self, serving: asyncio.Task[None]) -> None:
        self._stopping.set()
        try:
            await serving
        finally:
            await end_all([serving, *self.server_state.tasks])
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # now the transports close their sockets


class Network(httpx.AsyncHTTPTransport):
    """Carries requests over real connections, and knows of each what the server does with it."""

    def __init__(self, requests: RunningRequests) -> None:
        super().__init__(trust_env=False, verify=False, limits=httpx.Limits(max_connections=None))
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        address = response.extensions["network_stream"].get_extra_info("client_addr")
        response.extensions[OVER] = self._requests.of(address)
        return response
