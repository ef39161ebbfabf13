"""FastAPI's own server-sent events, and Starlette's StreamingResponse for pages in parts."""

from collections.abc import AsyncIterable
from contextlib import aclosing

import fastapi.routing
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from bench.streams.apps.control import PING, controlled, seconds
from bench.streams.apps.handwritten import HEADERS
from bench.streams.broadcast import subscribed
from bench.streams.generators import idle, numbers
from bench.streams.scenarios import PAGES, SCENARIOS

# FastAPI has no public setting for the ping interval.
if ping := seconds(PING):
    vars(fastapi.routing)["_PING_INTERVAL"] = ping

api = FastAPI()


@api.get("/streams/{scenario}", response_class=EventSourceResponse)
async def stream(scenario: str, request: Request) -> AsyncIterable[ServerSentEvent]:
    async with aclosing(SCENARIOS[scenario](request.query_params)) as items:
        async for item in items:
            fields = dict(item)
            yield ServerSentEvent(raw_data=fields.pop("data", None), **fields)


@api.get("/parts/{scenario}")
async def page(scenario: str, request: Request) -> StreamingResponse:
    return StreamingResponse(PAGES[scenario](request.query_params), headers=HEADERS, media_type="text/html")


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
