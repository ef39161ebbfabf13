"""The process that serves for `hyper dev` until a file changes."""

import contextlib
import multiprocessing
import socket
import sys
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.config import Settings
from hyperpy.dev.browser import Following
from hyperpy.dev.hosts import HostGuard
from hyperpy.dev.startup_error import StartupErrorApp
from hyperpy.server import Load, Server, configure_logging, describe_failure, make_config, prepare_child, run
from hyperpy.server.configuration import Config

# Prints what was loaded. Called with the application, and whether it is the first one.
type Announce = Callable[[ASGIApp, bool], None]

GRACE = 1  # seconds that responses have to finish before a restart, while the developer waits


def run_child(load: Load, announce: Announce, settings: Settings, listener: socket.socket, first: bool) -> None:
    """Serve the application that `load` returns, or the error that it raises."""
    prepare_child()
    configure_logging(settings)
    with contextlib.suppress(OSError):
        # multiprocessing closes a child's standard input; `breakpoint()` needs it.
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    try:
        app = load()
        announce(app, first)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's module may raise any exception)
        _serve_problem(describe_failure(error), settings, listener)
        return
    watched = StartupWitness(app)
    try:
        _serve(watched, settings, listener)
    except SystemExit:
        if watched.problem is None:
            raise
        _serve_problem(watched.problem, settings, listener)


def _serve_problem(problem: str, settings: Settings, listener: socket.socket) -> None:
    print(problem, file=sys.stderr, flush=True)
    _serve(StartupErrorApp(problem), settings, listener)


def _serve(app: ASGIApp, settings: Settings, listener: socket.socket) -> None:
    following = Following(app)
    config = make_config(HostGuard(following, settings.host), settings, grace=GRACE, dev=True)
    parent = multiprocessing.parent_process()
    assert parent is not None
    run(FollowedServer(config, following, parent.is_alive), listener)


class FollowedServer(Server):
    """A server that open pages follow. Their connections end before it waits for the open responses."""

    def __init__(self, config: Config, following: Following, parent_is_alive: Callable[[], bool]) -> None:
        super().__init__(config, parent_is_alive=parent_is_alive)
        self._following = following

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._following.close()
        await super().shutdown(sockets)


class StartupWitness:
    """Forwards everything to `app`, and keeps the message if its lifespan fails to start."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.problem: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self.problem = message.get("message") or "The application's lifespan failed to start."
            await send(message)

        await self.app(scope, receive, watch if scope["type"] == "lifespan" else send)
