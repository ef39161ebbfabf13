"""The parent process of `hyper dev`. It watches files, and holds the socket so that restarts refuse no request."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import click
from watchfiles import Change, watch

from hyperpy.config import Settings
from hyperpy.dev.child import GRACE, Announce, run_child
from hyperpy.dev.watching import Snapshot, differences, drop_bytecode, take_snapshot, watched_folders
from hyperpy.exceptions import display_path
from hyperpy.server import Load, address_of, listen, start_process

POLL_INTERVAL = 100  # milliseconds between two checks that the child is alive
KILL_AFTER = GRACE + 3  # seconds that a terminated child has to exit


def develop(load: Load, announce: Announce, settings: Settings, folder: Path) -> int:
    """Serve until SIGINT or SIGTERM; restart when a file in `folder` or the routes changes. Returns the exit status.

    `load` makes the application and `announce` prints it, both in the child process: they must be picklable.
    Raises ConfigError if the port is not available.
    """
    # Development does without a proxy and HTTPS.
    settings = replace(settings, uds=None, root_path=None, ssl_certfile=None, ssl_keyfile=None)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda signum, frame: stop.set())
    with listen(settings) as listener:
        click.echo(f"hyper dev  {address_of(listener)}  (press Ctrl-C to stop)")
        Reloader(load, announce, settings, listener).follow(folder, stop)
    return 0


class Reloader:
    """Starts the child process, and replaces it when a file changes."""

    def __init__(self, load: Load, announce: Announce, settings: Settings, listener: socket.socket) -> None:
        self._load = load
        self._announce = announce
        self._settings = settings
        self._listener = listener
        self._child: BaseProcess | None = None
        self._snapshot: Snapshot | None = None
        self._reported = False

    def follow(self, folder: Path, stop: threading.Event) -> None:
        """Watch and serve until `stop` is set."""
        routes, static = folder / self._settings.routes, folder / self._settings.static

        def take() -> Snapshot:
            return take_snapshot(watched_folders(folder, routes), static)

        try:
            while not stop.is_set():
                with suppress(FileNotFoundError):  # a folder has gone between the snapshot and the watch
                    self._watch(take, stop)
        finally:
            self._end()

    def _watch(self, take: Callable[[], Snapshot], stop: threading.Event) -> None:
        """Watch and serve until `stop` is set, or other folders have to be watched."""
        snapshot = take()
        changes = watch(
            *snapshot.folders,
            watch_filter=snapshot.may_concern,
            stop_event=stop,
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
                if (now.folders, now.linked) != (snapshot.folders, snapshot.linked):
                    return
                is_first = False
            elif self._child and self._child.exitcode is not None and not self._reported:
                self._reported = True
                click.echo("The serving process has exited. It will restart when a file changes.", err=True)

    def _look(self, now: Snapshot) -> None:
        """Start the child, or replace it if files have changed."""
        before, self._snapshot = self._snapshot, now
        if before is None:
            self._child = self._start(first=True)
        elif changed := differences(before, now):
            self._restart(changed)

    def _start(self, *, first: bool = False) -> BaseProcess:
        self._reported = False
        return start_process(run_child, self._load, self._announce, self._settings, self._listener, first)

    def _restart(self, changed: Iterable[tuple[Change, Path]]) -> None:
        for change, file in changed:
            click.echo(f"{change.raw_str()}: {display_path(str(file))}")
            drop_bytecode(file)
        self._end()
        self._child = self._start()

    def _end(self) -> None:
        if self._child is None:
            return
        self._child.terminate()
        self._child.join(KILL_AFTER)
        if self._child.exitcode is None:
            self._child.kill()
            self._child.join()
