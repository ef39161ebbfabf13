"""A peer's server: one process that tells the CPU time it has used whenever it is asked."""

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
    """Serves a peer's application until the pipe ends; first sends the port. `peer.setup` makes the server."""
    with socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listener:
        server: uvicorn.Server = resolve_name(peer.setup)(resolve_name(peer.target))
        _log_no_requests()
        pipe.send(listener.getsockname()[1])
        Thread(target=_attend, args=(pipe, server), daemon=True).start()
        server.run(sockets=[listener])


def plain_server(app: Any) -> uvicorn.Server:
    """uvicorn as it is, with uvloop and httptools where it finds them."""
    return uvicorn.Server(uvicorn.Config(app, interface="asgi3", log_config=None, server_header=False))


def _log_no_requests() -> None:
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def _attend(pipe: Connection[Any, Any], server: uvicorn.Server) -> None:
    while True:
        try:
            pipe.recv()
        except EOFError:
            server.should_exit = True
            return
        pipe.send(time.process_time())
