"""One request and its answer, handed over in this process."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final

import httpx
from starlette.types import ASGIApp, Message, Scope

logger = logging.getLogger("hyperpy.testing")

FULL: Final = 64 * 1024  # bytes that may wait for the reader before the writer has to; uvicorn's limit
ERROR: Final = b"Internal Server Error"
ERROR_HEADERS: Final = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(ERROR))]


class Exchange(httpx.AsyncByteStream):
    """The server's half of one request, and as an iterable the body of its answer.

    It behaves as uvicorn does: `send` waits while the reader is slow and does nothing once the client has left, and
    `receive` waits for that. An exception of the application is logged, and answered with 500 if nothing was sent yet,
    else the body is cut off.
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
                logger.error("%s: the application returned before its answer was complete", name)
        except Exception:
            logger.exception("%s: the application failed", name)
        finally:
            self._finish()

    async def receive(self) -> Message:
        if not self._all_received:
            piece, self._next_piece = self._next_piece, await anext(self._sent, None)
            if piece is None:  # at first, or for an empty body
                piece, self._next_piece = self._next_piece or b"", await anext(self._sent, None)
            self._all_received = self._next_piece is None
            return {"type": "http.request", "body": piece, "more_body": not self._all_received}
        await self._until(lambda: self._gone or self._complete)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self._until(lambda: self._size < FULL or self._gone)
        if self._gone:
            return
        kind = message["type"]
        expected = "http.response.start" if self.start is None else "http.response.body"
        if kind != expected or self._complete:
            raise RuntimeError(f"{kind!r} was sent " + (f"instead of {expected!r}" if kind != expected else "too late"))
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
        """The answer, as soon as it begins."""
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
                raise httpx.RemoteProtocolError("the answer was cut off", request=self.request)

    async def aclose(self) -> None:
        """The client leaves."""
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
