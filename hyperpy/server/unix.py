"""The Unix socket that is listened on: a file, which outlives its server if that is killed."""

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hyperpy.config import Settings
from hyperpy.exceptions import ConfigError

# Who may connect is decided by the folder; a proxy runs as another user. uvicorn does the same.
MODE = 0o666


def listen_on_path(settings: Settings) -> socket.socket:
    """A listening socket at the path of the settings. Raises ConfigError if that can't be had."""
    path = settings.uds
    assert path is not None
    for name in ("host", "port"):
        if name in settings.sources:
            given = settings.sources[name].name
            hint = f"A Unix socket is in place of host and port: drop {given}, or the setting uds."
            raise settings.error("uds", f"{path} can't be listened on together with {given}", hint)
    _clear(path, settings)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        os.chmod(path, MODE)
        listener.listen(settings.backlog)
    except OSError as error:
        listener.close()
        hint = "Name a file in a folder that exists and that this user may write, by no more than 107 bytes."
        raise settings.error("uds", f"can't listen on {path} ({error.strerror or error})", hint) from None
    listener.set_inheritable(True)
    return listener


@contextmanager
def removed_at_the_end(settings: Settings) -> Iterator[None]:
    """Takes the socket's file away afterwards, unless another server has put its own there by then."""
    if settings.uds is None:
        yield
        return
    path = Path(settings.uds).absolute()
    ours = _identity(path)
    try:
        yield
    finally:
        if ours is not None and _identity(path) == ours:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()


def _identity(path: Path) -> tuple[int, int, int] | None:
    """None if there is no file. Its time is part of it, since numbers of inodes are given out again."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _clear(path: str, settings: Settings) -> None:
    """Removes the socket that a dead server has left."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # there is nothing, or bind() will tell what is wrong
    if not stat.S_ISSOCK(mode):
        raise settings.error("uds", f"{path} exists and is no socket", "Name another path, or remove the file.")
    if _is_served(path, settings):
        raise _in_use(path, settings)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _is_served(path: str, settings: Settings) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError, FileNotFoundError:
            return False
        except BlockingIOError:
            return True  # so many wait to be accepted that there is no room
        except OSError as error:
            hint = "Remove the file, or name another path."
            raise settings.error("uds", f"{path} exists already ({error.strerror})", hint) from None
        return True


def _in_use(path: str, settings: Settings) -> ConfigError:
    return settings.error("uds", f"{path} is in use by another program", "End that program, or name another path.")
