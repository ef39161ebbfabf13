"""The process that serves for `hyper dev` until a file changes."""

import asyncio
import contextlib
import multiprocessing
import socket
import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.config import Settings
from hyperpy.dev.browser import Following
from hyperpy.dev.hosts import HostGuard
from hyperpy.dev.startup_error import StartupErrorApp
from hyperpy.server import Load, Server, configure_logging, describe_failure, make_config, prepare_child, run
from hyperpy.server.configuration import Config

# Prints what was loaded. Called with the application, and whether it is the first one.
type Announce = Callable[[ASGIApp, bool], None]

# Switches an application to changed files of its routes; False if it can't. Called on the event loop.
type Reload = Callable[[ASGIApp, Collection[Path]], Awaitable[bool]]

GRACE = 1  # seconds that responses have to finish before a restart, while the developer waits


@dataclass(frozen=True, slots=True)
class Hooks:
    """The work of the command in the serving process. Everything in it can be pickled."""

    load: Load
    announce: Announce
    reload: Reload


def run_child(hooks: Hooks, settings: Settings, listener: socket.socket, changes: Connection, first: bool) -> None:
    """Serve the application that `load` returns, or the error that it raises."""
    prepare_child()
    configure_logging(settings)
    with contextlib.suppress(OSError):
        # multiprocessing closes a child's standard input; `breakpoint()` needs it.
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    try:
        app = hooks.load()
        hooks.announce(app, first)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's module may raise any exception)
        _serve_problem(describe_failure(error), settings, listener)
        return
    watched = StartupWitness(app)
    try:
        _serve(watched, settings, listener, partial(_follow, changes, app, hooks))
    except SystemExit:
        if watched.problem is None:
            raise
        _serve_problem(watched.problem, settings, listener)


def _serve_problem(problem: str, settings: Settings, listener: socket.socket) -> None:
    print(problem, file=sys.stderr, flush=True)
    _serve(StartupErrorApp(problem), settings, listener)


def _follow(changes: Connection, app: ASGIApp, hooks: Hooks, following: Following) -> None:
    """Take over what the parent sends from now on: sets of changed files, each answered by whether that worked."""
    loop = asyncio.get_running_loop()
    running: set[asyncio.Task[None]] = set()

    async def take_over(files: Collection[Path]) -> None:
        done = False
        try:
            done = await hooks.reload(app, files)
        finally:
            changes.send(done)
        if done:
            following.renew()
            hooks.announce(app, False)

    def receive() -> None:
        try:
            task = loop.create_task(take_over(changes.recv()))
        except EOFError, ConnectionResetError:  # the parent restarts this process, or has gone
            loop.remove_reader(changes.fileno())
            return
        running.add(task)
        task.add_done_callback(running.discard)

    loop.add_reader(changes.fileno(), receive)
    changes.send(True)


def _serve(
    app: ASGIApp, settings: Settings, listener: socket.socket, on_ready: Callable[[Following], None] | None = None
) -> None:
    following = Following(app)
    config = make_config(HostGuard(following, settings.host), settings, grace=GRACE, dev=True)
    parent = multiprocessing.parent_process()
    assert parent is not None
    server = FollowedServer(config, following, parent.is_alive)
    if on_ready is not None:
        server.on_ready = partial(on_ready, following)
    run(server, listener)


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
