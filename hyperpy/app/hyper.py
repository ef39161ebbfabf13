"""`Hyper`, a Starlette application whose last resort is a folder of route files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from os import PathLike
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.app.dispatch import Dispatch
from hyperpy.app.loaded_routes import RouteRow, all_errors, load_routes
from hyperpy.channels import HUB_KEY, Hub, connect, make_hub
from hyperpy.config import Settings, app_settings, running_command
from hyperpy.exceptions import HyperError
from hyperpy.streams import STATE_KEY, SignalledStreams, StopSignals, Streams, limits_of

type Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


class Hyper(Starlette):
    """An ASGI application that answers with the files of a folder.

    `routes` and `static` are folders, relative to the working directory. `debug` shows errors, those of loading too, to
    whoever asks; `hyper dev` turns it on. `lifespan` is an async context manager function, as Starlette takes it.
    Middleware, mounts and explicit routes are added as to any Starlette application; explicit routes go before files.

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
    ) -> None:
        command = running_command.get()
        debug = debug or (command is not None and command.debug)
        self.settings = app_settings(settings)
        self.limits = limits_of(self.settings)
        make_hub(self.settings)  # raises for an invalid URL now, instead of when a server starts
        self._own_streams: WeakKeyDictionary[asyncio.AbstractEventLoop, Streams] = WeakKeyDictionary()
        self._own_hub: Hub | None = None
        self.streams = Streams()
        """The streams that are open in this process: iterating over it gives a StreamRecord of each.

        It is the registry of the lifespan, or that of `own_streams`, whichever is newer. An application that is mounted
        in another `Hyper` has its streams in that one's.
        """
        super().__init__(debug=debug, lifespan=_around(lifespan, self.settings))
        self.loaded_routes = load_routes(Path(routes), static=static is not None)
        if self.loaded_routes.errors and not debug:
            raise all_errors(self.loaded_routes.errors)
        self.dispatch = Dispatch(self, self.loaded_routes, Path(static) if static is not None else None)
        self.router.redirect_slashes = False
        self.router.default = self._files

    @property
    def load_errors(self) -> list[HyperError]:
        """The errors of files that could not be loaded; only debug mode lets them be."""
        return list(self.loaded_routes.errors)

    def routes_table(self) -> list[RouteRow]:
        """What `hyper routes` prints."""
        return self.loaded_routes.rows()

    def own_streams(self) -> Streams:
        """The registry of streams that are open without a lifespan of this application's: where it is mounted.

        One for each event loop: on another one, nobody could close them.
        """
        loop = asyncio.get_running_loop()
        streams = self._own_streams.get(loop)
        if streams is None:
            self.streams = streams = self._own_streams[loop] = SignalledStreams()
        return streams

    def own_hub(self) -> Hub:
        """The channels of requests that bring none along: without a lifespan, nobody has connected before."""
        if self._own_hub is None or self._own_hub.loop.is_closed():
            self._own_hub = make_hub(self.settings)
            self._own_hub.start()
        return self._own_hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not (self.user_middleware or self.router.routes):
            scope["app"] = self
            await self.dispatch(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack with our error pages; only applications with middleware or explicit routes need it."""
        handlers = {key: handler for key, handler in self.exception_handlers.items() if key not in (500, Exception)}
        handlers.setdefault(HTTPException, self._error_page)
        handler = self.exception_handlers.get(500) or self.exception_handlers.get(Exception) or self._error_page
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=handlers)
        for middleware in reversed([Middleware(ServerErrorMiddleware, handler=handler), *self.user_middleware]):
            app = middleware.cls(app, *middleware.args, **middleware.kwargs)
        return app

    async def _files(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.dispatch(scope, receive, send)
        else:
            await self.router.not_found(scope, receive, send)

    async def _error_page(self, request: Request, error: Exception) -> Response:
        return await self.dispatch.error_response(request.scope, request.receive, error)


def _around(
    lifespan: Lifespan | None, settings: Settings
) -> Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]:
    """Puts the registry of open streams and the channels into the lifespan's state, where each request finds them."""

    @asynccontextmanager
    async def around(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        app.streams = streams = Streams()
        async with connect(settings) as hub, lifespan(app) if lifespan else nullcontext() as state:
            try:
                with StopSignals(streams):
                    yield {**(state or {}), STATE_KEY: streams, HUB_KEY: hub}
            finally:
                streams.close()
                # Some servers would stop now, whatever still runs, and what `lifespan` provides is gone soon.
                await streams.wait_ended(app.limits.cleanup)

    return around
