"""`hyper serve`: one process, or several under a supervisor."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server.failures import describe_failure
from hyperpy.server.http import HTTPProtocol
from hyperpy.server.listening import address_of, listen
from hyperpy.server.logs import LOGGING
from hyperpy.server.processes import prepare_child, start_process
from hyperpy.server.server import Server
from hyperpy.server.supervisor import Supervisor, Worker

# Makes the application. With several workers it travels to them, so it must be picklable.
type Load = Callable[[], ASGIApp]

GRACE = 9  # seconds that answers have to finish after SIGTERM; `docker stop` kills after ten
COLLECT_EVERY = 50_000  # container objects made before the collector looks at the young ones; pages make many
STARTUP_FAILURE = 3  # the exit status of a worker whose application can't be served, as uvicorn has it


def serve(load: Load, settings: Settings) -> int:
    """Serve until a signal says otherwise; returns the exit status.

    Raises ConfigError if the port can't be had and, with one worker, whatever `load` raises.
    """
    listener = listen(settings)
    if settings.workers > 1:
        return _serve_with_workers(load, settings, listener)
    with listener:
        server = Server(make_config(load(), settings), on_ready=lambda: _on_ready(listener, 1))
        server.run(sockets=[listener])
    return 0


def make_config(
    app: ASGIApp, settings: Settings, *, grace: int = GRACE, logging: dict[str, Any] | None = LOGGING
) -> uvicorn.Config:
    """uvicorn's configuration for the application. `grace` is in seconds; `logging` None leaves all loggers alone."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=HTTPProtocol,
        interface="asgi3",
        log_config=logging,
        server_header=False,
        timeout_graceful_shutdown=grace,
    )


def _serve_with_workers(load: Load, settings: Settings, listener: socket.socket) -> int:
    def start_worker() -> Worker:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = start_process(_run_worker, load, settings, listener, sender)
        sender.close()
        return Worker(process, receiver)

    with listener:
        count = settings.workers
        supervisor = Supervisor(
            start_worker,
            count,
            on_ready=lambda: _announce(listener, count),
            # Clients that come while the workers finish are refused, not left waiting.
            on_stop=listener.close,
            grace=GRACE,
        )
        return supervisor.run()


def _run_worker(load: Load, settings: Settings, listener: socket.socket, ready: Connection[Any, Any]) -> None:
    prepare_child()
    # The terminal's hang-up is for the supervisor, which replaces its workers at it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        app = load()
    except Exception as error:  # noqa: BLE001 (the user's module may raise anything)
        print(describe_failure(error), file=sys.stderr, flush=True)
        sys.exit(STARTUP_FAILURE)

    def on_ready() -> None:
        tune_collector()
        ready.send(os.getpid())
        ready.close()

    parent = multiprocessing.parent_process()
    assert parent is not None
    Server(make_config(app, settings), parent=parent.pid, on_ready=on_ready).run(sockets=[listener])


def _on_ready(listener: socket.socket, count: int) -> None:
    tune_collector()
    _announce(listener, count)


def _announce(listener: socket.socket, count: int) -> None:
    workers = f" with {count} workers" if count > 1 else ""
    print(f"Serving {address_of(listener)}{workers} (Ctrl-C ends it)", flush=True)


def tune_collector() -> None:
    """Keep the garbage collector away from what was loaded, and let it look at young objects more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
