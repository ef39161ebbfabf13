"""The parent process of `hyper dev`. It watches files, and holds the socket so that restarts refuse no request."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

import click
from watchfiles import watch

from hyperpy.config import Settings
from hyperpy.dev.child import GRACE, Hooks
from hyperpy.dev.file_states import Files
from hyperpy.dev.hosts import is_loopback
from hyperpy.dev.pipe_messages import Answer, ChangedFiles, Imported, Kept, Ready, Start
from hyperpy.dev.problems import Editor
from hyperpy.dev.starting import Starter
from hyperpy.dev.terminal import Printed
from hyperpy.dev.watching import (
    Snapshot,
    differences,
    differences_of_modules,
    drop_bytecode,
    take_snapshot,
    watched_folders,
)
from hyperpy.dev.zygote import ForkedProcess
from hyperpy.exceptions import display_path
from hyperpy.server import HANDLED, address_of, ask_to_end, listen

POLL_INTERVAL = 100  # milliseconds between two checks that the child is alive
STEP = 10  # milliseconds without another event, after which changes are looked at
HEARING = 1  # seconds that the child's event loop may be held up by code that blocks it
RELOADING = 10  # seconds that the child may take to load changed files before it is replaced
KILL_AFTER = GRACE + 3  # seconds that a terminated child has to exit


def develop(hooks: Hooks, settings: Settings, folder: Path) -> int:
    """Serve until SIGINT or SIGTERM, and follow changes in `folder` and the routes. Returns the exit status.

    Raises ConfigError if the port is not available or the editor is unknown.
    """
    Editor.of(settings, os.environ)
    # Development does without a proxy and HTTPS.
    settings = replace(settings, uds=None, root_path=None, ssl_certfile=None, ssl_keyfile=None)
    stop = threading.Event()
    for number in HANDLED:
        signal.signal(number, lambda signum, frame: stop.set())
    with listen(settings) as listener:
        click.echo(f"hyper dev  {address_of(listener)}  (press Ctrl-C to stop)")
        if inspector := inspector_url(listener):
            click.echo(f"inspector  {inspector}")
        Reloader(hooks, settings, listener).follow(folder, stop)
    return 0


def inspector_url(listener: socket.socket) -> str:
    """Where the inspector is; empty if the socket can't be reached by a loopback address, the only ones it answers."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        return f"http://localhost:{port}/_hyper/"
    return f"{address_of(listener)}/_hyper/" if is_loopback(host) else ""


