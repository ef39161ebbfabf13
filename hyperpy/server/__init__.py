"""The server of `hyper serve`: uvicorn, with limits, a shutdown that ends streams, and worker processes."""

from hyperpy.server.http.protocol import HTTPProtocol
from hyperpy.server.logs import configure_logging
from hyperpy.server.serve import Load, make_config, run, serve
from hyperpy.server.server import Server
from hyperpy.server.sockets import address_of, listen
from hyperpy.server.workers.processes import HANDLED, ask_to_end, prepare_child, start_process
from hyperpy.tracebacks import describe_failure

__all__ = [
    "HANDLED",
    "HTTPProtocol",
    "Load",
    "Server",
    "address_of",
    "ask_to_end",
    "configure_logging",
    "describe_failure",
    "listen",
    "make_config",
    "prepare_child",
    "run",
    "serve",
    "start_process",
]
