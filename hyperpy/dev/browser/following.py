"""An ASGI layer that makes open pages follow the code: it adds a script to them, and tells the script of new code."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.dev.browser.injection import after_prologue, allow_script, nonce_of
from hyperpy.dev.browser.updates import Updates
from hyperpy.pages import ANSWERED

PREFIX: Final = "/_hyper/dev/"
EVENTS: Final = PREFIX + "events"
RETRY: Final = 50  # milliseconds until a script comes back after a restart; it then waits for the new process
PING: Final = 15  # seconds between two comments on an open connection, so that dead ones are noticed

TIMING: Final = "hyper-route"  # the name of the Server-Timing whose description is a route file

_SCRIPTS: Final = frozenset(
    {"assets.js", "dev.js", "fragments.js", "morph.js", "overlay.js", "problems.js", "sent.js", "warnings.js"}
)
_WITHOUT_DOCUMENT: Final = frozenset({204, 205, 206, 304})


class Following:
    """Forwards requests to `app`, adds the script to its documents, and answers the requests of the script.

    A document is a text/html response to a navigation of the browser. Fragments, downloads and compressed bodies stay
    as they are. Every response tells the script which route file has answered: as a `Server-Timing`, which browsers
    show for all requests of a page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.updates = Updates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._own(scope, receive, send)
        else:
            answered: list[str] = []
            scope[ANSWERED] = answered
            if is_navigation(Headers(scope=scope)):
                send = _Injecting(send, scope["method"], self.updates.generation, answered)
            await self.app(scope, receive, _Naming(send, answered))

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX)
        if scope["path"] == EVENTS and scope["method"] == "GET":
            await self._events(scope, receive, send)
        elif name in _SCRIPTS and scope["method"] in ("GET", "HEAD"):
            content = (Path(__file__).parent / name).read_bytes()
            headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
            await Response(content, media_type="text/javascript", headers=headers)(scope, receive, send)
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send updates until the client leaves or the process stops."""
        since = Headers(scope=scope).get("last-event-id") or QueryParams(scope["query_string"]).get("since", "")
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(_chunk(f"retry: {RETRY}\n\n"))
        with self.updates.subscribed(since) as mailbox:
            sending = asyncio.create_task(_send_events(mailbox, send))
            left = asyncio.create_task(_left(receive))
            try:
                await asyncio.wait({left, sending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                left.cancel()
                sending.cancel()


async def _send_events(mailbox: asyncio.Queue[str | None], send: Send) -> None:
    """Send the events of a mailbox to its end, and comments in between, so that dead connections are noticed."""
    while True:
        try:
            event = await asyncio.wait_for(mailbox.get(), PING)
        except TimeoutError:
            event = ":\n\n"
        await send(_chunk(event or "", more=event is not None))
        if event is None:
            return


def _chunk(text: str, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": text.encode(), "more_body": more}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def is_navigation(headers: Headers) -> bool:
    """Whether the browser shows the response as the page of a tab.

    Browsers send Sec-Fetch-Dest to trustworthy addresses only, such as localhost. To others, a navigation is what asks
    for HTML first.
    """
    destination = headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    return headers.get("accept", "").startswith("text/html") and "hx-request" not in headers


class _Naming:
    """A `send` that adds the route file to the start of a response."""

    def __init__(self, send: Send, answered: Sequence[str]) -> None:
        self._send = send
        self._answered = answered

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._answered:
            timing = f'{TIMING};desc="{quote(self._answered[-1])}"'.encode()
            message = {**message, "headers": [*message.get("headers", ()), (b"server-timing", timing)]}
        await self._send(message)


class _Injecting:
    """A `send` that adds the script to the start of a document."""

    def __init__(self, send: Send, method: str, generation: str, answered: Sequence[str]) -> None:
        self._send = send
        self._method = method
        self._generation = generation
        self._answered = answered
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
        facts = {
            "generation": self._generation,
            "status": str(start["status"]),
            "method": "GET" if self._method == "HEAD" else self._method,
            "route": quote(self._answered[-1]) if self._answered else "",
        }
        self._tag = _tag(nonce, facts)
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


def _tag(nonce: str, facts: Mapping[str, str]) -> bytes:
    """The scripts: `sent.js` runs before those of the page, `fragments.js` before htmx, `dev.js` as soon as it can."""
    own = f' nonce="{nonce}"' if nonce else ""
    attributes = "".join(f' data-{name}="{value}"' for name, value in facts.items())
    early = f'<script type="module" src="{PREFIX}fragments.js" data-hyper-dev{own}></script>'
    first = f'<script src="{PREFIX}sent.js" data-hyper-dev{own}></script>'
    return f'<script type="module" async src="{PREFIX}dev.js"{attributes}{own}></script>{first}{early}'.encode()
