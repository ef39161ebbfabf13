"""Requests to the application without a server, and what answering them reads of the visitor."""

import asyncio
import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from typing import Any, Final, override
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from hyperpy.app import Hyper
from hyperpy.app.dispatch import Dispatch, NoRouteError
from hyperpy.build.watched_scope import HEADERS, SESSION, WatchedScope
from hyperpy.exceptions import Place
from hyperpy.pages import NONCE_KEY, STATE, WHOLE
from hyperpy.record_classes import record

UNKNOWN_ORIGIN: Final = "http://hyper-build.invalid"
"""The site's own address where none is given. No page may have it in its HTML."""

LONGEST: Final = 60
"""Seconds after which a page counts as endless."""


@record(slots=True)
class Recorded:
    """A response, and how it came about."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    own_headers: frozenset[str] = frozenset()
    """The names of the headers that the response had before the middleware of the application, and others don't have.

    A default header is among them if the page gives it another value, or twice.
    """
    body: bytes = b""
    reads: dict[str, Place] = field(default_factory=dict)
    """What the code of the site has read of the visitor, and where."""
    failures: list[BaseException | str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    assets: set[str] = field(default_factory=set)
    """The static files whose content is in the URLs of the page."""


@record(frozen=True, slots=True)
class Requests:
    """Sends GET requests, as a browser does that has no cookies. `root` is the path in front of all URLs."""

    app: Hyper
    state: MutableMapping[str, Any]
    origin: str = ""
    root: str = ""

    async def get(self, path: str) -> Recorded:
        """The response to a request for a percent-encoded path."""
        return await self._recorded(path, missing=False)

    async def missing_page(self) -> Recorded:
        """The error page for a URL at the root that nothing answers."""
        return await self._recorded("/404.html", missing=True)

    async def _recorded(self, path: str, *, missing: bool) -> Recorded:
        recorded = Recorded()
        token = _current.set(recorded)
        scope, exchange = WatchedScope(self._scope(path), recorded.reads), _Exchange()
        try:
            async with asyncio.timeout(LONGEST):
                if missing:
                    scope["app"] = self.app
                    response = await self.app.dispatch.error_response(scope, exchange.receive, NoRouteError(404))
                    await response(scope, exchange.receive, exchange.send)
                else:
                    await self.app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            recorded.failures.append(f"the page was not complete after {LONGEST} seconds")
        except Exception as error:  # noqa: BLE001 (the report has it)
            recorded.failures.append(error)
        finally:
            _current.reset(token)
        recorded.status, recorded.headers, recorded.body = exchange.status, exchange.headers, b"".join(exchange.chunks)
        if STATE in scope and scope[STATE].session is not None:
            recorded.reads[SESSION] = recorded.reads.pop(HEADERS, Place(""))
        nonce = scope["state"].get(NONCE_KEY)
        if nonce and str(nonce).encode() in recorded.body:
            recorded.reads["uses a nonce, which must be new for each response"] = Place("")
        return recorded

    def _scope(self, path: str) -> Scope:
        origin = urlsplit(self.origin or UNKNOWN_ORIGIN)
        sent = self.root + path
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": origin.scheme,
            "path": unquote(sent),
            "raw_path": sent.encode(),
            "query_string": b"",
            "root_path": unquote(self.root),
            "headers": [(b"host", origin.netloc.encode()), (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")],
            "client": ("127.0.0.1", 0),
            "server": (origin.hostname, origin.port or (443 if origin.scheme == "https" else 80)),
            "state": dict(self.state),
            WHOLE: True,
        }


class RecordingDispatch(Dispatch):
    """Notes the headers of a response before middleware adds more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        recorded = _current.get(None)
        if recorded is not None and not isinstance(scope, WatchedScope):  # middleware has passed a copy on
            scope = WatchedScope({"state": {}, **scope}, recorded.reads)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and recorded is not None:
                own = [(name.lower(), value) for name, value in message.get("headers", ())]
                for default in self.headers.for_request(scope):
                    if default in own:
                        own.remove(default)
                recorded.own_headers = frozenset(name.decode("latin-1") for name, _ in own)
            await send(message)

        await super().__call__(scope, receive, noting)


class _Exchange:
    """The server's side of a request without a body, whose client never leaves."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = Headers()
        self.chunks: list[bytes] = []
        self._is_read = False

    async def receive(self) -> Message:
        if self._is_read:
            await asyncio.Event().wait()
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=list(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            self.chunks.append(bytes(message.get("body", b"")))


_current: Final[ContextVar[Recorded]] = ContextVar("hyperpy.build.recorded")


def note_asset(name: str) -> None:
    """The page that is being rendered asks for the URL of a static file's content."""
    if (recorded := _current.get(None)) is not None:
        recorded.assets.add(name)


class _RecordingHandler(logging.Handler):
    """Keeps what is logged about a page with its response."""

    @override
    def emit(self, entry: logging.LogRecord) -> None:
        recorded = _current.get(None)
        if recorded is None:
            if logging.lastResort is not None:
                logging.lastResort.handle(entry)
        elif entry.levelno >= logging.ERROR:
            raised = entry.exc_info[1] if entry.exc_info else None
            recorded.failures.append(raised or entry.getMessage())
        else:
            recorded.warnings.append(entry.getMessage())


@contextmanager
def recorded_logs() -> Iterator[None]:
    """In the context, what hyperpy logs about a page goes to its record instead of the terminal."""
    logger, handler = logging.getLogger("hyperpy"), _RecordingHandler(logging.WARNING)
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagates
