"""No framework and no channels: encoded events in one queue per stream."""

import asyncio
import time

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.serving import plain_server
from bench.streams.apps.raw import lifespan
from hyperpy.server.serve import tune_collector

HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
READY = b"data: ~\n\n"

_queues: set[asyncio.Queue[bytes]] = set()


def server(app: ASGIApp) -> uvicorn.Server:
    """uvicorn with hyperpy's garbage collector settings: with many streams, collection would dominate the result."""
    tune_collector()
    return plain_server(app)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/channels/publish_many":
        await _publish(send)
    else:
        await _stream(receive, send)


async def _publish(send: Send) -> None:
    event = f'id: 1\ndata: {{"html":"<p>{time.monotonic_ns()}~</p>","padding":""}}\n\n'.encode()
    for queue in _queues:
        queue.put_nowait(event)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"published"})


async def _stream(receive: Receive, send: Send) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    waiting = asyncio.create_task(_wait_for_disconnect(receive, queue))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": READY, "more_body": True})
    while event := await queue.get():
        await send({"type": "http.response.body", "body": event, "more_body": True})
    _queues.discard(queue)
    await waiting


async def _wait_for_disconnect(receive: Receive, queue: asyncio.Queue[bytes]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    queue.put_nowait(b"")
