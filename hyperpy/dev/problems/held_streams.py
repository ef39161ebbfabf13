"""Keeps the clients of event streams from giving up while a route is broken, so that they are live once it is fixed.

An EventSource never reconnects after a status other than 200, htmx 4 shows the body of an error in place of its stream,
and Datastar asks again only if its connection breaks. So a GET request for events that fails is answered by a stream
that stays open until there is other code, as does a stream that fails later. Then it ends, or breaks for Datastar.
"""

import ast
import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from hyperpy.pages import is_datastar
from hyperpy.streams import CLOSE, RETRY_AT_ONCE, accepts, names_stream

# Seconds until a client tries again without other code: what has failed may work the next time.
LONGEST: Final = 10

_CONTENT_TYPE: Final = b"text/event-stream"
_FINISHED: Final = CLOSE.encode()
_DRAINED: Final = RETRY_AT_ONCE.encode()
_MOST_PATHS: Final = 1000
_YIELDS: Final = re.compile(r"^\s+(?:\w+\s*=\s*)?yield\b", re.MULTILINE)
_TEMPLATE: Final = re.compile(r"""^[tT][rR]?["']|^[rR][tT]["']""", re.MULTILINE)

_server_log: Final = logging.getLogger("uvicorn.error")


class CutError(Exception):
    """Raised to break a connection: the server closes it without the end of the body."""


class StreamPaths:
    """Paths of event streams, the latest last."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    def add(self, path: str) -> None:
        self._paths.pop(path, None)
        self._paths[path] = None
        if len(self._paths) > _MOST_PATHS:
            del self._paths[next(iter(self._paths))]

    def __contains__(self, path: str) -> bool:
        return path in self._paths


def wants_stream(scope: Scope, file: str, known: StreamPaths) -> bool:
    """Whether a request is for the events of the route `file`, which may be broken, rather than for its page."""
    accepted = accepts(_accept(scope))
    if scope["method"] != "GET" or not accepted.event_stream:
        return False
    if not accepted.html or _is_datastar(scope):
        return True
    # Of htmx 4, which accepts both with every request.
    return names_stream(scope["query_string"]) or scope["path"] in known or _is_only_stream(file)


def wants_missing_stream(scope: Scope, known: StreamPaths) -> bool:
    """The same for a path that no route answers: an EventSource is about to give up, or a route has been there."""
    if not wants_stream(scope, "", known):
        return False
    return _accept(scope).strip() == "text/event-stream" or scope["path"] in known


def _accept(scope: Scope) -> str:
    return ",".join(Headers(scope=scope).getlist("accept"))


def _is_datastar(scope: Scope) -> bool:
    return is_datastar(Headers(scope=scope), _accept(scope))


def _is_only_stream(file: str) -> bool:
    """Whether a route file, which may have syntax errors, has a generator and no template."""
    try:
        source = Path(file).read_text(encoding="utf-8") if file else ""
    except OSError, UnicodeDecodeError:
        return False
    try:
        statements = ast.parse(source).body
    except SyntaxError, ValueError:
        return bool(_YIELDS.search(source)) and not _TEMPLATE.search(source)
    functions = [statement for statement in statements if isinstance(statement, ast.AsyncFunctionDef)]
    yields = any(isinstance(node, ast.Yield) for function in functions for node in ast.walk(function))
    templates = (isinstance(each, ast.Expr) and isinstance(each.value, ast.TemplateStr) for each in statements)
    return yields and not any(templates)


def held_response(text: str) -> Response:
    """The start of a stream in place of an error. Its comments tell programs such as `curl` what is wrong."""
    comments = "".join(f": {line}\n" for line in text.splitlines())
    return Response(
        f"{comments}{RETRY_AT_ONCE}",
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


class HeldStream:
    """A `send` that keeps the event stream of a failed GET request open, until `finish` ends it.

    `changed` is set when there is other code than at the start of the request.
    """

    def __init__(self, scope: Scope, send: Send, changed: asyncio.Event, known: StreamPaths) -> None:
        self.failed = False
        self._scope = scope
        self._send = send
        self._changed = changed
        self._known = known
        self._is_stream = False
        self._last = b""
        self._end: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message = self._start(message)
        elif message["type"] == "http.response.body" and self._is_stream:
            self._last = message.get("body") or self._last
            if not message.get("more_body", False) and (self.failed or self._is_cut):
                self._end = {"type": "http.response.body"}
                message = {**message, "more_body": True}
        await self._send(message)

    def _start(self, message: Message) -> Message:
        headers = message.get("headers", ())
        types = [value for name, value in headers if name.lower() == b"content-type"]
        self._is_stream = self._scope["method"] == "GET" and any(value.startswith(_CONTENT_TYPE) for value in types)
        if not self._is_stream:
            return message
        if not self.failed:
            self._known.add(self._scope["path"])
        return {**message, "headers": [header for header in headers if header[0].lower() != b"content-length"]}

    @property
    def _is_cut(self) -> bool:
        """Whether the stream was ended for other code, and its client comes back only to a broken connection."""
        return self._last.endswith(_DRAINED) and _is_datastar(self._scope)

    async def finish(self, receive: Receive) -> None:
        """End what has been held back. To be called after the application. Raises CutError to break a connection."""
        if self._end is None:
            return
        if self._last.endswith(_FINISHED):  # a late 4xx would be the same the next time
            await self._send(self._end)
            return
        if self.failed and not await _changes(self._changed, receive):
            return
        if _is_datastar(self._scope):
            raise CutError
        await self._send({"type": "http.response.body", "body": _DRAINED, "more_body": True})
        await self._send(self._end)


async def _changes(changed: asyncio.Event, receive: Receive) -> bool:
    """Wait for other code, for at most LONGEST seconds. False if the client leaves first."""
    waiting = asyncio.create_task(changed.wait())
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait((waiting, leaving), timeout=LONGEST, return_when=asyncio.FIRST_COMPLETED)
        return not leaving.done()
    finally:
        waiting.cancel()
        leaving.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@contextmanager
def unlogged_cuts() -> Iterator[None]:
    """The server logs what an application raises. Leave out connections that were broken on purpose."""
    _server_log.addFilter(_is_no_cut)
    try:
        yield
    finally:
        _server_log.removeFilter(_is_no_cut)


def _is_no_cut(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], CutError))
