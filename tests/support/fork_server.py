"""Starts Python programs by forking a process that has imported all of hyperpy: a short command mostly imports.

The tests talk to that process through a socket. Each request hands it standard output, standard error and a pipe, which
tells the process id and later the exit status.
"""

import atexit
import contextlib
import contextvars
import functools
import gc
import importlib
import json
import multiprocessing.forkserver
import multiprocessing.util
import os
import pkgutil
import posix
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 1 << 20  # bytes of a request
OTHER_MODULES = (
    "concurrent.futures.thread",
    "encodings.idna",
    "itsdangerous",
    "pydantic",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.websockets.auto",
)
# Those that aren't part of a command: programs, files that hyperpy compiles, and what only tests use.
NO_MODULES = ("hyperpy.__main__", "hyperpy.cli.project.", "hyperpy.inspector.routes.", "hyperpy.testing")
MEASURES = "COVERAGE_PROCESS_CONFIG"  # the variable that makes a Python process measure its coverage


class ForkedProcess:
    """A process of the fork server, with the methods of `subprocess.Popen` that the tests use.

    Its arguments are those of Python: `-m module …` or `-c code …`.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        self._report, their_report = os.pipe()
        request = json.dumps({"arguments": arguments, "folder": str(folder), "variables": dict(variables)})
        theirs = [their_out, their_err, their_report]
        is_measured = MEASURES in variables
        socket.send_fds(_fork_server(is_measured), [request.encode()], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
        self.returncode: int | None = None
        self.pid = self._next_number()

    def _next_number(self) -> int:
        """Each number takes eight bytes. Without one the fork server has failed."""
        return int(os.read(self._report, 8))

    def poll(self) -> int | None:
        return self._wait_for_status(0)

    def wait(self, timeout: float | None = None) -> int:
        status = self._wait_for_status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0.0)
        return status

    def _wait_for_status(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._report, selectors.EVENT_READ)
                if not selector.select(timeout):
                    return None
            self.returncode = self._next_number()
            os.close(self._report)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@functools.cache
def _fork_server(is_measured: bool) -> socket.socket:
    variables = os.environ if is_measured else {name: text for name, text in os.environ.items() if name != MEASURES}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.support.fork_server", str(theirs.fileno())],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def serve_forks(control: socket.socket) -> list[str]:
    """Fork for each request. Returns the arguments of Python, in the forked processes only."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    children: dict[int, tuple[int, int]] = {}  # by the descriptor that becomes readable: process id, pipe
    while True:
        for key, _ in selector.select():
            if key.fileobj is control:
                request, descriptors, *_ = socket.recv_fds(control, LARGEST, 3)
                if not request:
                    for pid, _ in children.values():  # the tests were killed
                        os.kill(pid, signal.SIGKILL)
                    sys.exit()
                out, err, pipe = descriptors
                pid = os.fork()
                if pid == 0:
                    control.close()
                    selector.close()
                    for descriptor in [pipe, *children, *(other for _, other in children.values())]:
                        os.close(descriptor)
                    return become(json.loads(request), out, err)
                os.close(out)
                os.close(err)
                os.write(pipe, b"%8d" % pid)
                ended = os.pidfd_open(pid)
                children[ended] = pid, pipe
                selector.register(ended, selectors.EVENT_READ)
            else:
                selector.unregister(key.fd)
                pid, pipe = children.pop(key.fd)
                status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with contextlib.suppress(BrokenPipeError):
                    os.write(pipe, b"%8d" % status)
                os.close(pipe)
                os.close(key.fd)


def become(request: dict[str, Any], out: int, err: int) -> list[str]:
    """Make this process one that has just been started in a session of its own."""
    os.setsid()
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.path[0] = request["folder"]
    multiprocessing.util.spawnv_passfds = fork_python
    arguments: list[str] = request["arguments"]
    return arguments


def fork_python(path: bytes, arguments: Sequence[str], descriptors: Iterable[int]) -> int:
    """Stands for the function by which multiprocessing starts an interpreter with `-c`. Returns the process id.

    What the parent has changed for itself is set back: signals, context variables, its own helper processes.
    """
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # watchfiles has a thread
        pid = os.fork()
    if pid:
        return pid
    gc.freeze()  # the parent's objects stay, or they would close descriptors
    kept = {0, 1, 2, *descriptors}
    for descriptor in {*map(int, os.listdir("/proc/self/fd"))} - kept:
        with contextlib.suppress(OSError):  # that of the listing itself
            os.close(descriptor)
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    multiprocessing.forkserver._forkserver.__init__()  # type: ignore[misc]
    contextvars.Context().run(run_and_exit, arguments[arguments.index("-c") :])
    raise AssertionError("it has ended")


def run(option: str, program: str, *arguments: str) -> None:
    """Run a program as `python -m module …` or `python -c code …` does."""
    sys.argv = [option, *arguments]
    if option == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        exec(program, {"__name__": "__main__"})  # noqa: S102 (as Python does)


def run_and_exit(arguments: Sequence[str]) -> NoReturn:
    """Run a program and end the process, without taking every module apart as Python does at its end."""
    status: object = None
    try:
        run(*arguments)
    except SystemExit as error:
        status = error.code
    if status is not None and not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as Python does
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(status or 0)


def import_modules() -> None:
    """Import what the forked processes use: all of hyperpy, and what it and uvicorn import once something needs it."""
    import hyperpy

    modules = (module.name for module in pkgutil.walk_packages(hyperpy.__path__, "hyperpy."))
    for name in (*OTHER_MODULES, *(name for name in modules if not name.startswith(NO_MODULES))):
        importlib.import_module(name)


def measure_each_process_once() -> None:
    """Have coverage start one measurement in a forked process, which saves only what is its own.

    By itself it starts one for each of the forks that led to the process, and twice as many in the next.
    """
    current = Coverage.current()
    if current is not None:
        current.config.patch = ["_exit"]
        os._exit = posix._exit


if __name__ == "__main__":
    import_modules()
    measure_each_process_once()
    gc.collect()
    gc.freeze()  # each server collects what it has imported, and would copy all of that memory
    run_and_exit(serve_forks(socket.socket(fileno=int(sys.argv[1]))))
