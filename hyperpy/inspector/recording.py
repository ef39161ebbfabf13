"""Follows one request from its head to the end of its response."""

from time import perf_counter
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.inspector.frames import PREVIEW, FrameReader, part_of_page
from hyperpy.inspector.history import Records, RequestEntry
from hyperpy.inspector.instruments import current_entry
from hyperpy.inspector.submitted import WatchedBody, query_fields

LONGEST_PATH: Final = 1000

_STATIC: Final = "/static/"


async def record_request(app: ASGIApp, scope: Scope, receive: Receive, send: Send, records: Records) -> None:
    """Answer a request with `app`, and keep a record of it."""
    entry = _entry(scope, records)
    body = WatchedBody(scope, receive)
    response = _Response(entry, records, send, body)
    records.add(entry)
    token = current_entry.set(entry)
    try:
        await app(scope, response.receive, response.send)
    except BaseException as error:
        entry.failure = type(error).__name__
        raise
    finally:
        current_entry.reset(token)
        entry.duration = perf_counter() - entry.started
        entry.form, entry.body_note = await body.fields(records.secrets)
        response.end()


def _entry(scope: Scope, records: Records) -> RequestEntry:
    host, port = (scope.get("client") or ("", 0))[:2]
    cookies = [part.partition("=")[0].strip() for part in Headers(scope=scope).get("cookie", "").split(";")]
    path = scope["path"]
    return RequestEntry(
        number=records.next_number(),
        method=scope["method"],
        path=path[:LONGEST_PATH],
        client=f"{host}:{port}" if host else "",
        query=query_fields(scope, records.secrets),
        cookies=tuple(name[:PREVIEW] for name in cookies if name)[:PREVIEW],
        is_file=path.startswith(_STATIC),
    )


class _Response:
    """The `receive` and `send` of a request, which note what goes through them."""

    def __init__(self, entry: RequestEntry, records: Records, send: Send, body: WatchedBody) -> None:
        self._entry = entry
        self._records = records
        self._send = send
        self._body = body
        self._frames: FrameReader | None = None
        self._is_page = False
        self._is_complete = False
        self._has_left = False

    async def receive(self) -> Message:
        message = await self._body.receive()
        if message["type"] == "http.disconnect" and not self._is_complete:
            self._has_left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started(message)
        elif message["type"] == "http.response.body":
            self._sent(message)
        await self._send(message)

    def _started(self, message: Message) -> None:
        entry = self._entry
        entry.status = message["status"]
        kind = Headers(raw=list(message.get("headers", ()))).get("content-type", "").lower()
        if kind.startswith("text/event-stream"):
            self._frames = FrameReader()
            self._records.open_stream(entry)
        self._is_page = kind.startswith("text/html")
        self._records.changes.notify()

    def _sent(self, message: Message) -> None:
        body = message.get("body", b"")
        entry = self._entry
        entry.size += len(body)
        if self._is_page and body:
            self._records.secrets.learn(body)
        if (stream := entry.stream) is not None and body:
            stream.bytes += len(body)
            self._records.sent(stream, self._frames.push(body) if self._frames else [part_of_page(body)])
        if not message.get("more_body"):
            self._is_complete = True

    def end(self) -> None:
        entry = self._entry
        if entry.stream is not None:
            reason = "finished" if self._is_complete else "the client left" if self._has_left else "it was cut off"
            self._records.close_stream(entry.stream, f"{reason}: {entry.failure}" if entry.failure else reason)
        self._records.changes.notify()
