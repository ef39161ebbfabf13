"""The process that serves for `hyper dev` until a file changes."""

import asyncio
import contextlib
import itertools
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextvars import copy_context
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.config import Settings
from hyperpy.dev.background_check import BackgroundCheck, Check
from hyperpy.dev.browser import Asset, Following, Update
from hyperpy.dev.file_states import imported_files, states
from hyperpy.dev.hosts import HostGuard
from hyperpy.dev.own_requests import UnloggedOwn
from hyperpy.dev.page_warnings import RouteWarnings, WarningLayer
from hyperpy.dev.pipe_messages import Answer, ChangedFiles, Imported, Kept, Ready, Start
from hyperpy.dev.problems import Editor, ProblemLayer
from hyperpy.dev.replaced_code import ReplacedCode
from hyperpy.dev.startup_error import StartupErrorApp
from hyperpy.dev.terminal import (
    Printed,
    PrintedWarnings,
    RepeatedErrors,
    RequestWarnings,
    Watchdog,
    configure_terminal,
    note_template_values,
    trimmed_traceback,
)
from hyperpy.dev.zygote import InstalledImports, dependencies_since
from hyperpy.exceptions import HyperError
from hyperpy.pages import LoadWarning
from hyperpy.record_classes import record
from hyperpy.server import Load, Server, configure_logging, make_config, prepare_child, run
from hyperpy.server.colours import coloured, has_colours
from hyperpy.server.configuration import Config
from hyperpy.streams import RETRY_AT_ONCE
from hyperpy.web.static_files import StaticFolder, static_url

# Prints what was loaded. Called with the application, whether it is the first one, and what prints warnings.
type Announce = Callable[[ASGIApp, bool, PrintedWarnings], None]


class ReloadResult(Protocol):
    """Which pages other code answers now."""

    @property
    def files(self) -> frozenset[str]:
        """Their route files."""

    @property
    def is_moved(self) -> bool:
        """Whether URLs have come or gone, so that any page may be concerned."""


# Switches an application to changed files of its routes; None if it can't. Called on the event loop.
type Reload = Callable[[ASGIApp, Collection[Path]], Awaitable[ReloadResult | None]]

TICK = 0.1  # seconds between two checks of a server, as in uvicorn
QUICK = 0.2  # seconds after which a server that stops waits for its responses as uvicorn does
FOLLOWING = 0.05  # seconds in which pages follow other code before its warnings are printed
ON_ITS_WAY = 0.02  # seconds in which a browser on this machine may still send a request
PAUSE = 0.004  # seconds between two looks whether they have ended
GRACE = 1  # seconds that responses have to finish before a restart, while the developer waits


@record(frozen=True, slots=True)
class Hooks:
    """The work of the command in the serving process. Everything in it can be pickled."""

    load: Load
    announce: Announce
    reload: Reload
    inspected: Callable[[ASGIApp], ASGIApp]
    """Puts the inspector in front of an application."""
    static: Callable[[ASGIApp], StaticFolder | None]
    """The folder of an application's static files."""
    warnings: Callable[[ASGIApp, str], RouteWarnings | None]
    """The warnings about a route file of an application; None if it has no such file."""
    errors: Callable[[ASGIApp], Sequence[BaseException]]
    """What keeps files of an application from loading."""
    check: Callable[[ASGIApp], Sequence[LoadWarning]]
    """What `hyper check` finds across the files of an application. Takes long, and is called in a thread."""


