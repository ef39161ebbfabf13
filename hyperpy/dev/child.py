"""The process that serves for `hyper dev` until a file changes."""

import asyncio
import contextlib
import multiprocessing
import socket
import sys
import threading
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
    inspected: Callable[[ASGIApp], ASGIApp]
    """Puts the inspector in front of an application."""


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
        _serve_problem(describe_failure(error), hooks, settings, listener, changes)
        return
    watched = StartupWitness(hooks.inspected(app))
    try:
        _serve(watched, settings, listener, partial(_follow, changes, app, hooks))
    except SystemExit:
        if watched.problem is None:
            raise
        _serve_problem(watched.problem, hooks, settings, listener, changes)


def _serve_problem(
    problem: str, hooks: Hooks, settings: Settings, listener: socket.socket, changes: Connection
) -> None:
    print(problem, file=sys.stderr, flush=True)

    def end_with_parent(server: FollowedServer) -> None:
        _receive(changes, lambda files: None, server.end)

    _serve(hooks.inspected(StartupErrorApp(problem)), settings, listener, end_with_parent)


def _follow(changes: Connection, app: ASGIApp, hooks: Hooks, server: FollowedServer) -> None:
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
            server.following.renew()
            hooks.announce(app, False)

    def start(files: Collection[Path]) -> None:
        task = loop.create_task(take_over(files))
        running.add(task)
        task.add_done_callback(running.discard)

    _receive(changes, start, server.end)
    changes.send(True)


def _receive(changes: Connection, on_files: Callable[[Collection[Path]], None], on_end: Callable[[], None]) -> None:
    """Call `on_files` on the running event loop with what the parent sends, and `on_end` when its end is closed.

    A thread reads, because the event loop of Windows can't wait for a pipe.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            while True:
                try:
                    files = changes.recv()
                except EOFError, OSError:  # the parent restarts this process, or has gone
                    loop.call_soon_threadsafe(on_end)
                    return
                loop.call_soon_threadsafe(on_files, files)

    threading.Thread(target=read, name="hyper-dev-changes", daemon=True).start()


def _serve(
    app: ASGIApp, settings: Settings, listener: socket.socket, on_ready: Callable[[FollowedServer], None]
) -> None:
    following = Following(app)
    config = make_config(HostGuard(following, settings.host), settings, grace=GRACE, dev=True)
    parent = multiprocessing.parent_process()
    assert parent is not None
    server = FollowedServer(config, following, parent.is_alive)
    server.on_ready = partial(on_ready, server)
    run(server, listener)


class FollowedServer(Server):
    """A server that open pages follow. Their connections end before it waits for the open responses."""

    def __init__(self, config: Config, following: Following, parent_is_alive: Callable[[], bool]) -> None:
        super().__init__(config, parent_is_alive=parent_is_alive)
        self.following = following

    def end(self) -> None:
        """Stop serving. On Windows, this is how the parent ends the process."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.following.close()
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
