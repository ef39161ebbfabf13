"""Which requests `hyper dev` takes out of code that has been replaced, and how they are answered."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from hyperpy.dev.browser import Update
from hyperpy.dev.replaced_code import ReplacedCode
from hyperpy.pages import ANSWERED
from tests.support.until import until

NAVIGATION = {"sec-fetch-dest": "document"}


class Code:
    """Waits forever the first time, for a client that stays, and answers with the body of the request then."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope[ANSWERED].append("/routes/a.py")
        scope["state"]["seen"] = scope["state"].get("seen", 0) + 1
        body = (await receive())["body"]
        self.begun += 1
        if self.begun == 1:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled += 1
                await send({"type": "http.response.start", "status": 500, "headers": []})
        await PlainTextResponse(f"new {body!r} {scope['state']['seen']}")(scope, receive, send)


UPDATES = {
    "its file": lambda layer: layer.take(Update(frozenset({"/routes/a.py", "/routes/b.py"}))),
    "any file": lambda layer: layer.take(Update(None)),
    "another file": lambda layer: layer.take(Update(frozenset({"/routes/b.py"}))),
    "the end": lambda layer: layer.stop(0),
}


@pytest.mark.parametrize(
    ("method", "update", "status", "text"),
    [
        ("GET", "its file", 200, "new b'' 1"),
        ("GET", "any file", 200, "new b'' 1"),
        ("GET", "another file", 0, ""),
        ("POST", "its file", 503, "<p>The code has changed while it was answering this request. Send it again."),
        ("GET", "the end", 503, '<meta http-equiv="refresh" content="0">'),
    ],
)
async def test_a_request_that_waits_in_replaced_code(method: str, update: str, status: int, text: str):
    code = Code()
    layer = ReplacedCode(code, grace=0)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope |= {ANSWERED: [], "state": {}}
        await layer(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        request = asyncio.create_task(client.request(method, "/a", headers=NAVIGATION))
        await until(lambda: code.begun)
        change: Callable[[ReplacedCode], None] = UPDATES[update]
        change(layer)
        if not status:
            request.cancel()
            with pytest.raises(asyncio.CancelledError):
                await request
        else:
            answer = await request
            assert (answer.status_code, text in answer.text) == (status, True)
            layer.take(Update(None))  # none is waiting now
    await until(lambda: code.cancelled)
    assert code.begun == (2 if status == 200 else 1)
