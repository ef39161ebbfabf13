"""`Hyper`, a Starlette application that falls back to a folder of routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cached_property
from inspect import markcoroutinefunction
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Never
from weakref import WeakKeyDictionary

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.app.built_dispatch import make_dispatch
from hyperpy.app.explicit_routes import ExplicitRoutes
from hyperpy.app.loaded_routes import RouteRow, all_errors, load_routes
from hyperpy.app.spawning import TASKS_KEY, SpawnedTasks, lifespan_tasks, tasks_without_lifespan
from hyperpy.channels.current import connect_application, make_hub
from hyperpy.channels.hub.hub import HUB_KEY, Hub
from hyperpy.config import Command, Settings, app_settings, refuse_arguments, running_command
from hyperpy.exceptions import ConfigError, HyperError, InputError, RefusedRedirectError, display_path
from hyperpy.lazy import LazyModule
from hyperpy.pages import AssetCheck, Dependency, Redirect, RequestBody
from hyperpy.routing import URLProblem
from hyperpy.sessions import SessionCookie, missing_key, new_key
from hyperpy.streams import STATE_KEY, SignalledStreams, StopSignals, StreamLimits, Streams
from hyperpy.web.allowed_hosts import AllowedHosts
from hyperpy.web.assets import no_static_files
from hyperpy.web.default_headers import CompletedSend
from hyperpy.web.errors import error_answer
from hyperpy.web.site_urls import entered_site, site_of

if TYPE_CHECKING:
    from hyperpy.web import static_files
    from hyperpy.web.static_files import StaticFolder
else:
    static_files = LazyModule("hyperpy.web.static_files")

_LOOK_AGAIN: Final = 1  # seconds for which the URL of a static file is used without a look at the file

type Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


class Hyper(Starlette):
    """An ASGI application whose routes are the files in a folder.

    `routes` and `static` are folders, relative to the working directory. `debug` shows errors in responses, including
    load errors; `hyper dev` turns it on. `lifespan` is an async context manager function, as in Starlette. Middleware,
    mounts and explicit routes are added as in Starlette; explicit routes take precedence over files.

    `settings` are those of streams and channels. Without them, HYPER_* variables and [tool.hyper] in the working
    directory's pyproject.toml are read. Flags of a `hyper` command override both.

    Raises RouteError when two files answer the same URL or, without `debug`, when a file can't be loaded; ConfigError
    if a setting is invalid.
    """

    def __init__(
        self,
        routes: str | PathLike[str] = "routes",
        static: str | PathLike[str] | None = "static",
        debug: bool = False,
        lifespan: Lifespan | None = None,
        *,
        settings: Settings | None = None,
        **unknown: Never,
    ) -> None:
        refuse_arguments(unknown, ("routes", "static", "debug", "lifespan", "settings"))
        command = running_command.get()
        debug = debug or (command is not None and command.debug)
        settings = app_settings(settings)
        make_hub(settings)  # raises for an invalid URL now, instead of when a server starts
        self._own_streams: WeakKeyDictionary[asyncio.AbstractEventLoop, Streams] = WeakKeyDictionary()
        self._own_hub: Hub | None = None
        self._own_tasks: WeakKeyDictionary[asyncio.AbstractEventLoop, SpawnedTasks] = WeakKeyDictionary()
        self.streams = Streams()
        """The open streams of this process; iteration yields a StreamRecord for each.

        This is the registry of the lifespan or that of `own_streams`, whichever is newer. The streams of an application
        mounted in another `Hyper` are in the registry of the latter.
        """
        self.overrides: Mapping[Dependency, Dependency] = {}
        """Replacements for dependencies, set by tests."""
        grace = 0 if debug else (command.settings if command else settings).timeout_graceful_shutdown
        super().__init__(debug=debug, lifespan=_extended(lifespan, grace))
        self._static = None if static is None else Path(static)
        if self._static is not None and self._static.is_dir():
            _ = self.static_folder, static_files.StaticApp  # imports what its requests need
        self.loaded_routes = load_routes(
            Path(routes),
            static=static is not None,
            check_asset=self._asset_check(command),
            tolerant=command is not None and command.tolerant,
        )
        if self.loaded_routes.errors and not debug:
            raise all_errors(self.loaded_routes.errors)
        self.configure(settings)
        self.router.redirect_slashes = False
        self.router.default = self._files

    def configure(self, settings: Settings) -> None:
        """Use these settings from the next request on, and from the next start of the lifespan for channels.

        Raises ConfigError if one is invalid.
        """
        self.settings = settings
        self.limits = StreamLimits(ping=settings.ping, send=settings.timeout_send, age=settings.stream_max_age)
        self.allowed_hosts = AllowedHosts.of(settings)
        self.session_cookie = self._session_cookie(running_command.get())
        self.dispatch = make_dispatch(self, self.loaded_routes, settings)

    def _session_cookie(self, command: Command | None) -> SessionCookie:
        """Raises ConfigError if a route file uses sessions, and there is no secret key."""
        cookie = SessionCookie.of(self.settings)
        if cookie.keys:
            return cookie
        key = command.development_key if command is not None else ""  # also under `hyper build`
        if self.debug or key:
            return replace(cookie, keys=(key or new_key(),))
        if file := next(self.loaded_routes.with_session(), None):
            error = missing_key()
            raise ConfigError(f"{error.what}, and {display_path(file)} uses one", hint=error.hint)
        return cookie

    def _asset_check(self, command: Command | None) -> AssetCheck | None:
        """Files may appear while `hyper dev` runs, so there `asset` itself reports those that are missing."""
        is_listed = command is not None and not command.development_key  # by `hyper routes`
        if self.debug and not is_listed:
            return None
        return self._asset_problem if self._static is not None else no_static_files

    def _asset_problem(self, name: str) -> URLProblem | None:
        assert self.static_folder is not None
        return self.static_folder.problem(name)

    @cached_property
    def static_folder(self) -> StaticFolder | None:
        """The public files, if the application has any. The folder need not exist."""
        if self._static is None:
            return None
        return static_files.StaticFolder(self._static, 0 if self.debug else _LOOK_AGAIN)

    @property
    def load_errors(self) -> list[HyperError]:
        """The errors of files that can't be loaded. Without `debug`, these are raised instead."""
        return list(self.loaded_routes.errors)

    def routes_table(self) -> list[RouteRow]:
        """The rows of `hyper routes`."""
        return self.loaded_routes.rows()

    @property
    def largest_body(self) -> int:
        """The bytes that the body of any request may have; 0 means no limit. `hyper serve` rejects larger ones."""
        return self.dispatch.largest_body

    def own_streams(self) -> Streams:
        """The registry for streams if this application's lifespan has not run, because it is mounted in another.

        There is one for each event loop, since streams can only be closed on their own loop.
        """
        loop = asyncio.get_running_loop()
        streams = self._own_streams.get(loop)
        if streams is None:
            self.streams = streams = self._own_streams[loop] = SignalledStreams()
        return streams

    def own_hub(self) -> Hub:
        """The hub for requests if no lifespan has connected one."""
        if self._own_hub is None or self._own_hub.loop.is_closed():
            self._own_hub = make_hub(self.settings)
            self._own_hub.start()
        return self._own_hub

    def own_tasks(self) -> SpawnedTasks:
        """The spawned tasks of requests if no lifespan has run; nothing waits for them at the end."""
        loop = asyncio.get_running_loop()
        tasks = self._own_tasks.get(loop)
        if tasks is None:
            tasks = self._own_tasks[loop] = tasks_without_lifespan()
        return tasks

    @markcoroutinefunction  # the usual request has one frame less, and so has a stream as long as it is open
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        kind = scope["type"]
        if kind != "lifespan" and self.allowed_hosts.names and not self.allowed_hosts.allow(scope):
            return self._refuse_host(scope, receive, send)
        if kind == "http" and not (self.user_middleware or self.router.routes):
            scope["app"] = self
            return self.dispatch(scope, receive, send)
        return self._call_stack(scope, receive, send)

    async def _call_stack(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Middleware and mounts have a limit too.
            receive = RequestBody(receive, self.dispatch.body_limit(scope), debug=self.debug).receive
            send = CompletedSend(send, scope, self.dispatch.headers)
        token = entered_site.set(site_of({**scope, "app": self}))
        try:
            await super().__call__(scope, receive, send)
        finally:
            entered_site.reset(token)

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack with our error pages. Only applications with middleware or explicit routes need it."""
        handlers = {key: handler for key, handler in self.exception_handlers.items() if key not in (500, Exception)}
        for kind in (HTTPException, InputError, RefusedRedirectError, Redirect):
            handlers.setdefault(kind, self._error_page)
        handler = self.exception_handlers.get(500) or self.exception_handlers.get(Exception) or self._error_page
        app: ASGIApp = ExceptionMiddleware(ExplicitRoutes(self, Hyper), handlers=handlers)
        own = [Middleware(ServerErrorMiddleware, handler=handler), Middleware(_DisconnectMiddleware)]
        for middleware in reversed([*own, *self.user_middleware]):
            app = middleware.cls(app, *middleware.args, **middleware.kwargs)
        return app

    async def _refuse_host(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
            return
        response = error_answer(HTTPException(400, "This site does not answer to this host name."), "")
        await response(scope, receive, CompletedSend(send, scope, self.dispatch.headers))

    async def _files(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.dispatch(scope, receive, send)
        else:
            await self.router.not_found(scope, receive, send)

    async def _error_page(self, request: Request, error: Exception) -> Response:
        return await self.dispatch.error_response(request.scope, request.receive, error)


class _DisconnectMiddleware:
    """Ends a request without an error if the client leaves while a middleware or an explicit route reads the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await self.app(scope, receive, send)


def _extended(
    lifespan: Lifespan | None, grace: float
) -> Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]:
    """The lifespan, with the open streams, the spawned tasks and the channels hub in its state for all requests.

    `grace` is the time in seconds that spawned tasks have at a shutdown.
    """

    @asynccontextmanager
    async def extended(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        app.streams = streams = Streams()
        async with connect_application(app, app.settings) as hub:
            tasks = lifespan_tasks(grace)
            async with lifespan(app) if lifespan else nullcontext() as state:
                try:
                    with StopSignals(streams):
                        yield {**(state or {}), STATE_KEY: streams, HUB_KEY: hub, TASKS_KEY: tasks}
                finally:
                    streams.close()
                    # Wait: some servers would stop now, and `lifespan` is about to close its resources.
                    await streams.wait_ended(2 * app.limits.cleanup + app.limits.last_send)
                    await tasks.close(streams.closing_for)

    return extended