def run_child(hooks: Hooks, settings: Settings, listener: socket.socket, changes: Connection) -> None:
    """Serve the application that `load` returns, or the error that it raises."""
    prepare_child()
    try:
        start: Start = changes.recv()
    except EOFError, OSError:  # the parent has gone
        return
    printed = PrintedWarnings(start.printed, partial(_keep, changes))
    modules, variables = frozenset(sys.modules), dict(os.environ)
    configure_logging(settings)
    repeated = configure_terminal(settings)
    with contextlib.suppress(OSError):
        # multiprocessing closes a child's standard input; `breakpoint()` needs it.
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    note_template_values()
    sys.set_coroutine_origin_tracking_depth(1)  # a warning about one that is never awaited names the line of its call
    try:
        _enter(start.folder)
        app = hooks.load()
        _tell_imports(changes, *hooks.errors(app))
        if start.is_first:
            hooks.announce(app, True, printed)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's module may raise any exception)
        _tell_imports(changes, error)
        _serve_problem(error, hooks, settings, listener, changes, repeated)
        return
    watched = StartupWitness(hooks.inspected(app))
    try:
        imported = partial(dependencies_since, modules, variables)
        follow = partial(_follow, changes, app, hooks, imported, printed, is_first=start.is_first)
        checks = (partial(hooks.warnings, app), partial(hooks.check, app), printed.checked)
        _serve(watched, settings, listener, repeated, follow, *checks)
    except SystemExit:
        if watched.problem is None:
            raise
        _serve_problem(watched.problem, hooks, settings, listener, changes, repeated)


def _enter(folder: Path) -> None:
    """Work in a folder, even if it has been removed and made again since this process or its zygote began."""
    try:
        os.chdir(folder)
    except OSError:
        what = f"the working directory {folder} is gone"
        hint = "`hyper dev` goes on as soon as it is there again. If it has another place now, stop and start it there."
        raise HyperError(what, hint=hint) from None


def _keep(parent: Connection, printed: Printed) -> None:
    with contextlib.suppress(OSError):  # the parent restarts this process, or has gone
        parent.send(Kept(printed))


def _tell_imports(parent: Connection, *errors: BaseException) -> None:
    with contextlib.suppress(OSError):  # the parent has gone
        parent.send(Imported(states(imported_files(errors))))


def _serve_problem(
    problem: BaseException,
    hooks: Hooks,
    settings: Settings,
    listener: socket.socket,
    changes: Connection,
    repeated: RepeatedErrors,
) -> None:
    text = trimmed_traceback(problem)
    print(coloured(text) if has_colours(sys.stderr) else text, file=sys.stderr, flush=True)

    def end_with_parent(server: FollowedServer) -> None:
        _receive(changes, lambda changes: None, server.stop)

    _serve(hooks.inspected(StartupErrorApp(problem)), settings, listener, repeated, end_with_parent)


def _follow(
    parent: Connection,
    app: ASGIApp,
    hooks: Hooks,
    dependencies: Callable[[], InstalledImports],
    printed: PrintedWarnings,
    server: FollowedServer,
    *,
    is_first: bool,
) -> None:
    follower = Follower(parent, app, hooks, printed, server)  # the thread that receives keeps it
    parent.send(Ready(follower.static_folder, dependencies()))
    if not is_first:
        asyncio.get_running_loop().call_later(FOLLOWING, hooks.announce, app, False, printed)


class Follower:
    """Takes over what the parent sends: changed files, each time answered by whether that worked."""

    def __init__(
        self, parent: Connection, app: ASGIApp, hooks: Hooks, printed: PrintedWarnings, server: FollowedServer
    ) -> None:
        self._parent = parent
        self._app = app
        self._hooks = hooks
        self._printed = printed
        self._server = server
        self._static = hooks.static(app)
        self._running: set[asyncio.Task[None]] = set()
        _receive(parent, self._start, server.stop)

    @property
    def static_folder(self) -> Path | None:
        return None if self._static is None else self._static.folder.absolute()

    def _start(self, changes: ChangedFiles) -> None:
        task = asyncio.create_task(self._take_over(changes))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _take_over(self, changes: ChangedFiles) -> None:
        self._parent.send(Answer(changes.number, None))
        if changes.code:
            self._server.checks.hold()
        update: Update | None = None
        try:
            update = await self._update(changes)
            if update is not None:
                self._server.updates.publish(update)
                self._server.checks.start()
        finally:
            self._parent.send(Answer(changes.number, update is not None))
        if update is not None and changes.code:
            _tell_imports(self._parent, *self._hooks.errors(self._app))
            await asyncio.sleep(FOLLOWING)
            self._hooks.announce(self._app, False, self._printed)

    async def _update(self, changes: ChangedFiles) -> Update | None:
        files: frozenset[str] | None = frozenset()
        if changes.code:
            reloaded = await self._hooks.reload(self._app, changes.code)
            if reloaded is None:
                return None
            files = None if reloaded.is_moved else reloaded.files
        if not changes.assets:
            return Update(files)
        return Update(files, await asyncio.to_thread(lambda: tuple(map(self._asset, changes.assets))))

    def _asset(self, name: str) -> Asset:
        assert self._static is not None
        return Asset(static_url(name), self._static.url_path(name))


