"""`hyper serve --workers 2`: several processes that serve, stop and are replaced as one."""

import os
import re
import signal
import time

import pytest

from hyperpy.config import Settings
from hyperpy.server import listen
from hyperpy.server.serve import _announce
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after, is_running
from tests.support.until import PAUSE, wait_until


@pytest.fixture
def workers(folder):
    with Command("serve", "--port", "0", "--workers", "2", folder=folder) as command:
        command.wait_for_output("with 2 workers")
        yield command


def pids(command: Command) -> set[int]:
    """The process ids of both workers, by as many requests as it takes to reach both."""
    found: set[int] = set()
    wait_until(lambda: found.add(int(fetch(command.port(), "/pid")[1])) or len(found) == 2, command.transcript)
    return found


def test_a_warning_if_workers_have_channels_in_memory(caplog, capsys):
    with listen(Settings(port=0)) as listener:
        for workers, channels, warns in ((2, "memory://", 1), (2, "redis://127.0.0.1:1/0", 0), (1, "memory://", 0)):
            caplog.clear()
            _announce(listener, Settings(workers=workers, channels=channels))
            warnings = [record.getMessage() for record in caplog.records]
            assert len(warnings) == warns
            assert all(
                re.search(r"Each of the 2 workers has channels of its own.*HYPER_CHANNELS=", w) for w in warnings
            )
            assert ("with 2 workers" in capsys.readouterr().out) is (workers == 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_streams_of_all_workers(workers, number):
    processes = pids(workers)
    clients = [RawClient(workers.port()) for _ in range(6)]
    for client in clients:
        client.get("/stream")
        client.read_until(b"open")
    workers.send(number)
    for client in clients:
        with client:
            assert client.read_all().endswith(b"4\r\nover\r\n0\r\n\r\n")
    assert workers.exit_status() == 0
    assert not workers.errors
    assert not any(map(is_running, processes))


def test_ctrl_c_in_the_terminal_prints_nothing(workers):
    workers.interrupt_group()
    assert workers.exit_status() == 0
    assert not workers.errors


def test_ctrl_c_while_the_workers_start_prints_nothing(folder):
    code = "import os; print('loading', os.getpid(), flush=True); import time; time.sleep(60)"
    (folder / "helper.py").write_text(code)
    with Command("serve", "--port", "0", "--workers", "2", folder=folder) as command:
        worker = int(command.wait_for_output(r"loading (\d+)")[1])
        command.interrupt_group()
        assert command.exit_status() == 0
        assert not is_running(worker)
        assert not command.errors


def test_a_second_interrupt_kills(workers):
    with RawClient(workers.port()) as client:
        client.get("/slow")
        client.read_until(b"begun")
        processes = pids(workers)
        workers.send(signal.SIGINT)
        wait_until(lambda: sum(map(is_running, processes)) == 1)
        workers.send(signal.SIGINT)
        assert workers.exit_status() == 0
        assert "graceful" not in workers.errors
    assert not any(map(is_running, processes))


def test_a_worker_that_does_not_stop_is_killed(folder):
    shorter_timeouts = hyper_after("from hyperpy.server.workers import supervisor", "supervisor.MARGIN = 0.5")
    flags = ("--workers", "2", "--timeout-graceful-shutdown", "0.5")
    with Command("serve", "--port", "0", *flags, folder=folder, command=shorter_timeouts) as command:
        command.wait_for_output("with 2 workers")
        processes = pids(command)
        with RawClient(command.port()) as client:
            client.get("/block")
            command.wait_for_output("blocking")
            command.send(signal.SIGTERM)
            assert command.exit_status() == 0
        assert len(re.findall(r"Worker \d+ did not stop in time and is killed", command.errors)) == 1
        assert not any(map(is_running, processes))


def test_workers_stop_if_their_supervisor_is_killed(workers):
    processes = pids(workers)
    with RawClient(workers.port()) as client:
        client.get("/stream")
        client.read_until(b"open")
        workers.send(signal.SIGKILL)
        assert client.read_all().endswith(b"4\r\nover\r\n0\r\n\r\n")
    wait_until(lambda: not any(map(is_running, processes)))


def test_workers_are_replaced_while_others_serve(folder, workers):
    processes = pids(workers)
    assert workers.process.pid not in processes
    victim = min(processes)
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: pids(workers) - processes and victim not in pids(workers), workers.transcript)
    assert f"Worker {victim} ended" in workers.errors

    before = pids(workers)
    workers.send(signal.SIGHUP)
    statuses = set()
    while before & (now := pids(workers)) or len(now) < 2:
        statuses.add(fetch(workers.port(), "/pid")[0])
        time.sleep(PAUSE)
    assert statuses <= {200}
    assert workers.process.poll() is None
    wait_until(lambda: not any(map(is_running, before)))

    before = pids(workers)
    (folder / "app.py").write_text("1 / 0")
    workers.send(signal.SIGHUP)
    workers.wait_for_output("failed to start")
    assert "ZeroDivisionError" in workers.errors
    assert pids(workers) == before


def test_a_load_error_is_printed_once(folder):
    (folder / "app.py").write_text("print('loading')\nfrom helper import missing\n")
    with Command("serve", "--port", "0", "--workers", "2", folder=folder) as command:
        assert command.exit_status() == 1
        assert command.output.count("loading") == 1
        assert command.errors.count("cannot import name 'missing'") == 1
        assert command.errors.count("Traceback") == 1
        assert "hyperpy" not in command.errors
        assert 'app.py", line 2' in command.errors


def test_the_lifespan_of_the_first_worker_has_started_before_the_others_begin(folder):
    (folder / "app.py").write_text(
        "import asyncio, os\n"
        "from contextlib import asynccontextmanager\n"
        "from starlette.applications import Starlette\n"
        "def note(word):\n"
        "    with open('starts.txt', 'a') as file:\n"
        "        file.write(f'{os.getpid()} {word}\\n')\n"
        "@asynccontextmanager\n"
        "async def lifespan(app):\n"
        "    note('begins')\n"
        "    await asyncio.sleep(0.2)\n"
        "    note('yields')\n"
        "    yield\n"
        "app = Starlette(lifespan=lifespan)\n"
    )
    with Command("serve", "--port", "0", "--workers", "3", folder=folder) as command:
        command.wait_for_output("with 3 workers")
        steps = [line.split() for line in (folder / "starts.txt").read_text().splitlines()]
    assert [word for _, word in steps[:2]] == ["begins", "yields"]
    assert len({pid for pid, _ in steps[:2]}) == 1
    assert len({pid for pid, _ in steps}) == 3
