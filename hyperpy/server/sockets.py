"""The listening socket. hyperpy binds it itself, so that workers and reloads can share it."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError

# Proxies run as another user, so the folder's permissions decide who may connect, as they do under uvicorn.
UNIX_SOCKET_MODE = 0o666


def listen(settings: Settings) -> socket.socket:
    """A listening socket at the settings' path, or on their host and port. Raises ConfigError if that fails."""
    listener = _listen_on_port(settings) if settings.uds is None else _listen_on_path(settings.uds, settings)
    listener.set_inheritable(True)
    return listener


def address_of(listener: socket.socket, *, encrypted: bool = False) -> str:
    """The socket's URL, such as `http://127.0.0.1:8000`, or `unix:` and the path of a Unix socket."""
    name = listener.getsockname()
    if isinstance(name, str):
        return f"unix:{name}"
    host, port = name[:2]
    scheme = "https" if encrypted else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextmanager
def removed_at_exit(settings: Settings) -> Iterator[None]:
    """Remove the Unix socket's file at the end of the block, unless another server has replaced it by then."""
    if settings.uds is None:
        yield
        return
    path = Path(settings.uds).absolute()
    ours = _identity(path)
    try:
        yield
    finally:
        if ours is not None and _identity(path) == ours:
            path.unlink(missing_ok=True)


# TCP


def _listen_on_port(settings: Settings) -> socket.socket:
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # Prefer IPv4: every client tries it.
        family, _, _, _, address = min(found, key=lambda info: info[0] is not socket.AF_INET)
        return socket.create_server(address[:2], family=family, backlog=settings.backlog)
    except OSError as error:
        raise _port_error(settings, error) from None


def _port_error(settings: Settings, error: OSError) -> ConfigError:
    host, port = settings.host, settings.port
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        hint = f"Stop that program, or choose another port: --port {other} (--port 0 picks a free one)."
        return settings.error("port", f"port {port} on {host} is in use by another program", hint)
    if error.errno in (errno.EACCES, errno.EPERM):
        hint = "Ports below 1024 are reserved: choose a higher one and put a proxy in front."
        return settings.error("port", f"not allowed to listen on port {port}", hint)
    hint = "Write an address of this machine: 127.0.0.1 (this machine only) or 0.0.0.0 (every network)."
    return settings.error("host", f"can't listen on {host!r} ({error.strerror or error})", hint)


# Unix sockets: files, which remain if their server is killed


def _listen_on_path(path: str, settings: Settings) -> socket.socket:
    for name in ("host", "port"):
        if name in settings.sources:
            given = settings.sources[name].name
            hint = f"A Unix socket replaces host and port: remove {given} or the setting uds."
            raise settings.error("uds", f"can't listen on both {path} and {given}", hint)
    _remove_stale_socket(path, settings)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, UNIX_SOCKET_MODE)
        listener.listen(settings.backlog)
    except OSError as error:
        listener.close()
        hint = "Name a file in an existing folder that this user can write to, in at most 107 bytes."
        raise settings.error("uds", f"can't listen on {path} ({error.strerror or error})", hint) from None
    return listener


def _identity(path: Path) -> tuple[int, int, int] | None:
    """None if there is no file. Includes its modification time, because inode numbers are reused."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _remove_stale_socket(path: str, settings: Settings) -> None:
    """Remove the socket that a killed server has left behind."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # either there is no file, or bind() will report the problem
    if not stat.S_ISSOCK(mode):
        raise settings.error("uds", f"{path} exists and is not a socket", "Name another path, or remove the file.")
    if _is_served(path, settings):
        hint = "Stop that program, or name another path."
        raise settings.error("uds", f"{path} is in use by another program", hint)
    Path(path).unlink(missing_ok=True)


def _is_served(path: str, settings: Settings) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError, FileNotFoundError:
            return False
        except BlockingIOError:
            return True  # its queue of waiting connections is full
        except OSError as error:
            hint = "Remove the file, or name another path."
            raise settings.error("uds", f"{path} exists already ({error.strerror})", hint) from None
        return True
