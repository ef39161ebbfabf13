"""What a route answers to one request, put on the wire: a page, a stream, or the response that it made itself."""

from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.background import BackgroundTask
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send

from hyperpy.pages import Completion, InjectedResponse, Route, Run, StreamFacts, check_header
from hyperpy.streams import (
    STATE_KEY,
    EventStream,
    GeneratorShape,
    HTMLStream,
    PageStream,
    StreamLimits,
    StreamMode,
    Streams,
    accepts,
    choose,
    varies,
)
from hyperpy.templates import Pending

HTML_TYPE = (b"content-type", b"text/html; charset=utf-8")
VARY = (b"vary", b"Accept")


class Application(Protocol):
    """What answering needs to know of the application."""

    debug: bool
    limits: StreamLimits
    exception_handlers: dict[Any, Any]

    def own_streams(self) -> Streams:
        """The registry for requests that bring none along."""


class Sender:
    """The `send` of a request, and whether anything has left by it. Pages and streams say so themselves."""

    __slots__ = ("send", "started")

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False

    def start(self) -> None:
        self.started = True

    async def watched(self, message: Message) -> None:
        """A `send` for responses that are not ours."""
        self.started = True
        await self.send(message)


async def answer_route(
    route: Route, scope: Scope, receive: Receive, sender: Sender, params: dict[str, str], app: Application
) -> Coroutine[Any, Any, None] | None:
    """Answers one request with one route. What goes wrong before the headers have left is raised.

    A stream is left to the caller to await: while it is open, nothing of this is kept in memory.
    """
    method = scope["method"]
    if method not in route.methods:
        await _other_method(route, method, sender)
        return None
    if route.stream is None:
        mode, vary = StreamMode.PAGE, False
    else:
        mode, vary = _mode(route.stream, bool(route.templates), scope)
    if mode is StreamMode.SSE and method == "GET" and Headers(scope=scope).get("last-event-id") == "close":
        await _send(sender, 204, [VARY] if vary else [], b"")
        return None
    run = Run(route, scope, receive, params)
    is_page = mode is StreamMode.PAGE
    answer = run.answer_at_once(page=is_page) if route.immediate else await run.answer(page=is_page)
    if isinstance(answer, str):
        start, body = _page_messages(run, answer, vary=vary)
        sender.started = True
        await sender.send(start)
        await sender.send(body)
    elif isinstance(answer, Pending):
        await _send_in_parts(run, sender, answer, vary=vary, app=app)
    elif answer is not None:
        await _send_response(run, sender, answer, vary=vary)
    else:
        kind = EventStream if mode is StreamMode.SSE else HTMLStream
        return _send_stream(run, sender, kind, run.stream(), vary=vary, app=app)
    if run.response and run.response.background:
        await _run_background(run, run.response.background)
    return None


def _mode(facts: StreamFacts, has_template: bool, scope: Scope) -> tuple[StreamMode, bool]:
    """Who gets what, and whether that depends on the `Accept` header."""
    shape = GeneratorShape(has_template, facts.begins_document, facts.first_is_html, facts.yields_event)
    accept = ",".join(Headers(scope=scope).getlist("accept"))
    return choose(shape, accepts(accept), forced=_asks_for_stream(scope["query_string"])), varies(shape)


def _asks_for_stream(query: bytes) -> bool:
    return b"_stream" in query and any(name == b"_stream" for name, _ in parse_qsl(query, keep_blank_values=True))


async def _other_method(route: Route, method: str, sender: Sender) -> None:
    if method != "OPTIONS":
        raise HTTPException(405, headers={"Allow": route.allow})
    await _send(sender, 204, [(b"allow", route.allow.encode())], b"")


