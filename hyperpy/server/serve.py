"""`hyper serve`: one process, or several under a supervisor."""

import gc
import logging
import multiprocessing
import random
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server.configuration import Config
from hyperpy.server.health import health_paths
from hyperpy.server.http.protocol import HTTPProtocol
from hyperpy.server.logs import configure_logging, keep_logging, make_access_log
from hyperpy.server.preflight import check_settings
from hyperpy.server.server import Server
from hyperpy.server.sockets import address_of, listen, removed_at_exit
from hyperpy.server.workers.link import SupervisorLink
from hyperpy.server.workers.processes import prepare_child, start_process
from hyperpy.server.workers.supervisor import Supervisor, Worker
from hyperpy.web.tracebacks import describe_failure

logger = logging.getLogger("hyperpy.server")

# Makes the application. With several workers it travels to them, so it must be picklable.
type Load = Callable[[], ASGIApp]

COLLECT_EVERY = 50_000  # container objects made before the collector looks at the young ones; pages make many
STARTUP_FAILURE = 3  # the exit status of a worker whose application can't be served, as uvicorn has it


def serve(load: Load, settings: Settings) -> int:
    """Serve until a signal says otherwise; returns the exit status.

    Raises ConfigError if a setting can't be or the port can't be had and, with one worker, whatever `load` raises.
    """
    check_settings(settings)
    configure_logging(settings)
    listener = listen(settings)
    with removed_at_exit(settings), listener:
        # Without a supervisor nobody could start the successor of a process that has reached the limit.
        if settings.workers > 1 or settings.limit_max_requests:
            return _serve_with_workers(load, settings, listener)
        app = load()
        config = make_config(app, settings)
        run(Server(config, on_ready=lambda: _on_ready(listener, settings), health=health_paths(app)), listener)
    return 0


def make_config(app: ASGIApp, settings: Settings, *, grace: float | None = None, dev: bool = False) -> Config:
    """The server's configuration for the application. `grace`, in seconds, goes before the settings' own."""
    return Config(
        app,
        settings,
        protocol=HTTPProtocol,
        requests=make_access_log(settings, dev=dev),
        grace=settings.timeout_graceful_shutdown if grace is None else grace,
    )


def run(server: Server, listener: socket.socket) -> None:
    """Serve until a signal says otherwise, and write the log to its last line."""
    keep_logging()
    config = server.config
    assert isinstance(config, Config)
    try:
        server.run(sockets=[listener])
    finally:
        if config.requests is not None:
            config.requests.flush()


def _serve_with_workers(load: Load, settings: Settings, listener: socket.socket) -> int:
    def start_worker() -> Worker:
        ours, theirs = multiprocessing.Pipe()
        process = start_process(_run_worker, load, settings, listener, theirs)
        theirs.close()
        return Worker(process, ours)

    supervisor = Supervisor(
        start_worker,
        settings.workers,
        on_ready=lambda: _announce_workers(listener, settings),
        # Clients that come while the workers finish are refused, not left waiting.
        on_stop=listener.close,
        grace=settings.timeout_graceful_shutdown,
    )
    return supervisor.run()


def _run_worker(load: Load, settings: Settings, listener: socket.socket, channel: Connection[Any, Any]) -> None:
    prepare_child()
    # The terminal's hang-up is for the supervisor, which replaces its workers at it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    configure_logging(settings)
    try:
        app = load()
    except Exception as error:  # noqa: BLE001 (the user's module may raise anything)
        print(describe_failure(error), file=sys.stderr, flush=True)
        sys.exit(STARTUP_FAILURE)

    link = SupervisorLink(channel)

    def on_ready() -> None:
        tune_collector()
        link.open(server.retire)

    parent = multiprocessing.parent_process()
    assert parent is not None
    server = Server(
        make_config(app, settings),
        parent=parent.pid,
        on_ready=on_ready,
        limit=_request_limit(settings),
        on_spent=link.ask_for_successor,
        health=health_paths(app),
    )
    run(server, listener)


def _request_limit(settings: Settings) -> int | None:
    """How many requests a worker answers, slightly different for each; None if there is no limit."""
    if not settings.limit_max_requests:
        return None
    return settings.limit_max_requests + random.randint(0, settings.limit_max_requests_jitter)


def _on_ready(listener: socket.socket, settings: Settings) -> None:
    tune_collector()
    _announce(listener, settings)


def _announce(listener: socket.socket, settings: Settings) -> None:
    address = address_of(listener, encrypted=settings.ssl_certfile is not None)
    workers = f" with {settings.workers} workers" if settings.workers > 1 else ""
    print(f"Serving {address}{workers} (Ctrl-C ends it)", flush=True)


def _announce_workers(listener: socket.socket, settings: Settings) -> None:
    _announce(listener, settings)
    if settings.workers > 1 and settings.channels.startswith("memory:"):
        logger.warning(
            "Channels stay within each of the %d workers, for `channels` is %s; "
            "set HYPER_CHANNELS=redis://… or postgresql://… to carry them to all.",
            settings.workers,
            settings.channels,
        )


def tune_collector() -> None:
    """Keep the garbage collector away from what was loaded, and let it look at young objects more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
