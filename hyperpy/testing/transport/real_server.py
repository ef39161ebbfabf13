"""A site behind the real server of `hyper serve`, on a free port, in the event loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

from hyperpy.app import Overrides
from hyperpy.config import Settings
from hyperpy.server import Server, address_of, listen, make_config
from hyperpy.testing.running_requests import GRACE, RETURNED, RunningRequests, end_all
from hyperpy.testing.site import Site
from hyperpy.testing.transport.application import Served, running_application

TICK: Final = 0.5  # seconds between updates of the `Date` header


@asynccontextmanager
async def serve(
    served: Served, *, overrides: Overrides | None = None, settings: Settings | None = None
) -> AsyncIterator[Site]:
    """Serve on a free port of 127.0.0.1. `served` is an ASGI application or the path of a folder of routes.

    `overrides` puts other functions in the place of dependencies: `{current_user: lambda: User("Ada")}`.
    `settings` take the place of the application's.

    The server runs in the event loop of the test, so the test can share fixtures and mocks with the application; a test
    that blocks also blocks the server. Signal handlers and loggers are not changed. At the end of the block, event
    streams end at once, and other responses have two seconds.

    Raises what loading the folder or the lifespan raises.
    """
    async with running_application(served, overrides, settings) as (app, state):
        server = InLoop(app, state)
        async with server.running() as url:
            site = Site(url, Network(server.requests))
            try:
                yield site
            finally:
                await site.leave()


class InLoop(Server):
    """The server of `hyper serve`, embedded in another program that runs the lifespan itself."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        config = make_config(app, Settings(port=0, access_log=False), grace=GRACE)
        config.lifespan = "off"
        super().__init__(config, on_ready=lambda: self._ready.set_result(None))
        config.load()
        # Outside of uvicorn's own middleware, which may replace the client's address by one from a proxy's headers.
        config.loaded_app = self.requests = RunningRequests(config.loaded_app)
        self._state = state
        self._ready = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve during the block. Yields the URL."""
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
        """Leave signals to the test runner."""
        yield

    async def _stop(self, serving: asyncio.Task[None]) -> None:
        self._stopping.set()
        try:
            await serving
        finally:
            await end_all([serving, *self.server_state.tasks])
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)  # lets the transports close their sockets


class Network(httpx.AsyncHTTPTransport):
    """An httpx transport over real connections that can tell when the server has finished a request."""

    def __init__(self, requests: RunningRequests) -> None:
        super().__init__(trust_env=False, verify=False, limits=httpx.Limits(max_connections=None))
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        address = response.extensions["network_stream"].get_extra_info("client_addr")
        response.extensions[RETURNED] = self._requests.of(address)
        return response
