"""Starlette's StreamingResponse, with events encoded by hand."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from bench.streams.apps.control import controlled
from bench.streams.apps.handwritten import HEADERS, encoded, encoded_data
from bench.streams.broadcast import subscribed
from bench.streams.generators import idle, numbers
from bench.streams.scenarios import PAGES, SCENARIOS

EVENTS = "text/event-stream"


async def stream(request: Request) -> StreamingResponse:
    items = SCENARIOS[request.path_params["scenario"]](request.query_params)
    return StreamingResponse(encoded(items), headers=HEADERS, media_type=EVENTS)


async def page(request: Request) -> StreamingResponse:
    parts = PAGES[request.path_params["scenario"]](request.query_params)
    return StreamingResponse(parts, headers=HEADERS, media_type="text/html")


async def count(request: Request) -> StreamingResponse:
    source = encoded_data(numbers(int(request.query_params["n"])))
    return StreamingResponse(source, headers=HEADERS, media_type=EVENTS)


async def wait(request: Request) -> StreamingResponse:
    return StreamingResponse(encoded_data(idle()), headers=HEADERS, media_type=EVENTS)


async def listen(request: Request) -> StreamingResponse:
    return StreamingResponse(encoded_data(subscribed()), headers=HEADERS, media_type=EVENTS)


routes = [
    Route("/streams/{scenario}", stream),
    Route("/parts/{scenario}", page),
    Route("/numbers", count),
    Route("/idle", wait),
    Route("/subscribed", listen),
]
app = controlled(Starlette(routes=routes))
