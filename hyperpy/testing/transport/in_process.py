"""A site without a server: requests go straight to the application, and responses arrive as it sends them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Scope

from hyperpy.streams import STATE_KEY, Streams
from hyperpy.testing.running_requests import GRACE, RETURNED, RunningRequests, end_all
from hyperpy.testing.site import Site
from hyperpy.testing.transport.exchange import Exchange
from hyperpy.testing.transport.lifespan import lifespan_of
from hyperpy.testing.transport.served_app import Served, application_of

URL: Final = "http://localhost"
FIRST_PORT: Final = 50_000


@asynccontextmanager
async def client(served: Served, *, url: str = URL) -> AsyncIterator[Site]:
    """Serve without a network. `served` is an ASGI application or the path of a folder of routes.

    The lifespan runs around the block. Streams are not buffered, and notice when a client disconnects. The application
    and the test share an event loop. `url` is the site's own URL: with https, `Secure` cookies work.

    Raises what loading the folder or the lifespan raises.
    """
    with application_of(served) as app:
        async with lifespan_of(app) as state:
            transport = InProcess(app, state)
            site = Site(url, transport)
            try:
                yield site
            finally:
                await site.leave()
                await transport.stop()


class InProcess(httpx.AsyncBaseTransport):
    """An httpx transport that calls an application, in a task for each request."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._requests = RunningRequests(app)
        self._state = state
        self._ports = count(FIRST_PORT)
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(request)
        address = ("127.0.0.1", next(self._ports))
        scope = _scope(request, address, self._state)
        task = asyncio.create_task(exchange.run(self._requests, scope), name=f"{request.method} {request.url.path}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            response = await exchange.response()
        except BaseException:
            await exchange.aclose()
            raise
        response.extensions[RETURNED] = self._requests.of(address)
        return response

    async def stop(self) -> None:
        """Stop like a server: event streams end, and other responses have some time to finish."""
        streams: Streams | None = self._state.get(STATE_KEY)
        if streams is not None:
            streams.close()
        await end_all(self._tasks, GRACE)


def _scope(request: httpx.Request, client: tuple[str, int], state: dict[str, Any]) -> Scope:
    url = request.url
    path, _, query = url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "server": (url.host, url.port or (443 if url.scheme == "https" else 80)),
        "state": dict(state),
    }
