"""Sends the answer of a route: a page, a stream, or an explicit response."""

import logging
from collections.abc import AsyncGenerator, Coroutine
from functools import partial
from types import AsyncGeneratorType
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope

from hyperpy.app.guards import Guards, missing
from hyperpy.app.sender import Sender
from hyperpy.app.starting_streams import decorated_stream, stream_limits
from hyperpy.exceptions import printable
from hyperpy.lazy import LazyModule
from hyperpy.pages import (
    BODILESS_METHODS,
    NONCE_KEY,
    OVERRIDING,
    REFUSED,
    STATE,
    WHOLE,
    Completion,
    InjectedResponse,
    Redirect,
    Route,
    Run,
    StreamFacts,
    body_limit,
    check_header,
    check_length,
    finished,
    is_datastar,
    is_streamed,
    nonce_of,
    send_streamed,
    stream_finished,
    with_vary,
)
from hyperpy.streams import (
    STATE_KEY,
    CleanUp,
    EventStream,
    GeneratorShape,
    HTMLStream,
    PageStream,
    StreamMode,
    accepts,
    choose,
    names_stream,
    stream_headers,
    varies,
)
from hyperpy.templates import Pending, replace_surrogates
from hyperpy.web.bodiless import BODILESS, bodiless_headers
from hyperpy.web.cross_site import SAFE_METHODS, CrossSiteProtection
from hyperpy.web.default_headers import (
    HTML_TYPE,
    add_session,
    private_with_session,
    with_session,
)
from hyperpy.web.errors import method_error
from hyperpy.web.own_copy import own_copy
from hyperpy.web.reported_task import ReportedTask
from hyperpy.web.session_seal import has_session_of_middleware
from hyperpy.web.static_files.ranges import with_usable_range
from hyperpy.web.whole_response import respond_at_once

if TYPE_CHECKING:
    from hyperpy.streams.dialects import datastar_stream
else:
    datastar_stream = LazyModule("hyperpy.streams.dialects.datastar_stream")

log = logging.getLogger("hyperpy.streams")

# For a client that has too many streams open, in milliseconds. After any status but 200, an EventSource stops for good.
COME_BACK = b"retry: 30000\n\n"


async def answer_route(
    route: Route,
    scope: Scope,
    receive: Receive,
    sender: Sender,
    params: dict[str, str],
    protection: CrossSiteProtection,
) -> Coroutine[Any, Any, None] | None:
    """Answer one request with one route. Raises errors that occur before the headers have been sent.

    `protection` refuses what another site has sent.

    For a stream, returns a coroutine that the caller awaits: this frame need not stay in memory while it is open.
    """
    method = scope["method"]
    if method not in route.methods:
        if method != "OPTIONS":
            raise method_error(method, route.file, route.allow, debug=scope["app"].debug)
        await sender.respond(204, [(b"allow", route.allow.encode())], b"")
        return None
    if route.by_method:
        route = route.by_method.get(method, route)
    mode = StreamMode.PAGE
    if route.stream is not None:
        mode, sender.vary = _mode(route.stream, route.has_page, scope)
    if mode is StreamMode.SSE and method == "GET" and Headers(scope=scope).get("last-event-id") == "close":
        await sender.respond(204, sender.vary_header(), b"")
        return None
    if has_session_of_middleware(scope):
        sender.watch_session(scope, route)
    if method not in SAFE_METHODS and route.settings.cross_site is None:
        protection.check(scope)
    if method not in BODILESS_METHODS:
        check_length(scope, body_limit(route, scope))
    if not route.guards:
        run = Run(route, scope, receive, params)
    else:
        sender.guards = guards = Guards(scope, receive, body_limit(route, scope))
        if (refused := await guards.answer(route.guards, params)) is not None:
            last, response = refused
            if REFUSED in scope:
                scope[REFUSED].append(last.route.file)
            if STATE in scope:
                response = await _finished(last, response)
            await _send_response(last, sender, response)
            if last.response is not None:
                await _run_background(last, last.response)
            return None
        run = Run(route, scope, receive, params, before=guards.last)
    is_page = mode is StreamMode.PAGE
    if route.depends:
        sender.run = run
    answer = run.answer_at_once(page=is_page) if run.is_immediate else await run.answer(page=is_page)
    state = scope.get(STATE)
    if state is not None and state.has_dependencies:
        answer = await _finished(run, answer)
    if isinstance(answer, str):
        is_plain = run.response is None and state is None and method == "GET"
        if not (is_plain and _is_sent_whole(sender, answer)):
            await _send_page(run, sender, answer)
    elif isinstance(answer, Pending):
        await (_send_whole if WHOLE in scope else _send_in_parts)(run, sender, answer)
    elif answer is not None:
        await _send_response(run, sender, answer)
    else:
        return await _start_stream(run, sender, mode)
    if run.response is not None:
        await _run_background(run, run.response)
    return None


