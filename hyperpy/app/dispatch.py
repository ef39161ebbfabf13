"""Handles one HTTP request: finds the route for its path, and the response to an error."""

import inspect
import logging
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hyperpy.app.answering import answer_route, completed, page_response
from hyperpy.app.guards import Guards, missing
from hyperpy.app.loaded_routes import BrokenRoute, LoadedRoute, LoadedRoutes
from hyperpy.app.sender import Sender
from hyperpy.app.slashes import canonical_redirect, explicit_redirect
from hyperpy.config import Settings
from hyperpy.exceptions import AnswerError, HyperError, InputError, RefusedRedirectError, display_path, printable
from hyperpy.lazy import LazyModule
from hyperpy.pages import (
    ANSWERED,
    FORM_KEY,
    STATE,
    Redirect,
    Route,
    Run,
    check_header,
    close_files,
    decisive,
    failed,
    finished,
    request_state,
    text_for_file,
    unexpected,
    with_vary,
)
from hyperpy.routing import CanonicalRedirect, ErrorPageName, Match, route_path
from hyperpy.templates import Pending
from hyperpy.tracebacks import raising_place
from hyperpy.web.browser_module import PREFIX, BrowserModule
from hyperpy.web.cross_site import CrossSiteProtection
from hyperpy.web.default_headers import DefaultHeaders, report_lost_changes, with_session
from hyperpy.web.errors import (
    completed_error,
    debug_answer,
    describe,
    error_answer,
    missing_stream_answer,
    no_route_answer,
    status_of,
    takes_html,
)
from hyperpy.web.own_copy import own_copy
from hyperpy.web.static_files.static_urls import STATIC_URLS

if TYPE_CHECKING:
    from hyperpy.web import static_files
    from hyperpy.web.static_files import StaticApp
else:
    static_files = LazyModule("hyperpy.web.static_files")

log = logging.getLogger("hyperpy")


class NoRouteError(HTTPException):
    """No file answers this path."""


