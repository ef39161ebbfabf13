"""A site without a server: requests go straight to the application, and responses arrive as it sends them."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Message, Scope

from hyperpy.app import Overrides
from hyperpy.config import Settings
from hyperpy.streams import STATE_KEY, Streams
from hyperpy.testing.running_requests import GRACE, RETURNED, RunningRequests, end_all
from hyperpy.testing.site import Site
from hyperpy.testing.transport.application import Served, running_application

logger = logging.getLogger("hyperpy.testing")

HIGH_WATER: Final = 64 * 1024  # unread bytes at which `send` starts to wait, as in uvicorn
ERROR: Final = b"Internal Server Error"
ERROR_HEADERS: Final = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(ERROR))]
URL: Final = "http://localhost"
FIRST_PORT: Final = 50_000


@asynccontextmanager
async def client(
    served: Served, *, url: str = URL, overrides: Overrides | None = None, settings: Settings | None = None
) -> AsyncIterator[Site]:
    """Serve without a network. `served` is an ASGI application or the path of a folder of routes.

    `overrides` puts other functions in the place of dependencies: `{current_user: lambda: User("Ada")}`.
    `settings` take the place of the application's.

    The lifespan runs around the block. Streams are not buffered, and notice when a client disconnects. The application
    and the test share an event loop. `url` is the site's own URL: with https, `Secure` cookies work.

    Raises what loading the folder or the lifespan raises.
    """
    async with running_application(served, overrides, settings) as (app, state):
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


class Exchange(httpx.AsyncByteStream):
    """The server's side of one request and, as an iterable, the body of the response.

    It behaves like uvicorn: `send` waits for slow readers and does nothing after the client has disconnected, which
    `receive` waits for. An exception in the application is logged; it results in a 500 response or, if the response
    has started, in a body that is cut off.
    """

    def __init__(self, request: httpx.Request) -> None:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self.request = request
        self.start: Message | None = None
        self._sent = aiter(request.stream)
        self._next_piece: bytes | None = None
        self._all_received = False
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._complete = False
        self._failed = False
        self._gone = False
        self._changed = asyncio.Event()  # replaced at each change

    # The application's side.

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        name = f"{scope['method']} {scope['path']}"
        try:
            await app(scope, self.receive, self.send)
            if not self._complete and not self._gone:
                logger.error("%s: the application returned before its response was complete", name)
        except Exception:
            logger.exception("%s: the application failed", name)
        finally:
            if self.start is None:
                self.start = {"status": 500, "headers": ERROR_HEADERS}
                self._put(ERROR, last=True)
            self._failed = not self._complete
            self._wake()

    async def receive(self) -> Message:
        if not self._all_received:
            piece, self._next_piece = self._next_piece, await anext(self._sent, None)
            if piece is None:  # the first call, or an empty body
                piece, self._next_piece = self._next_piece or b"", await anext(self._sent, None)
            self._all_received = self._next_piece is None
            return {"type": "http.request", "body": piece, "more_body": not self._all_received}
        await self._until(lambda: self._gone or self._complete)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self._until(lambda: self._size < HIGH_WATER or self._gone)
        if self._gone:
            return
        kind = message["type"]
        expected = "http.response.start" if self.start is None else "http.response.body"
        if kind != expected or self._complete:
            problem = f"expected {expected!r}" if kind != expected else "the response is complete"
            raise RuntimeError(f"{kind!r} was sent, but {problem}")
        if self.start is None:
            self.start = message
        else:
            self._put(bytes(message.get("body", b"")), last=not message.get("more_body", False))
        self._wake()

    def _put(self, body: bytes, *, last: bool) -> None:
        if body and self.request.method != "HEAD":
            self._chunks.append(body)
            self._size += len(body)
        self._complete = last

    # The client's side.

    async def response(self) -> httpx.Response:
        """The response, as soon as it starts."""
        await self._until(lambda: self.start is not None)
        assert self.start is not None
        return httpx.Response(self.start["status"], headers=list(self.start.get("headers", ())), stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await self._until(lambda: self._chunks or self._complete or self._failed or self._gone)
            if self._chunks:
                chunk = self._chunks.popleft()
                self._size -= len(chunk)
                self._wake()
                yield chunk
            elif self._complete:
                return
            else:
                raise httpx.RemoteProtocolError("the response was cut off", request=self.request)

    async def aclose(self) -> None:
        """The client disconnects."""
        self._gone = True
        self._wake()

    async def _until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
