"""sse-starlette's EventSourceResponse. It has no support for pages in parts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from bench.streams.apps.control import PING, TIMEOUT_SEND, controlled, seconds
from bench.streams.broadcast import subscribed
from bench.streams.generators import idle, numbers
from bench.streams.scenarios import SCENARIOS, Events


async def events(items: Events) -> AsyncGenerator[ServerSentEvent]:
    async with aclosing(items):
        async for item in items:
            yield ServerSentEvent(**item)


def response(content: AsyncGenerator[ServerSentEvent] | AsyncGenerator[str]) -> EventSourceResponse:
    return EventSourceResponse(content, ping=seconds(PING), send_timeout=seconds(TIMEOUT_SEND))


async def stream(request: Request) -> EventSourceResponse:
    return response(events(SCENARIOS[request.path_params["scenario"]](request.query_params)))


async def count(request: Request) -> EventSourceResponse:
    return response(numbers(int(request.query_params["n"])))


async def wait(request: Request) -> EventSourceResponse:
    return response(idle())


async def listen(request: Request) -> EventSourceResponse:
    return response(subscribed())


routes = [
    Route("/streams/{scenario}", stream),
    Route("/numbers", count),
    Route("/idle", wait),
    Route("/subscribed", listen),
]
app = controlled(Starlette(routes=routes))
