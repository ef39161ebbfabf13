"""FastAPI's own server-sent events, and Starlette's StreamingResponse for pages in parts."""

from collections.abc import AsyncIterable
from contextlib import aclosing

import fastapi.routing
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bench.streams.apps.control import PING, controlled, seconds
from bench.streams.apps.written import HEADERS
from bench.streams.figured import idle, numbers
from bench.streams.hub import subscribed
from bench.streams.scenes import PAGES, SCENES

# There is no public setting for it.
if ping := seconds(PING):
    vars(fastapi.routing)["_PING_INTERVAL"] = ping

api = FastAPI()


@api.get("/streams/{scene}", response_class=EventSourceResponse)
async def stream(scene: str, request: Request) -> AsyncIterable[ServerSentEvent]:
    async with aclosing(SCENES[scene](request.query_params)) as items:
        async for item in items:
            fields = dict(item)
            yield ServerSentEvent(raw_data=fields.pop("data", None), **fields)


@api.get("/parts/{scene}")
async def page(scene: str, request: Request) -> StreamingResponse:
    return StreamingResponse(PAGES[scene](request.query_params), headers=HEADERS, media_type="text/html")


@api.get("/numbers", response_class=EventSourceResponse)
async def count(n: int) -> AsyncIterable[ServerSentEvent]:
    async for each in numbers(n):
        yield ServerSentEvent(raw_data=each)


@api.get("/idle", response_class=EventSourceResponse)
async def wait() -> AsyncIterable[ServerSentEvent]:
    async for each in idle():
        yield ServerSentEvent(raw_data=each)


@api.get("/subscribed", response_class=EventSourceResponse)
async def listen() -> AsyncIterable[ServerSentEvent]:
    async for each in subscribed():
        yield ServerSentEvent(raw_data=each)


app = controlled(api)
