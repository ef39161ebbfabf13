"""One request and its response, within this process."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx
from starlette.types import ASGIApp, Message, Scope

logger = logging.getLogger("hyperpy.testing")

HIGH_WATER: Final = 64 * 1024  # unread bytes at which `send` starts to wait, as in uvicorn
ERROR: Final = b"Internal Server Error"
ERROR_HEADERS: Final = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(ERROR))]


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
        self._waiters: set[asyncio.Future[None]] = set()

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
            self._finish()

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

    def _finish(self) -> None:
        """The application has returned."""
        if self.start is None:
            self.start = {"status": 500, "headers": ERROR_HEADERS}
            self._put(ERROR, last=True)
        self._failed = not self._complete
        self._wake()

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
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
