"""The command `hyper` as a process of its own, and clients that see its bytes."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

PATIENCE = 60  # seconds until a test gives up on something that should long have happened

FAREWELL = 3  # seconds that a command has to end by itself after its test

RUN = (sys.executable, "-m", "hyperpy")


def prepared(*statements: str) -> tuple[str, ...]:
    """The command, with some Python run before it."""
    return (sys.executable, "-c", "; ".join([*statements, "from hyperpy.cli import main", "main()"]))


class Command:
    """`hyper …`, run in `folder`; a context manager that leaves no process behind."""

    def __init__(self, *arguments: str, folder: Path, command: tuple[str, ...] = RUN, **variables: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPER_")}
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=clean | {"PYTHONUNBUFFERED": "1"} | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [self._collect(self.process.stdout, self.out), self._collect(self.process.stderr, self.err)]

    def _collect(self, stream: IO[str], lines: list[str]) -> threading.Thread:
        reader = threading.Thread(target=_append_lines, args=(stream, lines))
        reader.start()
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(FAREWELL)
        # The group holds every process that the command has started.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    @property
    def output(self) -> str:
        return "".join(self.out)

    @property
    def errors(self) -> str:
        return "".join(self.err)

    def until_said(self, pattern: str) -> re.Match[str]:
        """The first place where standard output or standard error says this."""

        def said() -> re.Match[str] | None:
            ended = self.process.poll() is not None and not any(reader.is_alive() for reader in self._readers)
            found = re.search(pattern, self.output) or re.search(pattern, self.errors)
            assert found or not ended, f"ended without saying {pattern!r}\n{self.told()}"
            return found

        return until(said, self.told)

    def port(self) -> int:
        """The port that it serves on, once it says so."""
        return int(self.until_said(r"http://\S+:(\d+)")[1])

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def interrupt_group(self) -> None:
        """What Ctrl-C in a terminal does: SIGINT for every process of the group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def status(self) -> int:
        """The exit status, once it has ended."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def told(self) -> str:
        return f"stdout:\n{self.output}\nstderr:\n{self.errors}"


def _append_lines(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402 (the lines must be there as they come)


def until[T](probe: Callable[[], T], told: Callable[[], str] = str) -> T:
    """The first true value of `probe()`; asks again and again until there is one."""
    deadline = time.monotonic() + PATIENCE
    while not (value := probe()):
        assert time.monotonic() < deadline, f"waited in vain\n{told()}"
        time.sleep(0.02)
    return value


def is_running(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class Connection:
    """A TCP connection that says and hears plain bytes. A context manager."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, path: str, version: str = "1.1", **headers: str) -> None:
        fields = {"Host": "localhost", **headers}
        lines = [f"GET {path} HTTP/{version}", *(f"{name}: {value}" for name, value in fields.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def hear_until(self, wanted: bytes) -> bytes:
        """Everything heard so far, once `wanted` is in it."""
        while wanted not in self.heard:
            more = self.socket.recv(65536)
            assert more, f"closed after {self.heard!r}"
            self.heard += more
        return self.heard

    def hear_all(self) -> bytes:
        """Everything until the server closes the connection."""
        while more := self.socket.recv(65536):
            self.heard += more
        return self.heard


class Hammer:
    """Threads that ask without a pause, each on one connection or on a fresh one every time, and retry nothing."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self.answered = 0
        self.failures: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(keep,)) for keep in (True, True, False, False)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _ask(self, keep: bool) -> None:
        # `http.client` opens the connection anew when the answer before has said that it closes.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self._over.is_set():
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                assert response.status == 200, response.status
                self.answered += 1
            except Exception as error:  # noqa: BLE001 (the test looks at what failed)
                self.failures.append(repr(error))
                connection.close()
            if not keep:
                connection.close()
        connection.close()


def fetch(port: int, path: str = "/", **headers: str) -> tuple[int, str]:
    """Status and body of one answer, by a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
