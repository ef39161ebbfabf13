"""Real server processes, started by the command a user would type."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.streams.apps import control
from bench.streams.marks import VARIABLE, Marks
from bench.streams.sockets import fetch

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT = 20.0  # seconds
POLL_INTERVAL = 0.02  # seconds
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class ServerError(Exception):
    """A server did not start; the message holds the last line of its log."""


@dataclass(frozen=True, slots=True)
class Framework:
    name: str
    module: str
    own_server: bool = False
    """Whether it runs under `hyper serve` instead of the uvicorn command."""

    @property
    def target(self) -> str:
        return f"bench.streams.apps.{self.module}:app"

    def command(self, port: int, flags: Iterable[str]) -> list[str]:
        if self.own_server:
            return [sys.executable, "-m", "hyperpy", "serve", self.target, "--port", str(port), *flags]
        quiet = ["--log-level", "warning", "--no-access-log"]
        return [sys.executable, "-m", "uvicorn", self.target, "--port", str(port), *quiet, *flags]


@dataclass(frozen=True, slots=True)
class Options:
    """Command-line flags and settings of a server. Frameworks without such a setting ignore the times (seconds)."""

    flags: tuple[str, ...] = ()
    middleware: str = ""
    ping: float = 0.0
    timeout_send: float = 0.0

    def environ(self, framework: Framework) -> dict[str, str]:
        ping, timeout_send = (
            ("HYPER_PING", "HYPER_TIMEOUT_SEND") if framework.own_server else (control.PING, control.TIMEOUT_SEND)
        )
        variables = {ping: self.ping, timeout_send: self.timeout_send, control.MIDDLEWARE: self.middleware}
        return {name: str(value) for name, value in variables.items() if value}


PLAIN = Options()


class Server:
    """A framework's server. Leaving the context kills all of its processes."""

    def __init__(self, framework: Framework, options: Options = PLAIN) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.marks = Marks(self.folder / "marks")
        self.port = free_port()
        self._log = self.folder / "log"
        environ = {VARIABLE: str(self.marks.path), "PYTHONPATH": str(ROOT)} | options.environ(framework)
        self.process = start(framework.command(self.port, options.flags), environ, self._log)

    def __enter__(self) -> Self:
        try:
            wait_for(self.port, self.process, self._log)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def rss(self) -> int:
        return rss(self.process.pid)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def exits(self, timeout: float) -> float | None:
        """Wait until the process exits; return the seconds that took, or None after the timeout."""
        start = time.monotonic()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - start

    def stop(self) -> None:
        kill_group(self.process)
        shutil.rmtree(self.folder)


def start(command: list[str], environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a new process group, with its output in a file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HYPER_")}
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=inherited | environ, stdout=output, stderr=output, start_new_session=True
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process made by `start`, and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path, path: str = "/control/hello") -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            fetch(port, path)
            return
        time.sleep(POLL_INTERVAL)
    lines = log.read_text(errors="replace").strip().splitlines()
    raise ServerError(f"the server did not start: {lines[-1] if lines else 'no output'}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def rss(pid: int) -> int:
    """Resident memory of a process in bytes (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_time(pid: int) -> float:
    """CPU seconds used by a process (Linux, proc(5): the fields after the name)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class SiteServer:
    """A running `hyper serve`; `pid` is that of the supervisor if there are several workers."""

    port: int
    pid: int
    log: Path


@contextmanager
def serve_site(*flags: str, max_descriptors: int = 0) -> Generator[SiteServer]:
    """Run `hyper serve` with `bench/routes`; `max_descriptors` limits its open files unless it is 0."""
    folder, port = Path(tempfile.mkdtemp(prefix="bench-site-")), free_port()
    command = [sys.executable, "-m", "hyperpy", "serve", "--routes", "bench/routes", "--port", str(port), *flags]
    if max_descriptors:
        command = ["sh", "-c", f'ulimit -n {max_descriptors}; exec "$@"', "sh", *command]
    process = start(command, {}, folder / "log")
    try:
        wait_for(port, process, folder / "log", "/hello")
        yield SiteServer(port, process.pid, folder / "log")
    finally:
        kill_group(process)
        shutil.rmtree(folder)


@contextmanager
def nginx(port: int, directives: str = "") -> Generator[int]:
    """Run nginx in front of a port, with default settings and `directives`; yield the port of nginx."""
    if NGINX is None:
        raise ServerError("nginx is not installed")
    front = free_port()
    folder = Path(tempfile.mkdtemp(prefix="bench-nginx-"))
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temp_paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in names)
    (folder / "conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{}}\nhttp {{ access_log off; {temp_paths} {directives}\n"
        f"server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://127.0.0.1:{port}; }} }} }}\n"
    )
    command = [NGINX, "-p", str(folder), "-e", f"{folder}/log", "-c", str(folder / "conf")]
    process = start(command, {}, folder / "log")
    try:
        wait_for(front, process, folder / "log")
        yield front
    finally:
        kill_group(process)
        shutil.rmtree(folder)
