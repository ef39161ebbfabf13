"""Requests to the application without a server, and what answering them reads of the visitor."""

import asyncio
import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from types import FrameType
from typing import Any, Final, override
from urllib.parse import unquote, urlsplit

from starlette.datastructures import URL, Headers
from starlette.types import Message, Receive, Scope, Send

from hyperpy.app import Hyper
from hyperpy.app.dispatch import Dispatch, NoRouteError
from hyperpy.exceptions import Place
from hyperpy.pages import NONCE_KEY, STATE, WHOLE, current
from hyperpy.record_classes import record

UNKNOWN_ORIGIN: Final = "http://hyper-build.invalid"
"""The site's own address where none is given. No page may have it in its HTML."""

LONGEST: Final = 60
"""Seconds after which a page counts as endless."""

_READS: Final = {
    "headers": "reads headers or cookies of the request",
    "client": "reads the visitor's address",
    "session": "reads the session",
    "user": "reads the user of the request",
    "auth": "reads the user of the request",
    "query_string": "",
}
_LIBRARIES: Final = frozenset({"hyperpy", "starlette"}) | sys.stdlib_module_names
_BEYOND: Final = Dispatch.__call__.__code__
_ADDRESS: Final = URL.__init__.__code__


@record(slots=True)
class Recorded:
    """A response, and how it came about."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    own_headers: frozenset[str] = frozenset()
    """The names of the headers that the response had before the middleware of the application."""
    body: bytes = b""
    reads: dict[str, Place] = field(default_factory=dict)
    """What the code of the site has read of the visitor, and where; see `_READS`."""
    reads_query: bool = False
    failures: list[BaseException | str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


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
        scope, exchange = _WatchedScope(self._scope(path), recorded), _Exchange()
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
            place = recorded.reads.pop(_READS["headers"], Place(""))
            recorded.reads = {_READS["session"]: place} | recorded.reads
        nonce = scope["state"].get(NONCE_KEY)
        if nonce and str(nonce).encode() in recorded.body:
            recorded.reads.setdefault("uses a nonce, which each response has to have anew", Place(""))
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

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and recorded is not None:
                recorded.own_headers = frozenset(Headers(raw=list(message.get("headers", ()))).keys())
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


class _WatchedScope(dict[str, Any]):
    """An ASGI scope that notes where the code of the site reads what differs between visitors."""

    def __init__(self, scope: Scope, recorded: Recorded) -> None:
        super().__init__(scope)
        self._recorded = recorded

    @override
    def __getitem__(self, key: str) -> Any:
        if key in _READS:
            self._note(key)
        return super().__getitem__(key)

    @override
    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 (this is `get`)

    def _note(self, key: str) -> None:
        if current.get(None) is None or (place := _reading_place()) is None:
            return  # of a middleware, which every page has
        if key == "query_string":
            self._recorded.reads_query = True
        else:
            self._recorded.reads.setdefault(_READS[key], place)


def _reading_place() -> Place | None:
    """The line of the site's code that reads something; None if hyperpy itself does, or to make the page's address."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _BEYOND and frame.f_code is not _ADDRESS:
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in _LIBRARIES:
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


_current: Final[ContextVar[Recorded]] = ContextVar("hyperpy.build.recorded")


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
