"""`hyper serve` in one process: responses and shutdown."""

import re
import signal

import pytest

from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until


def test_a_response_and_its_line_in_the_log(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/pid")
        head = client.read_until(str(command.process.pid).encode()).lower()
        assert head.startswith(b"http/1.1 200 ok\r\n")
        assert b"\r\ndate: " in head
        assert b"\r\nserver:" not in head
        command.wait_for_output(r'(?m)^127\.0\.0\.1 - - \[\S+ [+-]\d{4}\] "GET /pid HTTP/1\.1" 200 \d+$')


def test_the_garbage_collector_is_tuned(folder):
    # In an interpreter of its own: the process that forks others has frozen its objects itself.
    with (
        Command("serve", "--port", "0", folder=folder, PYTHONUNBUFFERED="1") as command,
        RawClient(command.port()) as client,
    ):
        client.get("/collector")
        client.read_until(b"True 50000")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_open_streams_at_once(folder, number):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/stream")
        client.read_until(b"open")
        command.send(number)
        assert client.read_all().endswith(b"4\r\nover\r\n0\r\n\r\n")
        assert command.exit_status() == 0
        assert not command.errors


def test_other_responses_are_finished(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/slow")
        client.read_until(b"begun")
        port = command.port()
        command.send(signal.SIGTERM)
        wait_until(lambda: refuses(port))
        assert command.process.poll() is None
        (folder / "go").touch()
        assert client.read_all().endswith(b"4\r\ndone\r\n0\r\n\r\n")
        assert command.exit_status() == 0


def test_a_second_interrupt_cuts_them_short(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/slow")
        client.read_until(b"begun")
        port = command.port()
        command.send(signal.SIGINT)
        wait_until(lambda: refuses(port))
        command.send(signal.SIGINT)
        command.exit_status()
        assert "graceful" not in command.errors
        assert not client.read_all().endswith(b"0\r\n\r\n")


def test_a_client_that_does_not_read_does_not_delay_the_shutdown(folder):
    with Command("serve", "--port", "0", folder=folder) as command, RawClient(command.port()) as client:
        client.get("/flood")
        command.wait_for_output("blocked")
        command.send(signal.SIGTERM)
        assert command.exit_status() == 0
        assert "graceful" not in command.errors


PARSERS = {"httptools": "pass", "h11": "import sys; sys.modules['httptools'] = None"}


@pytest.fixture(params=PARSERS)
def parser(request):
    """A statement that makes the server use one of the HTTP parsers."""
    return PARSERS[request.param]


@pytest.mark.parametrize("used_before", [False, True])
def test_a_request_during_shutdown_is_answered(folder, parser, used_before):
    longer_timeouts = "from hyperpy.server.http import protocol as p; p.FIRST_REQUEST = p.NEXT_REQUEST = 30"
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(parser, longer_timeouts)) as command:
        port = command.port()
        pid = str(command.process.pid).encode()
        with RawClient(port) as client:
            if used_before:
                client.get("/pid")
                client.read_until(pid)
            fetch(port, "/pid")  # accepted later than the client, which is therefore accepted as well
            command.send(signal.SIGTERM)
            wait_until(lambda: refuses(port))
            client.get("/pid")
            assert client.read_all().count(pid) == 1 + used_before
        assert command.exit_status() == 0
        assert "graceful" not in command.errors


def test_idle_connections_do_not_delay_the_shutdown(folder, parser):
    with Command("serve", "--port", "0", folder=folder, command=hyper_after(parser)) as command:
        port = command.port()
        with RawClient(port) as fresh, RawClient(port) as used:
            used.get("/pid")
            used.read_until(str(command.process.pid).encode())
            command.send(signal.SIGTERM)
            assert fresh.read_all() == b""
            assert used.read_all().count(b"HTTP/1.1 200") == 1
        assert command.exit_status() == 0
        assert "graceful" not in command.errors


def test_a_port_in_use(folder):
    with Command("serve", "--port", "0", folder=folder) as first:
        port = str(first.port())
        with Command("serve", folder=folder, HYPER_PORT=port) as second:
            assert second.exit_status() == 1
            assert re.match(rf"Error: HYPER_PORT: port {port} on 127.0.0.1 is in use", second.errors)
            assert f"--port {int(port) + 1}" in second.errors
            assert "Traceback" not in second.errors


def test_an_application_that_fails_to_start(folder):
    (folder / "app.py").write_text(
        "import contextlib\n"
        "from starlette.applications import Starlette\n"
        "@contextlib.asynccontextmanager\n"
        "async def lifespan(app):\n"
        "    raise ZeroDivisionError('no database')\n"
        "    yield\n"
        "app = Starlette(lifespan=lifespan)\n"
    )
    with Command("serve", "--port", "0", folder=folder) as command:
        assert command.exit_status() != 0
        assert "no database" in command.errors
        assert "Serving" not in command.output


def refuses(port: int) -> bool:
    try:
        RawClient(port).socket.close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_working_directory_need_not_be_on_the_path(folder):
    with Command("serve", "--port", "0", folder=folder, PYTHONSAFEPATH="1") as command:
        assert fetch(command.port(), "/pid") == (200, str(command.process.pid))
