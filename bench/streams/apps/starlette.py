"""Starlette's StreamingResponse, with events written by hand."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from bench.streams.apps.control import controlled
from bench.streams.apps.written import HEADERS, written, written_data
from bench.streams.figured import idle, numbers
from bench.streams.hub import subscribed
from bench.streams.scenes import PAGES, SCENES

EVENTS = "text/event-stream"


async def stream(request: Request) -> StreamingResponse:
    items = SCENES[request.path_params["scene"]](request.query_params)
    return StreamingResponse(written(items), headers=HEADERS, media_type=EVENTS)


async def page(request: Request) -> StreamingResponse:
    parts = PAGES[request.path_params["scene"]](request.query_params)
    return StreamingResponse(parts, headers=HEADERS, media_type="text/html")


async def count(request: Request) -> StreamingResponse:
    source = written_data(numbers(int(request.query_params["n"])))
    return StreamingResponse(source, headers=HEADERS, media_type=EVENTS)


async def wait(request: Request) -> StreamingResponse:
    return StreamingResponse(written_data(idle()), headers=HEADERS, media_type=EVENTS)


async def listen(request: Request) -> StreamingResponse:
    return StreamingResponse(written_data(subscribed()), headers=HEADERS, media_type=EVENTS)


routes = [
    Route("/streams/{scene}", stream),
    Route("/parts/{scene}", page),
    Route("/numbers", count),
    Route("/idle", wait),
    Route("/subscribed", listen),
]
app = controlled(Starlette(routes=routes))