async def _send(sender: Sender, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    sender.started = True
    await sender.send({"type": "http.response.start", "status": status, "headers": headers})
    await sender.send({"type": "http.response.body", "body": body})


def _page_messages(run: Run, text: str, *, vary: bool) -> tuple[Message, Message]:
    body = text.encode()
    headers = [(b"content-length", b"%d" % len(body)), HTML_TYPE]
    status = 200
    if vary:
        headers.append(VARY)
    if injected := run.response:
        status = injected.status_code
        headers = _merged(headers, injected)
        injected.sent = True
    if run.scope["method"] == "HEAD":
        body = b""
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


async def _run_background(run: Run, background: BackgroundTask) -> None:
    with run:
        await background()


def page_response(run: Run, text: str) -> Response:
    """A page as a response object: for error pages, whose status is another."""
    response = HTMLResponse(text)
    if injected := run.response:
        response.status_code = injected.status_code
        response.background = injected.background
        response.raw_headers = _merged(response.raw_headers, injected)
        injected.sent = True
    return response


def _merged(headers: list[tuple[bytes, bytes]], injected: InjectedResponse) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that the route has set; these win, but for the length."""
    own = [(name.lower(), value) for name, value in injected.raw_headers if name.lower() != b"content-length"]
    names = {name for name, _ in own} - {b"set-cookie", b"vary"}
    return [header for header in headers if header[0] not in names] + own


async def _send_response(run: Run, sender: Sender, response: Response, *, vary: bool) -> None:
    """An explicit answer. HEAD gets its headers: a generator in it is not started."""
    for header in response.raw_headers:
        check_header(header)
    if injected := run.response:
        response.raw_headers = [*response.raw_headers, *_additions(response, injected)]
        injected.sent = True
    if vary:
        MutableHeaders(raw=response.raw_headers).add_vary_header("Accept")
    if run.scope["method"] == "HEAD" and not isinstance(response, FileResponse):
        await _send(sender, response.status_code, response.raw_headers, b"")
        return
    with run:
        await response(run.scope, run.receive, sender.watched)


def _additions(response: Response, injected: InjectedResponse) -> list[tuple[bytes, bytes]]:
    """Headers that the route has set beside an explicit answer, which keeps its own."""
    own = {name.lower() for name, _ in response.raw_headers} - {b"set-cookie", b"vary"}
    return [(name, value) for name, value in injected.raw_headers if name.lower() not in own]


async def _send_in_parts(run: Run, sender: Sender, page: Pending, *, vary: bool, app: Application) -> None:
    try:
        nonce = str(run.scope.get("state", {}).get("csp_nonce") or "")
        await _send_stream(run, sender, PageStream, Completion(page, nonce).parts(), vary=vary, app=app)
    finally:
        page.close()


async def _send_stream(
    run: Run,
    sender: Sender,
    kind: type[EventStream | HTMLStream],
    generator: AsyncGenerator[Any],
    *,
    vary: bool,
    app: Application,
) -> None:
    stream = await _prepared(run, sender, kind, generator, vary=vary, app=app)
    if stream is not None:
        with run:
            await stream(run.scope, run.receive, sender.send)
    if kind is not PageStream and run.response and run.response.background:
        await _run_background(run, run.response.background)


async def _prepared(
    run: Run,
    sender: Sender,
    kind: type[EventStream | HTMLStream],
    generator: AsyncGenerator[Any],
    *,
    vary: bool,
    app: Application,
) -> EventStream | HTMLStream | None:
    """The stream, ready to be sent. A HEAD request has been answered by this, and there is none."""
    injected = run.response
    status = injected.status_code if injected else 200
    headers = [*(injected.raw_headers if injected else ()), *([VARY] if vary else [])]
    if injected:
        injected.sent = True  # settled: what the generator set now would be lost
    if run.scope["method"] == "HEAD":
        await _send(sender, status, kind.make_headers(headers), b"")
        return None
    await run.read_body()
    _see_to_registry(run.scope, app)
    return kind(
        generator,
        route=run.route.file,
        status=status,
        headers=headers,
        debug=app.debug,
        on_start=sender.start,
        limits=app.limits,
    )


def _see_to_registry(scope: Scope, app: Application) -> None:
    """Streams are known to who ends them, even if no lifespan of ours has run: mounted applications have none."""
    state = scope.setdefault("state", {})
    if STATE_KEY not in state:
        state[STATE_KEY] = app.own_streams()
