"""No framework: the least that a server, and f-strings on top of it, can do."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from bench.apps import HELLO
from bench.data import SHOP
from bench.engines.fstring import LIMIT

type Message = MutableMapping[str, Any]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    text = HELLO if scope["path"] == "/hello" else LIMIT.page(SHOP)
    body = text.encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
