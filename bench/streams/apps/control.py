"""A wrapper around every peer's application: responses that bypass the framework, and middleware."""

import asyncio
import os
from collections.abc import Awaitable, Callable

from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.streams.broadcast import listeners, publish
from bench.streams.generators import still_open

MIDDLEWARE = "BENCH_MIDDLEWARE"
PING = "BENCH_PING"
TIMEOUT_SEND = "BENCH_TIMEOUT_SEND"
SLOW = 1.0  # seconds


async def _slow() -> str:
    await asyncio.sleep(SLOW)
    return "done"


async def _now(function: Callable[[], object]) -> str:
    return str(function())


RESPONSES: dict[str, Callable[[], Awaitable[str]]] = {
    "/control/hello": lambda: _now(lambda: "hello"),
    "/control/pid": lambda: _now(os.getpid),
    "/control/open": lambda: _now(still_open),
    "/control/listeners": lambda: _now(listeners),
    "/control/publish": lambda: _now(publish),
    "/control/slow": _slow,
}


def seconds(variable: str) -> float | None:
    """A duration that the benchmark sets in the environment, for frameworks that have such a setting."""
    return float(os.environ[variable]) if variable in os.environ else None


async def _pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


def controlled(app: ASGIApp) -> ASGIApp:
    match os.environ.get(MIDDLEWARE):
        case "gzip":
            app = GZipMiddleware(app)
        case "base":
            app = BaseHTTPMiddleware(app, dispatch=_pass_on)

    async def control(scope: Scope, receive: Receive, send: Send) -> None:
        respond = RESPONSES.get(scope["path"]) if scope["type"] == "http" else None
        if respond is None:
            return await app(scope, receive, send)
        body = (await respond()).encode()
        headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        return await send({"type": "http.response.body", "body": body})

    return control
