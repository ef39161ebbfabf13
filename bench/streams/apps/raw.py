"""No framework: one send per event, and no detection of disconnects."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from bench.streams.apps.control import controlled
from bench.streams.apps.handwritten import HEADERS, encoded
from bench.streams.broadcast import subscribed
from bench.streams.generators import idle, numbers
from bench.streams.scenarios import PAGES, SCENARIOS, Query

EVENTS, HTML = b"text/event-stream", b"text/html; charset=utf-8"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    kind, chunks = source(scope["path"], dict(parse_qsl(scope["query_string"].decode())))
    headers = [(b"content-type", kind), *((name.encode(), value.encode()) for name, value in HEADERS.items())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    return await send({"type": "http.response.body", "body": b""})


def source(path: str, query: Query) -> tuple[bytes, AsyncIterator[bytes]]:
    match path.split("/"):
        case [_, "streams", scenario]:
            return EVENTS, encoded(SCENARIOS[scenario](query))
        case [_, "parts", scenario]:
            return HTML, (part.encode() async for part in PAGES[scenario](query))
        case [_, "numbers"]:
            return EVENTS, (f"data: {each}\n\n".encode() async for each in numbers(int(query["n"])))
        case [_, "idle"]:
            return EVENTS, (f"data: {each}\n\n".encode() async for each in idle())
        case _:
            return EVENTS, (f"data: {each}\n\n".encode() async for each in subscribed())


async def lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


app = controlled(answer)
