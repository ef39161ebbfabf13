"""Starlette with f-strings."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bench.apps import HELLO
from bench.data import SHOP
from bench.engines.fstring import BASELINE


async def hello(request: Request) -> HTMLResponse:
    return HTMLResponse(HELLO)


async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(BASELINE.page(SHOP))


app = Starlette(routes=[Route("/hello", hello), Route("/page", page)])
