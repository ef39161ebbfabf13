"""Real servers in processes of their own, started as a user starts them."""

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
STARTING = 20.0  # seconds
LOOK_EVERY = 0.02  # seconds
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class ServerError(Exception):
    """A server did not start; the last line that it has said."""


@dataclass(frozen=True, slots=True)
class Framework:
    name: str
    module: str
    own_server: bool = False
    """Whether it is served by `hyper serve`, and not by uvicorn's command."""

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
    """How a server is started: with these flags, and with shortened times where the framework can be told them."""

    flags: tuple[str, ...] = ()
    middleware: str = ""
    ping: float = 0.0
    timeout_send: float = 0.0

    def environ(self, framework: Framework) -> dict[str, str]:
        ping, timeout_send = (
            ("HYPER_PING", "HYPER_TIMEOUT_SEND") if framework.own_server else (control.PING, control.TIMEOUT_SEND)
        )
        given = {ping: self.ping, timeout_send: self.timeout_send, control.MIDDLEWARE: self.middleware}
        return {name: str(value) for name, value in given.items() if value}


PLAIN = Options()


class Server:
    """A framework's server: a context manager that ends with all of its processes killed, whatever they do."""

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

    def exits(self, patience: float) -> float | None:
        """Seconds until the process has gone, from now on; None if it is still there."""
        start = time.monotonic()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - start

    def stop(self) -> None:
        kill_group(self.process)
        shutil.rmtree(self.folder)


def start(command: list[str], environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A process in a group of its own, whose output goes to a file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HYPER_")}
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=ROOT, env=inherited | environ, stdout=output, stderr=output, start_new_session=True
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """The process and those that it has started. It must have been made by `start`."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path, path: str = "/control/hello") -> None:
    until = time.monotonic() + STARTING
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError):
            fetch(port, path)
            return
        time.sleep(LOOK_EVERY)
    said = log.read_text(errors="replace").strip().splitlines()
    raise ServerError(f"the server did not start: {said[-1] if said else 'without a word'}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def rss(pid: int) -> int:
    """Bytes of memory that a process has in use (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processor_time(pid: int) -> float:
    """Seconds of CPU that a process has used (Linux, proc(5): the fields after the name)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def nginx(port: int, directives: str = "") -> Generator[int]:
    """nginx in front of a port, as it is but for the directives; gives the port to ask."""
    if NGINX is None:
        raise ServerError("nginx is not installed")
    front = free_port()
    folder = Path(tempfile.mkdtemp(prefix="bench-nginx-"))
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = " ".join(f"{name}_temp_path {folder}/{name};" for name in names)
    (folder / "conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;\n"
        f"events {{}}\nhttp {{ access_log off; {kept} {directives}\n"
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
