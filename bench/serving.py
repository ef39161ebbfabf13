"""Serve a peer's application in its own process, and report the CPU time it has used."""

import logging
import socket
import time
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from threading import Thread
from typing import Any

import uvicorn

from bench.workers import Peer

BACKLOG = 512


def serve(pipe: Connection[Any, Any], peer: Peer) -> None:
    """Send the port, then serve the peer's application until the pipe closes. `peer.setup` creates the server."""
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        server: uvicorn.Server = resolve_name(peer.setup)(resolve_name(peer.target))
        _disable_access_log()
        pipe.send(listener.getsockname()[1])
        Thread(target=_report_cpu_time, args=(pipe, server), daemon=True).start()
        server.run(sockets=[listener])


def plain_server(app: Any) -> uvicorn.Server:
    """uvicorn with its defaults: uvloop and httptools if they are installed."""
    return uvicorn.Server(uvicorn.Config(app, interface="asgi3", log_config=None, server_header=False))


def _disable_access_log() -> None:
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def _report_cpu_time(pipe: Connection[Any, Any], server: uvicorn.Server) -> None:
    while True:
        try:
            pipe.recv()
        except EOFError:
            server.should_exit = True
            return
        pipe.send(time.process_time())
