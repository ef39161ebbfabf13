"""Clients that don't read their response, and more clients than there are file descriptors."""

import asyncio
import contextlib
import errno
import signal
from pathlib import Path

import pytest

from hyperpy.server.descriptors import Descriptors
from hyperpy.server.http.reaper import COMPLETE, COMPLETE_AT_SHUTDOWN, INCOMPLETE, ConnectionReaper
from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until

PATIENCE = 20.0


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


class Flow:
    def __init__(self, full: bool) -> None:
        self.write_paused = full


class Client:
    def __init__(self, *, closing: bool = True, complete: bool = True, full: bool = False, left: int = 9) -> None:
        self.transport = Transport(closing, left)
        self.cycle = Cycle(complete)
        self.flow = Flow(full)

    @property
    def aborted(self) -> bool:
        return self.transport.aborted


@pytest.mark.parametrize(
    ("client", "after"),
    [
        (Client(), COMPLETE),
        (Client(complete=False), INCOMPLETE),
        (Client(closing=False), None),
        (Client(closing=False, complete=False), None),
        (Client(closing=False, complete=False, full=True), PATIENCE),
    ],
)
def test_closing_and_full_connections_are_aborted_after_their_timeout(client, after):
    reaper = ConnectionReaper({client}, PATIENCE)
    reaper.check_some(100.0, rounds=1)
    assert not client.aborted
    reaper.check_some(100.0 + (after or 1000) - 0.1, rounds=1)
    assert not client.aborted
    reaper.check_some(100.0 + (after or 1000), rounds=1)
    assert client.aborted == (after is not None)


def test_progress_restarts_the_timeout():
    client = Client()
    reaper = ConnectionReaper({client}, PATIENCE)
    for now in (0.0, COMPLETE, 2 * COMPLETE):
        client.transport.left -= 1
        reaper.check_some(now, rounds=1)
    assert not client.aborted
    reaper.check_some(3 * COMPLETE, rounds=1)
    assert client.aborted


def test_a_connection_with_room_again_is_not_aborted():
    client = Client(closing=False, complete=False, full=True)
    reaper = ConnectionReaper({client}, PATIENCE)
    for now, full in ((0.0, True), (1.0, False), (PATIENCE, True), (2 * PATIENCE - 0.1, True)):
        client.flow.write_paused = full
        reaper.check_some(now, rounds=1)
    assert not client.aborted


def test_all_connections_are_checked_once_in_a_number_of_rounds():
    clients = {Client(complete=False) for _ in range(25)}
    reaper = ConnectionReaper(clients, PATIENCE)
    for _ in range(10):
        reaper.check_some(0.0, rounds=10)
    cut = 0
    for _ in range(10):
        before, cut = cut, sum(client.aborted for client in clients)
        assert cut - before <= 3
        reaper.check_some(INCOMPLETE, rounds=10)
    assert all(client.aborted for client in clients)


def test_lost_connections_are_forgotten():
    clients = {Client()}
    reaper = ConnectionReaper(clients, PATIENCE)
    reaper.check_some(0.0, rounds=1)
    clients.clear()
    reaper.check_some(1.0, rounds=1)
    assert not reaper._unread


def test_shutdown_has_shorter_timeouts():
    complete, broken = Client(), Client(complete=False)
    reaper = ConnectionReaper({complete, broken}, PATIENCE)
    reaper.check_all(0.0)
    assert (complete.aborted, broken.aborted) == (False, True)
    reaper.check_all(COMPLETE_AT_SHUTDOWN)
    assert complete.aborted


def test_a_connection_with_an_incomplete_response_is_aborted_while_others_are_served(folder):
    with Command("serve", "--port", "0", folder=folder) as command:
        port = command.port()
        sockets = open_sockets(command)
        with RawClient(port) as client:
            client.get("/break_off")
            command.wait_for_output("broken off")
            wait_until(lambda: open_sockets(command) == sockets, command.transcript)
        assert fetch(port, "/pid")[0] == 200


def test_an_unread_complete_response_does_not_delay_the_shutdown(folder):
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
def test_running_out_of_file_descriptors_is_logged_once(folder, loop):
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))"
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(loop, few)) as command:
        port = command.port()
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                stack.enter_context(RawClient(port))
            command.wait_for_output("All 60 file descriptors")
        command.wait_for_output("File descriptors are available again")
        assert fetch(port, "/pid") == (200, str(command.process.pid))
        assert command.errors.count("\n") == 2


@pytest.mark.parametrize("message", ["socket.accept() out of system resource", "something else"])
async def test_other_loop_errors_reach_the_previous_handler(message):
    loop, messages = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: messages.append(context["message"]))
    Descriptors().watch(loop)
    error = OSError(errno.EMFILE, "Too many open files")
    loop.call_exception_handler({"message": message, "exception": error})
    assert messages == ([] if "accept" in message else [message])
