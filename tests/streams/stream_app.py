"""A real uvicorn in a thread, which serves streams made from generator functions."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.streams import STATE_KEY, EventStream, HTMLStream, StreamLimits, Streams
from tests.support.raw_client import RawClient

BIG = "x" * 60_000
TIMEOUT = 10  # seconds that a test waits

type Generator = Callable[[], AsyncGenerator[object]]


class StreamApp:
    """Answers every request with a stream of one generator function."""

    def __init__(
        self,
        generator: Generator,
        kind: type[EventStream | HTMLStream] = EventStream,
        limits: StreamLimits | None = None,
        *,
        debug: bool = False,
    ) -> None:
        self.generator = generator
        self.kind = kind
        self.limits = limits or StreamLimits()
        self.debug = debug
        self.streams = Streams()
        self.ended = threading.Semaphore(0)  # released at the end of each call
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.lifespan(scope, receive, send)
        if scope["path"] == "/hello":
            return await hello(send)
        try:
            stream = self.kind(
                self.generator(), route="routes/feed.py", headers=self.headers, debug=self.debug, limits=self.limits
            )
            await stream(scope, receive, send)
        finally:
            self.ended.release()

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        scope["state"][STATE_KEY] = self.streams
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def hello(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


class Site:
    """A running server and its clients."""

    def __init__(self, server: uvicorn.Server, port: int) -> None:
        self.server = server
        self.port = port
        self.clients: list[RawClient] = []

    def connect(self, receive_buffer: int = 0) -> RawClient:
        client = RawClient(self.port, timeout=TIMEOUT, receive_buffer=receive_buffer)
        self.clients.append(client)
        return client

    def get(self, path: str = "/", version: str = "1.1", **headers: str) -> RawClient:
        return self.connect().get(path, version, **headers)


@contextlib.contextmanager
def serve(app: ASGIApp, *, loop: str = "asyncio", http: str = "httptools") -> Iterator[Site]:
    """Run an application on a free port until the block is left."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)  # so that clients that don't read are noticed soon
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, loop=loop, http=http, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    ready = threading.Event()
    startup = server.startup

    async def start_and_announce(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = start_and_announce  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    site = Site(server, listener.getsockname()[1])
    try:
        assert ready.wait(TIMEOUT)
        yield site
    finally:
        for client in site.clients:
            client.close()
        server.should_exit = True
        thread.join(TIMEOUT)
        listener.close()
        assert not thread.is_alive()


def logged_warnings(log: pytest.LogCaptureFixture, name: str) -> list[logging.LogRecord]:
    """The records of a logger that are warnings or worse."""
    return [record for record in log.records if record.name == name and record.levelno > logging.INFO]


class Watched:
    """A generator function that records its start and its cleanup."""

    def __init__(self, *items: object, forever: bool = True) -> None:
        self.items = items
        self.forever = forever
        self.cleaned = threading.Event()
        self.started = threading.Event()
        self.yielded = 0

    async def __call__(self):
        self.started.set()
        try:
            for item in self.items:
                if isinstance(item, Exception):
                    raise item
                yield item
                self.yielded += 1
            if self.forever:
                await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            self.cleaned.set()


def call_soon(site, callback) -> None:
    """Run a callback on the server's event loop."""
    [server] = site.server.servers
    server.get_loop().call_soon_threadsafe(callback)
