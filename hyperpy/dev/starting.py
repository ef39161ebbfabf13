"""Starts the serving processes of `hyper dev`: forked from a zygote once there is one, else from the fork server."""

import contextlib
import socket
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from hyperpy.config import Settings
from hyperpy.dev.child import Hooks, run_child
from hyperpy.dev.zygote import IS_SAFE, ForkedProcess, InstalledImports, Zygote
from hyperpy.server import start_process


class Starter:
    """One process serves at a time. It must have ended before the next one starts."""

    def __init__(self, hooks: Hooks, settings: Settings, listener: socket.socket) -> None:
        self._hooks = hooks
        self._settings = settings
        self._listener = listener
        self._zygote: Zygote | None = None
        self._next: Zygote | None = None  # takes the place of the other one at the next start

    def start(self, pipe: Connection) -> BaseProcess | ForkedProcess:
        if self._next is not None and self._next.is_ready():
            if self._zygote is not None:
                self._zygote.close()
            self._zygote, self._next = self._next, None
        if self._zygote is not None and self._zygote.is_ready():
            with contextlib.suppress(OSError, EOFError):  # it has just been killed
                return self._zygote.fork(pipe)
        return start_process(run_child, self._hooks, self._settings, self._listener, pipe)

    def prepare(self, dependencies: InstalledImports) -> None:
        """Make a zygote for the next start, if the process that serves has imported more than the zygote."""
        latest = self._next or self._zygote
        if not IS_SAFE or not dependencies.names or (latest is not None and latest.has_threads):
            return
        if latest is not None:
            if latest.has_imported(dependencies):  # it may still be at it
                return
            names = dict.fromkeys((*latest.dependencies.names, *dependencies.names))
            dependencies = InstalledImports(tuple(names), {**latest.dependencies.variables, **dependencies.variables})
        if self._next is not None:
            self._next.close()
        self._next = Zygote(dependencies, self._listener, run_child, self._hooks, self._settings)

    def close(self) -> None:
        for zygote in (self._zygote, self._next):
            if zygote is not None:
                zygote.close()
