"""The server of `hyper serve`: uvicorn, with limits, a shutdown that ends streams, and worker processes."""

from hyperpy.server.http.protocol import HTTPProtocol
from hyperpy.server.logs import configure_logging
from hyperpy.server.serve import STARTUP_FAILURE, Load, make_config, run, serve
from hyperpy.server.server import Server
from hyperpy.server.sockets import address_of, listen
from hyperpy.server.workers.processes import Signals, prepare_child, start_process
from hyperpy.server.workers.supervisor import Supervisor
from hyperpy.web.tracebacks import describe_failure

__all__ = [
    "STARTUP_FAILURE",
    "HTTPProtocol",
    "Load",
    "Server",
    "Signals",
    "Supervisor",
    "address_of",
    "configure_logging",
    "describe_failure",
    "listen",
    "make_config",
    "prepare_child",
    "run",
    "serve",
    "start_process",
]
