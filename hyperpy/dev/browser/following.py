"""An ASGI layer that makes open pages follow the code: it adds a script to them, and tells the script of new code."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.dev.browser.injection import after_prologue, allow_script, nonce_of

PREFIX: Final = "/_hyper/dev/"
EVENTS: Final = PREFIX + "events"
RETRY: Final = 50  # milliseconds until a script comes back after a restart; it then waits for the new process
PING: Final = 15  # seconds between two comments on an open connection, so that dead ones are noticed

_SCRIPTS: Final = frozenset({"dev.js", "morph.js", "overlay.js"})
_WITHOUT_DOCUMENT: Final = frozenset({204, 205, 206, 304})


class Following:
    """Forwards requests to `app`, adds the script to its documents, and answers the requests of the script.

    A document is a text/html response to a navigation of the browser. Fragments, downloads and compressed bodies stay
    as they are. `generation` is different in each process and after each change: a page of another generation shows
    outdated code.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.generation = secrets.token_hex(8)
        self._over = asyncio.Event()

    def close(self) -> None:
        """End the open connections of the scripts. Call it on the event loop of the server."""
        self._over.set()

    def renew(self) -> None:
        """Make open pages fetch the new code, once their scripts have reconnected. Call it on the server's loop."""
        self.generation = secrets.token_hex(8)
        over, self._over = self._over, asyncio.Event()
        over.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await self._own(scope, receive, send)
        elif scope["type"] == "http" and _is_navigation(Headers(scope=scope)):
            await self.app(scope, receive, _Injecting(send, scope["method"], self.generation))
        else:
            await self.app(scope, receive, send)

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX)
        if scope["path"] == EVENTS and scope["method"] == "GET":
            await self._events(receive, send)
        elif name in _SCRIPTS and scope["method"] in ("GET", "HEAD"):
            content = (Path(__file__).parent / name).read_bytes()
            headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            await Response(content, media_type="text/javascript", headers=headers)(scope, receive, send)
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)

    async def _events(self, receive: Receive, send: Send) -> None:
        """Send the generation, and keep the connection open until the client leaves or the process stops."""
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        event = f"retry: {RETRY}\nevent: generation\ndata: {self.generation}\n\n"
        await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
        left = asyncio.create_task(_left(receive))
        over = asyncio.create_task(self._over.wait())
        try:
            while not (await asyncio.wait({left, over}, timeout=PING, return_when=asyncio.FIRST_COMPLETED))[0]:
                await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        finally:
            left.cancel()
            over.cancel()
        if not left.done() or left.cancelled():
            await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_navigation(headers: Headers) -> bool:
    """Whether the browser shows the response as the page of a tab.

    Browsers send Sec-Fetch-Dest to trustworthy addresses only, such as localhost. To others, a navigation is what asks
    for HTML first.
    """
    destination = headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    return headers.get("accept", "").startswith("text/html") and "hx-request" not in headers


class _Injecting:
    """A `send` that adds the script to the start of a document."""

    def __init__(self, send: Send, method: str, generation: str) -> None:
        self._send = send
        self._method = method
        self._generation = generation
        self._tag = b""
        self._held = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_document(message["status"], message.get("headers", ())):
            await self._send(self._with_script(message))
        elif message["type"] == "http.response.body" and self._tag and self._method != "HEAD":
            await self._inject(message)
        else:
            await self._send(message)

    def _with_script(self, start: Message) -> Message:
        """The start of the response for a document with the script. Its validators go: they miss the script."""
        headers = MutableHeaders(raw=list(start["headers"]))
        for name in ("etag", "last-modified", "accept-ranges"):
            if name in headers:
                del headers[name]
        policies = headers.getlist("content-security-policy")
        nonce = next(filter(None, map(nonce_of, policies)), "")
        self._tag = _tag(nonce, self._generation, start["status"], "GET" if self._method == "HEAD" else self._method)
        if policies:
            del headers["content-security-policy"]
        for policy in policies:
            headers.append("Content-Security-Policy", allow_script(policy))
        if "content-length" in headers:
            headers["content-length"] = str(int(headers["content-length"]) + len(self._tag))
        return {**start, "headers": headers.raw}

    async def _inject(self, message: Message) -> None:
        body = self._held + message.get("body", b"")
        more = message.get("more_body", False)
        if more and b">" not in body:  # the doctype isn't complete yet
            self._held = body
            return
        place = after_prologue(body)
        tag, self._tag, self._held = self._tag, b"", b""
        await self._send({**message, "body": body[:place] + tag + body[place:]})


def _is_document(status: int, raw: Sequence[tuple[bytes, bytes]]) -> bool:
    headers = Headers(raw=list(raw))
    kind = headers.get("content-type", "").lower()
    return (
        kind.startswith("text/html")
        and "utf-16" not in kind
        and "content-encoding" not in headers
        and not headers.get("content-disposition", "").lower().startswith("attachment")
        and not 300 <= status < 400
        and status not in _WITHOUT_DOCUMENT
    )


def _tag(nonce: str, generation: str, status: int, method: str) -> bytes:
    attributes = f'data-generation="{generation}" data-status="{status}" data-method="{method}"'
    attributes += f' nonce="{nonce}"' if nonce else ""
    return f'<script type="module" async src="{PREFIX}dev.js" {attributes}></script>'.encode()
