"""Handles one HTTP request: finds the route for its path, and the response to an error."""

import inspect
import logging
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hyperpy.app.answering import Sender, additions, answer_route, page_response
from hyperpy.app.loaded_routes import BrokenRoute, LoadedRoute, LoadedRoutes
from hyperpy.app.slashes import canonical_redirect, explicit_redirect
from hyperpy.exceptions import InputError, RefusedRedirectError, display_path
from hyperpy.pages import Completion, Route, Run
from hyperpy.routing import CanonicalRedirect, ErrorPageName, Match, route_path
from hyperpy.templates import Pending
from hyperpy.web.browser_module import PREFIX, BrowserModule
from hyperpy.web.errors import completed_error, debug_answer, error_answer, no_route_answer, status_of, takes_html
from hyperpy.web.static import StaticApp

log = logging.getLogger("hyperpy")


def is_unexpected(error: BaseException) -> bool:
    """Whether an exception is a bug, to be logged, rather than a deliberate response."""
    return not isinstance(error, HTTPException | InputError)


class NoRouteError(HTTPException):
    """No file answers this path."""


class Dispatch:
    """The ASGI application after `Hyper`'s explicit routes: static files, browser module, route files, error pages."""

    def __init__(self, app: Starlette, loaded: LoadedRoutes, static: Path | None) -> None:
        self.app = app
        self.loaded = loaded
        self.static = StaticApp(static) if static is not None else None
        self.browser_module = BrowserModule()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender = Sender(send)
        try:
            path = route_path(scope)
            if self.static is not None and path.startswith(b"/static/"):
                await self.static(scope, receive, sender.watched)
                return
            if path.startswith(PREFIX):
                await self.browser_module(scope, receive, sender.watched)
                return
            match self.loaded.router.match(path):
                case Match(Route() as route, params):
                    scope["path_params"] = params
                    stream = await answer_route(route, scope, receive, sender, params)
                    if stream is not None:
                        await stream
                case Match(BrokenRoute(error=error)):  # only in debug mode
                    await debug_answer(error)(scope, receive, sender.watched)
                case CanonicalRedirect(target):
                    await canonical_redirect(scope, target)(scope, receive, sender.watched)
                case _:
                    redirect = explicit_redirect(self.app, scope)
                    if redirect is None:
                        raise NoRouteError(404)
                    await redirect(scope, receive, sender.watched)
        except ClientDisconnect:
            # The client left, or the server rejected the request, before its body was complete.
            return
        except Exception as error:
            if sender.started:
                raise
            if isinstance(error, RefusedRedirectError):
                log.warning("%s  %s", error.place, error.what)
            elif is_unexpected(error):
                log.error("%s %s failed", scope["method"], scope["path"], exc_info=error)
            response = await self.error_response(scope, receive, error)
            await response(scope, receive, send)

    async def error_response(self, scope: Scope, receive: Receive, error: Exception) -> Response:
        """The response to an error: from a handler of the application, the nearest error page, or a plain one.

        In debug mode, unexpected errors get their traceback instead of an error page.
        """
        if handler := self._handler(error):
            return await _call(handler, Request(scope, receive), error)
        if is_unexpected(error) and self.app.debug:
            return debug_answer(error)
        accept = ",".join(Headers(scope=scope).getlist("accept"))
        names: list[ErrorPageName] = ["_404", "_error"] if status_of(error) == 404 else ["_error"]
        page = self.loaded.error_pages.nearest(names, route_path(scope))
        if page is None and self.app.debug and isinstance(error, NoRouteError) and takes_html(accept):
            routes = [(row.url, display_path(row.file)) for row in self.loaded.rows()]
            return no_route_answer(scope["path"], display_path(str(self.loaded.folder)), routes)
        if page is None:
            return error_answer(error, accept)
        try:
            return await self._error_page(page, scope, receive, error, accept)
        except Exception as failure:
            log.exception("the error page %s failed", page.file)
            return debug_answer(failure) if self.app.debug else error_answer(error, accept)

    def _handler(self, error: Exception) -> Any:
        """The handler passed to `add_exception_handler` for the status, or for the nearest class of the error."""
        handlers = self.app.exception_handlers
        if isinstance(error, HTTPException) and error.status_code in handlers:
            return handlers[error.status_code]
        if status_of(error) == 500 and 500 in handlers:
            return handlers[500]
        return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)

    async def _error_page(
        self, page: LoadedRoute, scope: Scope, receive: Receive, error: Exception, accept: str
    ) -> Response:
        """The response of an error page: the one that it sets, or its template for clients that take HTML."""
        if isinstance(page, BrokenRoute):
            raise page.error
        run = Run(page, scope, receive, {}, error=error)
        run.injected_response().status_code = status_of(error)
        html = takes_html(accept)
        answer = run.answer_at_once(page=html) if page.immediate else await run.answer(page=html)
        if answer is None:
            return error_answer(error, accept)
        if isinstance(answer, Response):
            if answer.status_code == 200:
                answer.status_code = status_of(error)
            return completed_error(answer, error, additions(answer, run.injected_response()))
        if isinstance(answer, Pending):
            with run:
                answer = await Completion(answer).whole()
        assert isinstance(answer, str)
        return completed_error(page_response(run, answer), error)


async def _call(handler: Any, request: Request, error: Exception) -> Response:
    is_async = inspect.iscoroutinefunction(handler)
    response = await (handler(request, error) if is_async else run_in_threadpool(handler, request, error))
    assert isinstance(response, Response)
    return response