class Dispatch:
    """The ASGI application after `Hyper`'s explicit routes: static files, browser module, route files, error pages."""

    def __init__(self, app: Any, loaded: LoadedRoutes, settings: Settings) -> None:
        self.app = app
        self.headers = DefaultHeaders.of(settings)
        self.protection = CrossSiteProtection.of(settings)
        max_body = settings.limit_request_body
        self.max_body = max_body
        self.largest_body = max((max_body, *(route.max_body for route in loaded.working()))) if max_body else 0
        """The bytes that the body of any request may have; 0 means no limit."""
        self.has_own_limits = any(route.max_body for route in loaded.working())
        self.loaded = loaded
        self.browser_module = BrowserModule()

    @cached_property
    def static(self) -> StaticApp | None:
        """What sends the static files. A site without their folder has no use for it until somebody asks for one."""
        folder = self.app.static_folder
        return None if folder is None else static_files.StaticApp(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender = Sender(send, scope, self.headers)
        try:
            path = route_path(scope)
            if path.startswith(STATIC_URLS) and (static := self.static) is not None and await static.answers(path):
                await static(scope, receive, sender.watched)
                return
            if path.startswith(PREFIX):
                await self.browser_module(scope, receive, sender.watched)
                return
            found = self.loaded.router.match(path)
            if type(found) is Match and type(found.target) is Route:
                scope["path_params"] = params = found.params
                if ANSWERED in scope:
                    scope[ANSWERED].append(found.target.file)
                stream = await answer_route(found.target, scope, receive, sender, params, self.protection)
                if stream is not None:
                    del found  # which nobody needs while it is open
                    await stream
            else:
                response = self._unrouted(found, scope)
                await response(scope, receive, sender.watched)
        except Exception as error:
            if not await self._is_answered(error, scope, receive, send, sender):
                raise
        except SystemExit as ending:  # of one request: the server and the other ones go on
            failure = RuntimeError("this code ends the process, as sys.exit() does")
            failure.__traceback__ = ending.__traceback__
            if not await self._is_answered(failure, scope, receive, send, sender):
                raise failure from None
        except BaseException as cancelled:  # noqa: BLE001 (its dependencies have to see it)
            raise await _ended(sender.last_run, scope, cancelled)  # noqa: B904
        finally:
            if sender.seal is not None:
                sender.seal.release()
            if STATE in scope:
                report_lost_changes(scope)
            if FORM_KEY in scope:
                close_files(scope)

    async def _is_answered(self, error: Exception, scope: Scope, receive: Receive, send: Send, sender: Sender) -> bool:
        """Send the response to an error, if there is anybody to send it to. False if another response has started."""
        caught = await _ended(sender.last_run, scope, error)
        raised = text_for_file(caught, scope) or caught
        failure = decisive(raised)
        if isinstance(failure, ClientDisconnect):
            # The client left, or the server rejected the request, before its body was complete.
            return True
        if sender.started:
            return False
        if sender.seal is not None:
            sender.seal.release()  # an error page may change the session again
        describe(failure, self._log(raised, scope))
        guards = sender.guards or Guards(scope, receive, self.max_body)
        response = await self._error_response(scope, receive, failure, guards)
        headers = with_vary([*response.raw_headers, *missing(response, guards.headers)])
        try:
            for header in headers:
                check_header(header)
        except AnswerError as bad:  # from the headers of an HTTPException
            describe(bad, self._log(bad, scope))
            response = debug_answer(bad, scope) if self.app.debug else error_answer(bad, _accept(scope))
            headers = response.raw_headers
        if STATE in scope:
            request_state(scope).dependencies.forget()
        await own_copy(response, sender.complete(headers, response.status_code))(scope, receive, send)
        return True

    def _unrouted(self, found: Match[LoadedRoute] | CanonicalRedirect | None, scope: Scope) -> Response:
        """The response for a path that no route answers. Raises NoRouteError if there is none."""
        match found:
            case Match(BrokenRoute(file=file, error=error)):  # only in debug mode
                if ANSWERED in scope:
                    scope[ANSWERED].append(file)
                return debug_answer(error, scope, reloads=True)
            case CanonicalRedirect(target):
                return canonical_redirect(scope, target)
        redirect = explicit_redirect(self.app, scope)
        if redirect is None:
            raise NoRouteError(404)
        return redirect

    def body_limit(self, scope: Scope) -> int:
        """The bytes that the body of a request may have, which middleware may read as well; 0 means no limit."""
        if self.has_own_limits:
            match self.loaded.router.match(route_path(scope)):
                case Match(Route(max_body=max_body)) if max_body:
                    return max_body
        return self.max_body

    async def error_response(self, scope: Scope, receive: Receive, error: Exception) -> Response:
        """The response to an error: from a handler of the application, the nearest error page, or a plain one.

        In debug mode, unexpected errors get their traceback instead of an error page.
        """
        describe(error)
        response = await self._error_response(scope, receive, error, Guards(scope, receive, self.max_body))
        if STATE not in scope:
            return response
        return own_copy(response, with_session(response.raw_headers, scope, keep=response.status_code < 500))

    async def _error_response(self, scope: Scope, receive: Receive, error: Exception, guards: Guards) -> Response:
        if isinstance(error, RefusedRedirectError):
            log.warning("%s  %s", error.place, printable(error.what))
        if isinstance(error, Redirect):  # one that was raised outside a route file
            return error
        if handler := self._handler(error):
            return await _call(handler, Request(scope, receive), error)
        if self.app.debug and (unexpected(error) or isinstance(error, RefusedRedirectError)):
            return debug_answer(error, scope)
        if isinstance(error, NoRouteError) and (missing_stream := missing_stream_answer(scope)) is not None:
            return missing_stream
        accept = _accept(scope)
        match = self._nearest_page(error, route_path(scope), guards)
        if match is None and self.app.debug and isinstance(error, NoRouteError) and takes_html(accept):
            routes = [(row.url, display_path(row.file)) for row in self.loaded.rows()]
            return no_route_answer(scope["path"], display_path(str(self.loaded.folder)), routes)
        if match is None:
            return error_answer(error, accept)
        page = match.target
        if isinstance(page, Route):
            try:
                refused = await guards.answer(page.guards, match.params)
                if refused is not None:
                    run, response = refused
                    sent = await finished(run, response) if STATE in scope else response
                    assert isinstance(sent, Response)
                    return sent
            except Exception as failure:  # noqa: BLE001 (it is answered like any error of a route)
                raised = await _ended(guards.last, scope, failure)
                describe(decisive(raised), self._log(raised, scope))
                return await self._error_response(scope, receive, decisive(raised), guards)
        try:
            return await self._error_page(page, scope, receive, error, guards)
        except Exception as failure:
            log.exception("the error page %s failed [%s]", display_path(page.file), getattr(error, "log_id", ""))
            return debug_answer(failure, scope) if self.app.debug else error_answer(error, accept)

    def _log(self, error: Exception, scope: Scope) -> str:
        """Log an exception unless it is an answer. Returns the id that the log has it under, or the empty string."""
        if self.app.debug:
            found = self.loaded.router.match(route_path(scope))
            _log_refusal(error, scope, found.target if isinstance(found, Match) else None)
        if (bug := unexpected(error)) is None:
            return ""
        if isinstance(bug, HyperError) and (place := raising_place(bug)):
            bug.at(place)
        log_id = secrets.token_hex(4)
        log.error("%s %s failed [%s]", scope["method"], printable(scope["path"]), log_id, exc_info=bug)
        return log_id

    def _nearest_page(self, error: Exception, path: bytes, guards: Guards) -> Match[LoadedRoute] | None:
        """The nearest error page whose guards the request has passed. For an unknown URL, they run afterwards."""
        is_unknown = isinstance(error, NoRouteError)

        def is_open(page: LoadedRoute) -> bool:
            return is_unknown or isinstance(page, BrokenRoute) or guards.has_passed(page.guards)

        names: list[ErrorPageName] = ["_404", "_error"] if status_of(error) == 404 else ["_error"]
        return self.loaded.error_pages.nearest(names, path, is_open)

    def _handler(self, error: Exception) -> Any:
        """The handler passed to `add_exception_handler` for the status, or for the nearest class of the error."""
        handlers = self.app.exception_handlers
        if isinstance(error, HTTPException) and error.status_code in handlers:
            return handlers[error.status_code]
        if status_of(error) == 500 and 500 in handlers:
            return handlers[500]
        return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)

    async def _error_page(
        self, page: LoadedRoute, scope: Scope, receive: Receive, error: Exception, guards: Guards
    ) -> Response:
        """The response of an error page: the one that it sets, or its template for clients that take HTML."""
        accept = _accept(scope)
        if isinstance(page, BrokenRoute):
            raise page.error
        run = Run(page, scope, receive, {}, error=error)
        if guards.last is not None and guards.last.after is None:  # no route has run
            run.follow(guards.last)
        run.injected_response().status_code = status_of(error)
        html = takes_html(accept)
        try:
            answer = run.answer_at_once(page=html) if run.is_immediate else await run.answer(page=html)
            if isinstance(answer, Pending):
                answer = await completed(run, answer)
            if STATE in scope:
                answer = await finished(run, answer)
        except BaseException as failure:  # noqa: BLE001 (its dependencies have to see it)
            raise await _ended(run, scope, failure)  # noqa: B904
        if answer is None:
            return error_answer(error, accept)
        if isinstance(answer, Response):
            status = status_of(error) if answer.status_code == 200 else answer.status_code
            return completed_error(answer, error, status, missing(answer, run.injected_response().raw_headers))
        response = page_response(run, answer)
        return completed_error(response, error, response.status_code)


