"""No framework and no channels: a queue for each stream, into which the bytes of an event are put."""

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
    """uvicorn, with the garbage collector set as hyperpy's server does: with many streams it would take most of all."""
    tune_collector()
    return plain_server(app)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/channels/tell":
        await _tell(send)
    else:
        await _stream(receive, send)


async def _tell(send: Send) -> None:
    event = f'id: 1\ndata: {{"html":"<p>{time.monotonic_ns()}~</p>","padding":""}}\n\n'.encode()
    for queue in _queues:
        queue.put_nowait(event)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"told"})


async def _stream(receive: Receive, send: Send) -> None:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _queues.add(queue)
    watching = asyncio.create_task(_client_leaves(receive, queue))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": READY, "more_body": True})
    while event := await queue.get():
        await send({"type": "http.response.body", "body": event, "more_body": True})
    _queues.discard(queue)
    await watching


async def _client_leaves(receive: Receive, queue: asyncio.Queue[bytes]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    queue.put_nowait(b"")
