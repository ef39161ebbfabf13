"""Workers are replaced while they are in use: at SIGHUP, and when they reach their request limit."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from hyperpy.config import Settings
from hyperpy.server import HTTPProtocol, make_config
from hyperpy.server.http.protocol import Stage, State
from tests.server.hammer import Hammer
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command
from tests.support.until import PAUSE, wait_until

UNLIMITED = "--limit-max-requests", "1000000"  # for a single worker under a supervisor


@contextlib.contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Command]:
    with Command("serve", "--port", "0", *arguments, folder=folder) as command:
        command.wait_for_output("Serving")
        yield command


def children(command: Command) -> set[int]:
    """The process ids of the workers, without multiprocessing's resource tracker."""
    found = Path(f"/proc/{command.process.pid}/task/{command.process.pid}/children").read_text().split()
    return {int(pid) for pid in found if b"resource_tracker" not in commandline(pid)}


def commandline(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError, ProcessLookupError:
        return b""


@contextlib.contextmanager
def streams(command: Command, count: int) -> Iterator[list[RawClient]]:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(RawClient(command.port())) for _ in range(count)]
        for client in clients:
            client.get("/stream")
            client.read_until(b"open")
        yield clients


def end_cleanly(clients: list[RawClient]) -> bool:
    return all(client.read_all().endswith(b"4\r\nover\r\n0\r\n\r\n") for client in clients)


@pytest.mark.parametrize("count", [1, 2])
def test_the_limit_replaces_workers_under_load(folder, count):
    arguments = "--workers", str(count), "--limit-max-requests", "100", "--limit-max-requests-jitter", "20"
    with serving(folder, *arguments) as command, streams(command, 8) as clients:
        first, least = children(command), count
        with Hammer(command.port(), "/pid") as hammer:
            while first & (now := children(command)):
                least = min(least, len(now))
                time.sleep(PAUSE)
            assert end_cleanly(clients)
        assert hammer.failures == []
        assert hammer.responses > 100
        assert least == count
        assert not command.errors


def test_a_second_sighup_during_the_first(folder):
    with serving(folder, "--workers", "2") as command, streams(command, 8) as clients:
        first = children(command)
        with Hammer(command.port(), "/pid") as hammer:
            command.send(signal.SIGHUP)
            between = wait_until(lambda: children(command) - first)
            command.send(signal.SIGHUP)
            wait_until(lambda: not (first | between) & children(command))
            assert end_cleanly(clients)
            wait_until(lambda: len(children(command)) == 2)
        assert hammer.failures == []
        assert not command.errors


@pytest.fixture
def retiring(folder):
    """A command whose first worker retires, and connections to that worker."""
    with serving(folder, *UNLIMITED) as command, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(RawClient(command.port())) for _ in range(4)]
        with streams(command, 1) as (last,):  # accepted after the others
            command.send(signal.SIGHUP)
            last.read_until(b"4\r\nover\r\n0\r\n\r\n")
        yield command, clients


def test_a_retiring_worker_answers_open_connections(retiring):
    command, (page, stream, ready, fresh) = retiring
    page.get("/pid")
    head, _, pid = page.read_all().partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert int(pid) != int(fetch(command.port(), "/pid")[1])
    stream.get("/stream")
    assert stream.read_all().startswith(b"HTTP/1.1 200")
    assert stream.received.endswith(b"4\r\nopen\r\n4\r\nover\r\n0\r\n\r\n")
    ready.get("/readyz")
    assert ready.read_all().startswith(b"HTTP/1.1 200")
    assert fresh.read_all() == b""


def test_a_kept_alive_connection_can_send_another_request(folder):
    with serving(folder, *UNLIMITED) as command, RawClient(command.port()) as client:
        client.get("/slow")
        assert b"connection: close" not in client.read_until(b"begun")
        with streams(command, 1) as (last,):
            command.send(signal.SIGHUP)
            last.read_until(b"4\r\nover\r\n0\r\n\r\n")
        (folder / "go").touch()
        client.read_until(b"4\r\ndone\r\n0\r\n\r\n")
        client.received = b""
        client.get("/pid")
        assert b"connection: close" in client.read_all()


class Transport:
    """The transport of a connection without any input."""

    def get_extra_info(self, name: str) -> None:
        return None

    def is_closing(self) -> bool:
        return False


@pytest.mark.parametrize("stage", list(Stage))
async def test_a_connection_accepted_at_the_last_moment_is_shut_down(stage):
    config, state = make_config(Starlette(), Settings()), State()
    config.load()
    connection = HTTPProtocol(config, state, {}, asyncio.get_running_loop())
    state.stage = stage
    connection.connection_made(Transport())
    assert connection.is_shutting_down is (stage is not Stage.SERVING)


def test_a_stop_hurries_a_retiring_worker(folder):
    (folder / "helper.py").write_text(
        "from hyperpy.server.http.protocol import HTTPProtocol as P; P._patience = lambda self: 600"
    )
    with serving(folder, *UNLIMITED) as command, RawClient(command.port()) as idle, RawClient(command.port()) as busy:
        busy.get("/slow")
        busy.read_until(b"begun")
        with streams(command, 1) as (last,):
            command.send(signal.SIGHUP)
            last.read_until(b"4\r\nover\r\n0\r\n\r\n")
        command.send(signal.SIGTERM)
        assert idle.read_all() == b""
        assert command.process.poll() is None
        (folder / "go").touch()
        assert busy.read_all().endswith(b"4\r\ndone\r\n0\r\n\r\n")
        assert command.exit_status() == 0
        assert not command.errors


def test_a_worker_keeps_serving_until_its_successor_can_be_loaded(folder):
    app = (folder / "app.py").read_text()
    with serving(folder, "--limit-max-requests", "3") as command:
        (folder / "app.py").write_text("1 / 0")
        (first,) = children(command)
        for _ in range(3):
            assert fetch(command.port(), "/pid") == (200, str(first))
        command.wait_for_output("failed to start")
        (folder / "app.py").write_text(app)
        answered = {fetch(command.port(), "/pid") for _ in range(2)}
        wait_until(lambda: answered.add(fetch(command.port(), "/pid")) or len(answered) > 1)
        assert {status for status, _ in answered} == {200}
        assert (200, str(first)) in answered


def test_a_killed_worker_breaks_only_its_own_streams(folder):
    with serving(folder, "--workers", "2") as command, contextlib.ExitStack() as stack:
        by_worker: dict[int, RawClient] = {}
        while len(by_worker) < 2:
            client = stack.enter_context(RawClient(command.port()))
            client.get("/pid")
            pid = int(client.read_until(b"\r\n\r\n").partition(b"\r\n\r\n")[2] or client.socket.recv(16))
            client.get("/stream")
            client.read_until(b"open")
            by_worker.setdefault(pid, client)
        victim, other = by_worker
        os.kill(victim, signal.SIGKILL)
        assert not by_worker[victim].read_all().endswith(b"0\r\n\r\n")
        wait_until(lambda: len(children(command) - {victim}) == 2)
        assert other in children(command)
        command.send(signal.SIGTERM)
        assert end_cleanly([by_worker[other]])