async def _finished(run: Run, answer: Any) -> Any:
    """The answer after the clean-up of dependencies, unless it needs them while it is sent."""
    if isinstance(answer, Pending) and WHOLE in run.scope:
        answer = await completed(run, answer)
    if isinstance(answer, str) or (isinstance(answer, Response) and not is_streamed(run, answer)):
        return await finished(run, answer)
    return answer


async def _start_stream(run: Run, sender: Sender, mode: StreamMode) -> Coroutine[Any, Any, None] | None:
    """What sends the stream; None if a decorator of its function has answered instead."""
    generator = run.stream()
    if not isinstance(generator, AsyncGeneratorType):
        generator = await decorated_stream(run, generator)
        if isinstance(generator, Response):
            await _send_response(run, sender, await _finished(run, generator) if STATE in run.scope else generator)
            if run.response is not None:
                await _run_background(run, run.response)
            return None
    kind = datastar_stream.kind_of_events(run.scope) if mode is StreamMode.SSE else HTMLStream
    return _send_stream(run, sender, kind, generator)


def _mode(facts: StreamFacts, has_template: bool, scope: Scope) -> tuple[StreamMode, str]:
    """The mode of the answer, and the headers of the request that it depends on."""
    shape = GeneratorShape(has_template, facts.begins_document, facts.first_is_html, facts.yields_event)
    headers = Headers(scope=scope)
    accept = ",".join(headers.getlist("accept"))
    forced = is_datastar(headers, accept) or names_stream(scope["query_string"])
    depends = "Accept, Datastar-Request" if has_template else "Accept"
    return choose(shape, accepts(accept), forced=forced), depends if varies(shape) else ""


def _is_sent_whole(sender: Sender, text: str) -> bool:
    """Send a page for which nothing was set, if the server can do that in one step."""
    headers = sender.headers
    if sender.vary or headers.policy:
        return False
    sender.started = True
    return respond_at_once(sender.send, headers.of_page, _encoded(text))


async def _send_page(run: Run, sender: Sender, text: str) -> None:
    start, body = _page_messages(run, text, sender)
    state = run.scope.get(STATE)
    if state is not None and run.response is None:
        add_session(start["headers"], run.scope, keep=True)
    elif state is not None:
        start["headers"] = with_session(start["headers"], run.scope, keep=start["status"] < 500)
    sender.started = True
    await sender.send(start)
    await sender.send(body)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return replace_surrogates(text).encode()


