"""`hyper serve`: one process, or several under a supervisor."""

import faulthandler
import gc
import logging
import multiprocessing
import os
import random
import signal
import socket
import sys
from collections.abc import Callable

from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.garbage import freeze
from hyperpy.server.configuration import Config
from hyperpy.server.health import health_paths
from hyperpy.server.http.protocol import HTTPProtocol
from hyperpy.server.logs import configure_logging, keep_logging, make_access_log
from hyperpy.server.preflight import check_settings
from hyperpy.server.server import Server
from hyperpy.server.sockets import address_of, listen, removed_at_exit
from hyperpy.server.workers.processes import prepare_child
from hyperpy.server.workers.supervisor import Supervisor
from hyperpy.server.workers.worker import SupervisorLink, Worker, WorkerMessage
from hyperpy.server.workers.working_directory import WorkingDirectory
from hyperpy.tracebacks import describe_failure
from hyperpy.web.built.built_pages import stale_pages

logger = logging.getLogger("hyperpy.server")

# Makes the application. `hyper dev` sends it to another process, so it must be picklable.
type Load = Callable[[], ASGIApp]

COLLECT_EVERY = 50_000  # allocations between two collections of the young generation; pages allocate a lot
STARTUP_FAILURE = 3  # exit status of a worker whose application can't be loaded; the same as uvicorn's


def serve(load: Load, settings: Settings) -> int:
    """Serve until a signal arrives; returns the exit status.

    Raises ConfigError if a setting is invalid or the port can't be bound and, with one worker, whatever `load` raises.
    """
    gc.disable()  # until `tune_collector`: what loading makes is in use until the end
    check_settings(settings)
    configure_logging(settings)
    listener = listen(settings)
    with removed_at_exit(settings), listener:
        # A process that has reached its limit needs a supervisor to start the successor.
        if settings.workers > 1 or settings.limit_max_requests:
            return _serve_with_workers(load, settings, listener)
        app = load()
        config = make_config(app, settings)

        def on_ready() -> None:
            tune_collector()
            _announce(listener, settings)

        run(Server(config, on_ready=on_ready, health=health_paths(app)), listener)
    return 0


def make_config(app: ASGIApp, settings: Settings, *, grace: float | None = None, dev: bool = False) -> Config:
    """The server's configuration for the application. `grace`, in seconds, overrides the settings' own."""
    return Config(
        app,
        settings,
        protocol=HTTPProtocol,
        request_log=make_access_log(settings, dev=dev),
        grace=settings.timeout_graceful_shutdown if grace is None else grace,
    )


def run(server: Server, listener: socket.socket) -> None:
    """Serve until a signal arrives, and write the access log up to its last line."""
    keep_logging()
    try:
        server.run(sockets=[listener])
    finally:
        if server.config.request_log is not None:
            server.config.request_log.flush()


def _serve_with_workers(load: Load, settings: Settings, listener: socket.socket) -> int:
    folder = WorkingDirectory()
    freeze()  # collections would write to pages that the workers share
    gc.enable()

    def start_worker() -> Worker:
        folder.ensure()
        return Worker.start(_run_worker, load, settings, listener, timeout=settings.timeout_worker)

    supervisor = Supervisor(
        start_worker,
        settings.workers,
        on_ready=lambda: _announce(listener, settings),
        on_reload=folder.enter_again,
        # Clients that connect while the workers finish are refused instead of left waiting.
        on_stop=listener.close,
        grace=settings.timeout_graceful_shutdown,
        timeout=settings.timeout_worker,
    )
    return supervisor.run()


def _run_worker(load: Load, settings: Settings, listener: socket.socket, link: SupervisorLink) -> None:
    prepare_child()
    gc.disable()
    faulthandler.enable(c_stack=False)  # the supervisor sends SIGABRT if this process hangs
    # SIGHUP from a terminal is for the supervisor, which then replaces its workers.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    configure_logging(settings)
    try:
        app = load()
    except Exception as error:  # noqa: BLE001 (the user's module may raise anything)
        print(describe_failure(error), file=sys.stderr, flush=True)
        sys.exit(STARTUP_FAILURE)

    def on_ready() -> None:
        tune_collector()
        link.open(server.retire)

    parent = multiprocessing.parent_process()
    assert parent is not None
    supervisor = parent.pid
    limit = settings.limit_max_requests
    server = Server(
        make_config(app, settings),
        parent_is_alive=lambda: os.getppid() == supervisor,
        on_ready=on_ready,
        # Slightly different for each worker, so that they don't all restart at once.
        request_limit=limit + random.randint(0, settings.limit_max_requests_jitter) if limit else 0,
        on_spent=lambda: link.send(WorkerMessage.SPENT),
        on_tick=link.beat,
        health=health_paths(app),
    )
    run(server, listener)


def _announce(listener: socket.socket, settings: Settings) -> None:
    address = address_of(listener, encrypted=settings.ssl_certfile is not None)
    workers = f" with {settings.workers} workers" if settings.workers > 1 else ""
    print(f"Serving {address}{workers} (press Ctrl-C to stop)", flush=True)
    if settings.workers > 1 and settings.channels.startswith("memory:"):
        logger.warning(
            "Each of the %d workers has channels of its own, because `channels` is %s. "
            "Set HYPER_CHANNELS=redis://… or postgresql://… to share them.",
            settings.workers,
            settings.channels,
        )
    if stale := stale_pages(settings):
        logger.warning("%s", stale)


def tune_collector() -> None:
    """Turn the collector on, without the loaded modules, and collect young objects less often."""
    freeze()
    gc.set_threshold(COLLECT_EVERY)
    gc.enable()
