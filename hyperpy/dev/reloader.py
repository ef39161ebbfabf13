"""The parent process of `hyper dev`. It watches files, and holds the socket so that restarts refuse no request."""

import signal
import socket
import threading
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import click
from watchfiles import Change, watch

from hyperpy.config import Settings
from hyperpy.dev.child import GRACE, Announce, run_child
from hyperpy.dev.watching import LoadedFiles, drop_bytecode, watched_folders
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
        self._reported = False

    def follow(self, folder: Path, stop: threading.Event) -> None:
        """Watch and serve until `stop` is set."""
        folders = watched_folders(folder, (folder / self._settings.routes).resolve())
        changes = watch(
            *folders,
            watch_filter=LoadedFiles(folders, (folder / self._settings.static).resolve()),
            stop_event=stop,
            rust_timeout=POLL_INTERVAL,
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        try:
            for changed in changes:
                if self._child is None:
                    # Only once the watch has begun: earlier changes would be missed.
                    self._child = self._start(first=True)
                elif changed:
                    self._restart(changed)
                elif self._child.exitcode is not None and not self._reported:
                    self._reported = True
                    click.echo("The serving process has exited. It will restart when a file changes.", err=True)
        finally:
            self._end()

    def _start(self, *, first: bool = False) -> BaseProcess:
        self._reported = False
        return start_process(run_child, self._load, self._announce, self._settings, self._listener, first)

    def _restart(self, changed: Iterable[tuple[Change, str]]) -> None:
        for change, file in sorted(changed, key=lambda each: each[1]):
            click.echo(f"{change.raw_str()}: {display_path(file)}")
            drop_bytecode(Path(file))
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