def _page_messages(run: Run, text: str, sender: Sender) -> tuple[Message, Message]:
    body = _encoded(text)
    headers = [(b"content-length", b"%d" % len(body)), HTML_TYPE, *sender.headers.for_request(run.scope)]
    if sender.vary:
        headers += sender.vary_header()
    status = 200
    if injected := run.response:
        status = injected.status_code
        headers = _merged(headers, injected)
        injected.sent = True
    if run.scope["method"] == "HEAD":
        body = b""
    if status in BODILESS:
        headers, body = bodiless_headers(status, headers), b""
    start = {"type": "http.response.start", "status": status, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


async def _run_background(run: Run, injected: InjectedResponse) -> None:
    if injected.background:
        await ReportedTask(injected.background, run)()


def page_response(run: Run, text: str) -> Response:
    """A page as a response object, for error pages."""
    response = HTMLResponse(replace_surrogates(text))
    if injected := run.response:
        response.status_code = injected.status_code
        response.background = injected.background and ReportedTask(injected.background, run)
        response.raw_headers = _merged(response.raw_headers, injected)
        injected.sent = True
    return response


def _merged(headers: list[tuple[bytes, bytes]], injected: InjectedResponse) -> list[tuple[bytes, bytes]]:
    """Merge headers with those that the route has set, which take precedence except for the length."""
    own = [(name.lower(), value) for name, value in injected.raw_headers if name.lower() != b"content-length"]
    names = {name for name, _ in own} - {b"set-cookie", b"vary"}
    return with_vary([header for header in headers if header[0] not in names] + own)


async def _send_response(run: Run, sender: Sender, response: Response) -> None:
    """Send an explicit answer. If it has no body, only its headers: a generator in it is not started.

    Its headers are copied, because other requests may be sending the same object.
    """
    run.is_sent = True
    is_redirect = isinstance(response, Redirect)
    if isinstance(response, Redirect):
        response = response.sent_to(run.scope)
    headers = list(response.raw_headers)
    for header in headers:
        check_header(header)
    if injected := run.response:
        if response is not injected:
            added = missing(response, injected.raw_headers)
            headers += [header for header in added if not (is_redirect and header[0] in OVERRIDING)]
        injected.sent = True
    if run.has_fragments and run.scope["method"] in BODILESS_METHODS:
        headers = with_vary(headers, "HX-Request")  # or going back would show bare fragments
    headers = with_vary(headers, *filter(None, [sender.vary]))
    if response.status_code in BODILESS:
        await sender.respond(response.status_code, headers, b"")
        if response.background is not None:
            await ReportedTask(response.background, run)()
        return
    if run.scope["method"] == "HEAD" and not isinstance(response, FileResponse):
        await sender.respond(response.status_code, headers, b"")
        return
    if type(response).__call__ is Response.__call__:
        # As Starlette does, and faster than a copy.
        await sender.respond(response.status_code, headers, response.body)
        if response.background is not None:
            await ReportedTask(response.background, run)()
        return
    own = own_copy(response, headers)
    own.background = own.background and ReportedTask(own.background, run)
    scope = with_usable_range(run.scope) if isinstance(response, FileResponse) else run.scope
    if STATE in run.scope and isinstance(response, StreamingResponse):
        await send_streamed(run, own, sender.watched)
        return
    with run:
        await own(scope, run.receive, sender.watched)


async def completed(run: Run, page: Pending) -> str | Response:
    """The page with its deferred values, or the redirect that one of them has ended in."""
    try:
        with run:
            html = await Completion(page).whole()
    except Exception as error:  # noqa: BLE001 (`answer_to` raises it, unless there is a redirect)
        answer: Response | None = run.settled(run.answer_to(error))
        assert answer is not None
        return answer
    whole: str | Response = run.settled(html)
    return whole


async def _send_whole(run: Run, sender: Sender, page: Pending) -> None:
    answer = await completed(run, page)
    if isinstance(answer, str):
        await _send_page(run, sender, answer)
    else:
        await _send_response(run, sender, answer)


async def _send_in_parts(run: Run, sender: Sender, page: Pending) -> None:
    try:
        has_nonce = bool(sender.headers.policy) or NONCE_KEY in run.scope.get("state", {})
        nonce = nonce_of(run.scope) if has_nonce else ""
        await _send_stream(run, sender, PageStream, Completion(page, nonce).parts())
    finally:
        page.close()


async def _send_stream(
    run: Run, sender: Sender, kind: type[EventStream | HTMLStream], generator: AsyncGenerator[Any]
) -> None:
    stream = await _prepared(run, sender, kind, generator)
    if stream is not None:
        try:
            with run:
                await stream(run.scope, run.receive, sender.send)
        except Exception as error:
            if sender.started:
                raise
            answer = run.settled(run.answer_to(error))
            assert answer is not None
            await _send_response(run, sender, answer)
    if kind is not PageStream and run.response is not None:
        await _run_background(run, run.response)


async def _prepared(
    run: Run, sender: Sender, kind: type[EventStream | HTMLStream], generator: AsyncGenerator[Any]
) -> EventStream | HTMLStream | None:
    """The stream, ready to be sent. Answers without starting it, and returns None, if the response has no body."""
    injected = run.response
    app, scope = run.scope["app"], run.scope
    status = injected.status_code if injected else 200
    has_body = scope["method"] != "HEAD" and status not in BODILESS
    state = scope.setdefault("state", {})
    if STATE_KEY not in state:  # mounted applications have no lifespan that adds it
        state[STATE_KEY] = app.own_streams()
    is_full = kind.mode is StreamMode.SSE and state[STATE_KEY].is_full(scope, app.settings.streams_per_client)
    is_run = has_body and not is_full
    if STATE in scope and not is_run and isinstance(answer := await finished(run, None), Response):
        await _send_response(run, sender, answer)
        return None
    limits = stream_limits(run.route, app.limits)
    headers = with_vary([*(injected.raw_headers if injected else ()), *sender.vary_header()])
    run.headers_are_settled = True  # from now on, changes would have no effect
    headers = private_with_session(sender.complete(headers, status), scope)
    if injected:
        injected.sent = True
    if sender.seal is not None:
        sender.seal.close()
    if not has_body:
        await sender.respond(status, stream_headers(kind.mode, headers, limits.ping), b"")
        return None
    await run.read_body()
    if is_full:
        client = printable(str(scope["client"][0]))
        log.warning("%s: %s has as many streams open as it may", run.route.file, client)
        await sender.respond(200, stream_headers(kind.mode), COME_BACK)
        return None
    sender.run = run
    return kind(
        generator,
        route=run.route.file,
        status=status,
        headers=headers,
        debug=app.debug,
        on_start=sender.start,
        limits=limits,
        clean_up=CleanUp(partial(stream_finished, run)) if STATE in scope else None,
    )
