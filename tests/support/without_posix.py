"""Runs `hyper` without what Windows lacks: `python tests/support/without_posix.py dev`.

Modules are hidden from hyperpy only, since libraries and Python itself look at the name of the system. Attributes are
removed for all. A child process imports this file again, so it lacks the same.
"""

import asyncio
import builtins
import os
import select
import signal
import socket
from collections.abc import Mapping
from typing import Any, Never

HIDDEN_MODULES = frozenset({"fcntl", "grp", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"})
UNINSTALLED = frozenset({"uvloop", "httptools"})
REMOVED = {
    os: "chown fchmod fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getsid "
    "getuid initgroups killpg lchown mkfifo mknod nice pathconf posix_fadvise posix_spawn posix_spawnp pread preadv "
    "pwrite pwritev register_at_fork sched_yield sendfile setegid seteuid setgid setgroups setpgid setsid "
    "setuid statvfs sync sysconf ttyname uname wait wait3 wait4 O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC",
    signal: "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGUSR1 SIGUSR2 "
    "SIGWINCH SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer pause pthread_kill pthread_sigmask setitimer "
    "sigpending sigtimedwait sigwait sigwaitinfo siginterrupt",
    socket: "AF_UNIX SO_REUSEPORT recv_fds send_fds",
    select: "epoll poll",
}

_import = builtins.__import__


def import_without_posix(name: str, globals: Mapping[str, Any] | None = None, *others: Any, **named: Any) -> Any:
    """`__import__`, for which some modules don't exist."""
    written = str((globals or {}).get("__name__")).partition(".")[0]
    hidden = HIDDEN_MODULES | UNINSTALLED if written in ("hyper", "hyperpy") else UNINSTALLED
    if name.partition(".")[0] in hidden:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return _import(name, globals, *others, **named)


def not_implemented(*_: object) -> Never:
    """What the event loop of Windows does in some of its methods."""
    raise NotImplementedError


builtins.__import__ = import_without_posix
socket.socketpair = socket._fallback_socketpair  # type: ignore[attr-defined]
for module, removed in REMOVED.items():
    for each in removed.split():
        if hasattr(module, each):
            delattr(module, each)
for loop in (asyncio.SelectorEventLoop, *asyncio.SelectorEventLoop.__mro__):
    # Not remove_reader: hyperpy calls it on the selector loops only, which have it on Windows too.
    for method in ("add_reader", "add_writer", "remove_writer", "add_signal_handler"):
        if method in vars(loop):
            setattr(loop, method, not_implemented)

if __name__ == "__main__":
    from hyperpy.cli import main

    main()