def _receive(changes: Connection, on_changes: Callable[[ChangedFiles], None], on_end: Callable[[], None]) -> None:
    """Call `on_changes` on the running event loop with what the parent sends, and `on_end` when its end is closed.

    A thread reads, because the event loop of Windows can't wait for a pipe.
    """
    loop, context = asyncio.get_running_loop(), copy_context()  # the thread has a context of its own

    def read() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            while True:
                try:
                    received = changes.recv()
                except EOFError, OSError:  # the parent restarts this process, or has gone
                    loop.call_soon_threadsafe(on_end)
                    return
                loop.call_soon_threadsafe(on_changes, received, context=context)

    threading.Thread(target=read, name="hyper-dev-changes", daemon=True).start()


def _serve(
    app: ASGIApp,
    settings: Settings,
    listener: socket.socket,
    repeated: RepeatedErrors,
    on_ready: Callable[[FollowedServer], None],
    warnings_of: Callable[[str], RouteWarnings | None] = lambda file: None,
    check: Check = tuple,
    print_checked: Callable[[Sequence[LoadWarning]], None] = lambda found: None,
) -> None:
    replaced = ReplacedCode(app)
    editor = Editor.of(settings, os.environ)
    warning = RequestWarnings(replaced, editor)
    following = Following(warning)
    watchdog = Watchdog()
    following.updates.watchers += [lambda update: repeated.forget(), lambda update: watchdog.forget(), replaced.take]
    following.updates.watchers.append(lambda update: warning.forget())
    layer = ProblemLayer(following, editor, following.updates)
    warned = WarningLayer(layer, editor, following.updates, warnings_of)

    def show(found: Sequence[LoadWarning]) -> None:
        print_checked(found)
        warned.show(found)

    background = BackgroundCheck(check, show)
    config = make_config(HostGuard(UnloggedOwn(warned), settings.host), settings, grace=GRACE, dev=True)
    parent = multiprocessing.parent_process()
    assert parent is not None
    server = FollowedServer(config, following, background, parent.is_alive)

    def ready() -> None:
        watchdog.watch(asyncio.get_running_loop())
        background.start()
        on_ready(server)

    server.on_ready = ready
    server.on_stop = partial(replaced.stop, GRACE * 0.8)
    with layer.listening(), warned.listening(), contextlib.closing(watchdog):
        run(server, listener)


class FollowedServer(Server):
    """A server that open pages follow. It stops without the pauses of uvicorn: the developer is waiting."""

    farewell = RETRY_AT_ONCE

    def __init__(
        self, config: Config, following: Following, checks: BackgroundCheck, parent_is_alive: Callable[[], bool]
    ) -> None:
        super().__init__(config, parent_is_alive=parent_is_alive)
        self.checks = checks
        self.server_state.patience = ON_ITS_WAY
        self.updates = following.updates
        self._exiting = asyncio.Event()
        self.on_stop: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """Stop serving. On Windows, this is the only way in which the parent ends the process."""
        self.should_exit = True
        self._exiting.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._exiting.set()

    async def main_loop(self) -> None:
        for counter in itertools.count():
            if await self.on_tick(counter):
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._exiting.wait(), TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.updates.close()
        self.on_stop()
        await super().shutdown(sockets)

    async def _finish(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        deadline = monotonic() + QUICK
        while (open := self.server_state.connections or self.server_state.tasks) and monotonic() < deadline:
            await asyncio.sleep(PAUSE)
        if open:
            await super()._finish(sockets)
        else:
            await self.lifespan.shutdown()


class StartupWitness:
    """Forwards everything to `app`, and keeps the error if its lifespan fails to start."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.problem: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self.problem = HyperError("the application's lifespan failed to start", hint=message.get("message", ""))
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if self.problem is not None:  # Starlette sends the message first, and raises the error then
                self.problem = error
            raise
