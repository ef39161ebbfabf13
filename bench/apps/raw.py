"""No framework: the least work an ASGI application can do, with f-strings."""

from starlette.types import Receive, Scope, Send

from bench.apps import HELLO
from bench.data import SHOP
from bench.engines.fstring import BASELINE


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    text = HELLO if scope["path"] == "/hello" else BASELINE.page(SHOP)
    body = text.encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