class Reloader:
    """Starts the child process, tells it of changed files, and replaces it if it can't take them over."""

    def __init__(self, hooks: Hooks, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._starter = Starter(hooks, settings, listener)
        self._child: BaseProcess | ForkedProcess | None = None
        self._changes: Connection | None = None
        self._snapshot: Snapshot | None = None
        self._reported = False
        self._ready: Ready | None = None  # what the child has said, once it takes changes over
        self._printed: Printed = ()
        self._sent = 0  # messages to children
        self._unsent: dict[str, None] = {}  # changed static files that the child has not been told of
        self._folder = Path()
        self._child_folder = (0, 0)
        self._static: Path | None = None
        self._modules: Files = {}  # what the child has imported, as it was then

    def follow(self, folder: Path, stop: threading.Event) -> None:
        """Watch and serve until `stop` is set."""
        self._folder = folder
        routes = folder / self._settings.routes
        data = [folder / name.strip() for name in (self._settings.watch or "").split(",") if name.strip()]
        self._static = folder / self._settings.static

        def take() -> Snapshot:
            assert self._static is not None
            return take_snapshot(watched_folders(folder, routes), self._static, data, self._modules)

        try:
            while not stop.is_set():
                with suppress(FileNotFoundError):  # a folder has gone between the snapshot and the watch
                    self._watch([folder, routes, self._static, *data], take, stop)
        finally:
            self._end()
            self._starter.close()

    def _watch(self, roots: Sequence[Path], take: Callable[[], Snapshot], stop: threading.Event) -> None:
        """Watch and serve until `stop` is set, or other folders have to be watched."""
        missing = [root for root in roots if not root.exists()]  # no event tells that one is there again
        modules = self._modules
        snapshot = take()
        changes = watch(
            *snapshot.folders,
            watch_filter=snapshot.may_concern,
            stop_event=stop,
            step=STEP,
            rust_timeout=POLL_INTERVAL,
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )
        # Start watching before the first snapshot: earlier changes cause no events.
        is_first = True
        for events in changes:
            if events or is_first:
                self._look(now := take())
                if (now.folders, now.linked, now.watched) != (snapshot.folders, snapshot.linked, snapshot.watched):
                    return
                is_first = False
            elif self._child and self._child.exitcode is not None and not self._reported:
                self._reported = True
                click.echo("The serving process has exited. It will restart when a file changes.", err=True)
            self._hear()
            is_other = self._static != snapshot.static or self._modules.keys() != modules.keys()
            if is_other or any(root.exists() for root in missing):
                return

    def _look(self, now: Snapshot) -> None:
        """Start the child, or replace it if it can't take over which files have changed."""
        before, self._snapshot = self._snapshot, now
        if before is None:
            self._child = self._start(is_first=True)
            return
        modules = {**self._modules, **before.modules}
        code = [*differences(before.files, now.files), *differences_of_modules(modules, now.modules)]
        assets = differences(before.assets, now.assets) if before.static == now.static else []
        for change, file in (*code, *assets):
            click.echo(f"{change.raw_str()}: {display_path(str(file))}")
            drop_bytecode(file)
        self._unsent.update((file.relative_to(now.static).as_posix(), None) for _, file in assets)
        is_replaced = self._child_folder != _identity(self._folder)
        if is_replaced or (code and not self._taken_over([file for _, file in code])):
            self._end()
            self._child = self._start()

    def _start(self, *, is_first: bool = False) -> BaseProcess | ForkedProcess:
        self._reported, self._ready = False, None
        folder = _identity(self._folder)
        self._changes, theirs = Pipe()
        with theirs:
            try:
                os.chdir(self._folder)
                child = self._starter.start(theirs)
            except FileNotFoundError:  # it is being removed; multiprocessing needs one that exists
                os.chdir(self._folder.anchor)
                child = self._starter.start(theirs)
        self._child_folder = folder
        with suppress(OSError):  # it has ended
            self._changes.send(Start(is_first, self._printed, self._folder))
        return child

    def _hear(self) -> None:
        """Take note that the child is ready, and tell it of static files."""
        with suppress(OSError, EOFError):  # the child has ended
            if self._is_ready() and self._unsent:
                self._send([])

    def _is_ready(self) -> bool:
        """Whether the child takes changes over. Takes in what it has said."""
        self._receive()
        return self._ready is not None

    def _receive(self, seconds: float = 0) -> Answer | None:
        """The next answer of the child that comes in time."""
        assert self._changes is not None
        ends_at = monotonic() + seconds
        while self._changes.poll(max(ends_at - monotonic(), 0)):
            match self._changes.recv():
                case Answer() as answer:
                    return answer
                case Kept(printed):
                    self._printed = printed
                case Imported(files):  # what a broken file imported before comes back once it is fixed
                    self._modules = {**self._modules, **files}
                case Ready() as ready:
                    self._ready = ready
                    self._static = ready.static or self._static
                    with suppress(FileNotFoundError):  # the working directory is being removed
                        self._starter.prepare(ready.dependencies)
        return None

    def _taken_over(self, code: Sequence[Path]) -> bool:
        """Whether the child serves, and has loaded these files."""
        try:
            return self._is_ready() and self._send(code)
        except OSError, EOFError:  # the child has ended
            return False

    def _send(self, code: Sequence[Path]) -> bool:
        """Tell the child of changed code and static files. Returns whether it has loaded the code."""
        assert self._changes is not None
        self._sent += 1
        self._changes.send(ChangedFiles(code, list(self._unsent), self._sent))
        done = self._answers(HEARING) and self._answers(RELOADING)
        if done:
            self._unsent.clear()
        return done

    def _answers(self, seconds: float) -> bool:
        """Whether the child answers the last message in time, and doesn't refuse it."""
        ends_at = monotonic() + seconds
        while answer := self._receive(ends_at - monotonic()):
            if answer.number == self._sent:  # and not a late one
                return answer.is_taken_over is not False
        return False

    def _end(self) -> None:
        if self._child is None:
            return
        assert self._changes is not None
        with suppress(OSError, EOFError):  # the child has ended
            self._receive()
        self._changes.close()  # ends a child that is ready
        if self._ready is None:
            ask_to_end(self._child)
        self._child.join(KILL_AFTER)
        if self._child.exitcode is None:
            self._child.kill()
            self._child.join()


def _identity(folder: Path) -> tuple[int, int]:
    """The device and inode of a folder. They change if it is removed and made again; zeros if there is none."""
    try:
        status = folder.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)
