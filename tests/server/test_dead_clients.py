"""Clients that do not read what was sent to them, and more clients than there are file descriptors."""

import asyncio
import contextlib
import errno
import signal
from pathlib import Path

import pytest

from hyperpy.server.descriptors import Descriptors
from hyperpy.server.http.reaper import BROKEN_OFF, COMPLETE, COMPLETE_AT_THE_END, ConnectionReaper
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until


class Transport:
    def __init__(self, closing: bool, left: int) -> None:
        self.closing = closing
        self.left = left
        self.aborted = False

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True


class Cycle:
    def __init__(self, complete: bool) -> None:
        self.response_complete = complete


class Client:
    def __init__(self, *, closing: bool = True, complete: bool = True, left: int = 9) -> None:
        self.transport = Transport(closing, left)
        self.cycle = Cycle(complete)

    @property
    def cut(self) -> bool:
        return self.transport.aborted


@pytest.mark.parametrize(
    ("client", "after"),
    [
        (Client(), COMPLETE),
        (Client(complete=False), BROKEN_OFF),
        (Client(closing=False), None),
        (Client(closing=False, complete=False), None),
    ],
)
def test_when_a_connection_is_cut(client, after):
    cutter = ConnectionReaper({client})
    cutter.look(100.0, rounds=1)
    assert not client.cut
    cutter.look(100.0 + (after or 1000) - 0.1, rounds=1)
    assert not client.cut
    cutter.look(100.0 + (after or 1000), rounds=1)
    assert client.cut == (after is not None)


def test_progress_gives_another_chance():
    client = Client()
    cutter = ConnectionReaper({client})
    for now in (0.0, COMPLETE, 2 * COMPLETE):
        client.transport.left -= 1
        cutter.look(now, rounds=1)
    assert not client.cut
    cutter.look(3 * COMPLETE, rounds=1)
    assert client.cut


def test_all_are_looked_at_once_in_so_many_rounds():
    clients = {Client(complete=False) for _ in range(25)}
    cutter = ConnectionReaper(clients)
    for _ in range(10):
        cutter.look(0.0, rounds=10)
    cut = 0
    for _ in range(10):
        before, cut = cut, sum(client.cut for client in clients)
        assert cut - before <= 3
        cutter.look(BROKEN_OFF, rounds=10)
    assert all(client.cut for client in clients)


def test_who_has_gone_is_forgotten():
    clients = {Client()}
    cutter = ConnectionReaper(clients)
    cutter.look(0.0, rounds=1)
    clients.clear()
    cutter.look(1.0, rounds=1)
    assert not cutter._closing


def test_the_end_does_not_wait_for_long():
    complete, broken = Client(), Client(complete=False)
    cutter = ConnectionReaper({complete, broken})
    cutter.look_at_all(0.0)
    assert (complete.cut, broken.cut) == (False, True)
    cutter.look_at_all(COMPLETE_AT_THE_END)
    assert complete.cut


def test_a_connection_whose_answer_broke_off_is_cut_while_others_are_served(folder):
    with Command("serve", "--port", "0", folder=folder) as command:
        port = command.port()
        sockets = open_sockets(command)
        with RawClient(port) as client:
            client.get("/break_off")
            command.wait_for_output("broken off")
            wait_until(lambda: open_sockets(command) == sockets, command.transcript)
        assert fetch(port, "/pid")[0] == 200


def test_a_complete_answer_that_nobody_reads_does_not_delay_the_end(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/unread")
        command.wait_for_output("all is on its way")
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert "graceful" not in command.errors


def open_sockets(command: Command) -> int:
    found = 0
    for descriptor in Path(f"/proc/{command.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


@pytest.mark.parametrize("loop", ["pass", "import sys; sys.modules['uvloop'] = None"])
def test_file_descriptors_run_out(folder, loop):
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))"
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(loop, few)) as command:
        port = command.port()
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(RawClient(port))
            command.wait_for_output("All 60 file descriptors")
        command.wait_for_output("There are file descriptors again")
        assert fetch(port, "/pid") == (200, str(command.process.pid))
        assert command.errors.count("\n") == 2


@pytest.mark.parametrize("message", ["socket.accept() out of system resource", "something else"])
async def test_other_errors_of_the_loop_go_where_they_went(message):
    loop, heard = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: heard.append(context["message"]))
    Descriptors().watch(loop)
    error = OSError(errno.EMFILE, "Too many open files")
    loop.call_exception_handler({"message": message, "exception": error})
    assert heard == ([] if "accept" in message else [message])
