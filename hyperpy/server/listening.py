"""The socket that is listened on. Bound by hyperpy itself, so that workers and reloads can share it."""

import errno
import socket

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError
from hyperpy.server.unix import listen_on_path


def listen(settings: Settings) -> socket.socket:
    """A listening socket at the settings' path, or on their host and port. Raises ConfigError if that can't be had."""
    if settings.uds is not None:
        return listen_on_path(settings)
    try:
        family, _, _, _, address = _resolve(settings.host, settings.port)
        listener = socket.create_server(address[:2], family=family, backlog=settings.backlog)
    except OSError as error:
        raise _refused(settings, error) from None
    listener.set_inheritable(True)
    return listener


def address_of(listener: socket.socket, *, encrypted: bool = False) -> str:
    """The URL that a socket is reached at, `http://127.0.0.1:8000`; `unix:` and the path of a Unix socket."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    scheme = "https" if encrypted else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # A name that has both kinds of address is taken at its IPv4 one, which every client tries.
    return min(found, key=lambda info: info[0] is not socket.AF_INET)  # type: ignore[return-value]


def _refused(settings: Settings, error: OSError) -> ConfigError:
    host, port = settings.host, settings.port
    if error.errno == errno.EADDRINUSE:
        return settings.error(
            "port",
            f"port {port} on {host} is in use by another program",
            f"End that program, or choose another port: --port {_other_port(port)} (--port 0 picks a free one).",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        hint = "Ports below 1024 are the system's: choose one above, and put a proxy in front."
        return settings.error("port", f"not allowed to listen on port {port}", hint)
    hint = "Write an address of this machine: 127.0.0.1 (this machine only), 0.0.0.0 (every network)."
    return settings.error("host", f"can't listen on {host!r} ({error.strerror or error})", hint)


def _other_port(port: int) -> int:
    return port + 1 if port < 65535 else port - 1
