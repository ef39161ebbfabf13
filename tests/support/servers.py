"""Real servers in processes of their own: the command `hyper`, or any other."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from tests.support.fork_server import ForkedProcess
from tests.support.until import PATIENCE, wait_until

GRACE = 3  # seconds for a command to end by itself after its test

# Statements that must run before hyperpy is imported.
BEFORE_IMPORTS = "sys.modules"

HYPER = (sys.executable, "-m", "hyperpy")


def hyper_after(*statements: str) -> tuple[str, ...]:
    """The command `hyper` in a process that runs some Python statements first.

    Statements that change `sys.modules` run before hyperpy is imported, others after it.
    """
    return (sys.executable, "-c", "; ".join([*statements, "from hyperpy.cli import main", "main()"]))


class Command:
    """A process that runs `hyper …` (or another `command`) in `folder`. As a context manager, it leaves none behind.

    A Python program is forked from a process that has imported hyperpy, unless variables configure Python itself.
    """

    def __init__(self, *arguments: str, folder: Path, command: tuple[str, ...] = HYPER, **variables: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPER_")}
        environment = clean | {"PYTHONUNBUFFERED": "1"} | variables
        self.process: ForkedProcess | subprocess.Popen[str]
        python, *program = command
        told = any(name.startswith("PYTHON") for name in variables) or any(BEFORE_IMPORTS in part for part in program)
        if python == sys.executable and not told:
            self.process = ForkedProcess([*program, *arguments], folder, environment)
        else:
            self.process = subprocess.Popen(
                [*command, *arguments],
                cwd=folder,
                env=environment,
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
            self.process.wait(GRACE)
        # The group holds every process that the command started.
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
        """Standard error so far. It is complete only after `exit_status`: until then, use `wait_for_output`."""
        return "".join(self.err)

    def wait_for_output(self, pattern: str) -> re.Match[str]:
        """The first match of `pattern` in standard output or in standard error, once there is one."""

        def find() -> re.Match[str] | None:
            ended = self.process.poll() is not None and not any(reader.is_alive() for reader in self._readers)
            found = re.search(pattern, self.output) or re.search(pattern, self.errors)
            assert found or not ended, f"ended without writing {pattern!r}\n{self.transcript()}"
            return found

        return wait_until(find, self.transcript)

    def port(self) -> int:
        """The port of the server, once its output shows it."""
        return int(self.wait_for_output(r"http://\S+:(\d+)")[1])

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def interrupt_group(self) -> None:
        """Send SIGINT to every process of the group, as Ctrl-C in a terminal does."""
        os.killpg(self.process.pid, signal.SIGINT)

    def exit_status(self) -> int:
        """Wait until the process has ended, and return its exit status."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def transcript(self) -> str:
        return f"stdout:\n{self.output}\nstderr:\n{self.errors}"


def _append_lines(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line)  # noqa: PERF402 (each line must be there as soon as it arrives)


def is_running(pid: int) -> bool:
    """Whether a process still runs. A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError, ProcessLookupError:  # it has ended, before or after its file was opened
        return False


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def hyper_serve(folder: Path, *arguments: str) -> Iterator[Command]:
    """Run `hyper serve` in `folder` on a free port. It ends by SIGTERM, and must then exit with status 0."""
    with Command("serve", "--port", "0", *arguments, folder=folder) as command:
        command.port()
        yield command
        if command.process.poll() is None:
            command.send(signal.SIGTERM)
        assert command.exit_status() == 0, command.transcript()
