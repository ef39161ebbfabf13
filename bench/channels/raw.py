"""No framework and no channels: a queue for each stream, into which the bytes of an event are put."""

import asyncio
import time

from starlette.types import Receive, Scope, Send

from bench.streams.apps.raw import lifespan

HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
READY = b"data: ~\n\n"

_queues: set[asyncio.Queue[bytes]] = set()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/channels/tell":
        await _tell(send)
    else:
        await _stream(send)


async def _tell(send: Send) -> None:
    event = f'id: 1\ndata: {{"html":"<p>{time.monotonic_ns()}~</p>","padding":""}}\n\n'.encode()
    for queue in _queues:
        queue.put_nowait(event)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"told"})


async def _stream(send: Send) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": READY, "more_body": True})
        while True:
            await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
    finally:
        _queues.discard(queue)