async def _ended(run: Run | None, scope: Scope, error: BaseException) -> Exception:
    """The exception that the request ends with, after its dependencies have seen the one that a run has raised.

    Raises it if the request can't be answered any more, such as a cancellation.
    """
    if run is not None and STATE in scope:
        error = await failed(run, error)
    if not isinstance(error, Exception):
        raise error
    return error


def _accept(scope: Scope) -> str:
    return ",".join(Headers(scope=scope).getlist("accept"))


def _log_refusal(error: Exception, scope: Scope, route: LoadedRoute | None) -> None:
    """Log why a request is invalid, and which line says that there is nothing."""
    url = f"{scope['method']} {printable(scope['path'])}"
    if isinstance(error, InputError):
        written = _optional_form(error, route) if isinstance(route, Route) else ""
        hint = f"\n  An input with a default may be missing: `{written}`." if written else ""
        log.warning("%s: invalid inputs: %s%s", url, printable(str(error)), hint)
    elif isinstance(error, HTTPException) and error.status_code == 404 and not isinstance(error, NoRouteError):
        place = raising_place(error)
        where = (
            f"raised at {display_path(place.file)}:{place.line}" if place else "its path doesn't fit the annotations"
        )
        log.info("%s: 404, %s", url, where)


def _optional_form(error: InputError, route: Route) -> str:
    """How the first of the inputs that are missing is declared with a default."""
    files = (*route.guards, *route.by_method.values(), route)
    own = (dependency.inputs for file in files for dependency in file.dependencies)
    inputs = {given.key: given for each in (*own, *(file.inputs for file in files)) for given in each}
    missing = (inputs[key] for key, problem in error.fields.items() if problem == "is required" and key in inputs)
    return next((given.optional_form for given in missing), "")


async def _call(handler: Any, request: Request, error: Exception) -> Response:
    is_async = inspect.iscoroutinefunction(handler)
    response = await (handler(request, error) if is_async else run_in_threadpool(handler, request, error))
    assert isinstance(response, Response)
    return response
