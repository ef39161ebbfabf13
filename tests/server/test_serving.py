"""`hyper serve` in one process: what is sent, and how it ends."""

import re
import signal

import pytest

from tests.server.running import Command, Connection, fetch, prepared, until


def test_answers_as_it_says(folder):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/pid")
        head = client.hear_until(str(command.process.pid).encode()).lower()
        assert head.startswith(b"http/1.1 200 ok\r\n")
        assert b"\r\ndate: " in head
        assert b"\r\nserver:" not in head
        command.until_said(r'(?m)^127\.0\.0\.1 - - \[\S+ [+-]\d{4}\] "GET /pid HTTP/1\.1" 200 \d+$')


def test_the_collector_is_tuned(folder):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/collector")
        client.hear_until(b"True 50000")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_open_streams_at_once(folder, number):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/stream")
        client.hear_until(b"open")
        command.send(number)
        assert client.hear_all().endswith(b"4\r\nover\r\n0\r\n\r\n")
        assert command.status() == 0
        assert not command.errors


def test_other_answers_are_finished(folder):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/slow")
        client.hear_until(b"begun")
        port = command.port()
        command.send(signal.SIGTERM)
        until(lambda: refuses(port))
        assert command.process.poll() is None
        (folder / "go").touch()
        assert client.hear_all().endswith(b"4\r\ndone\r\n0\r\n\r\n")
        assert command.status() == 0


def test_a_second_interrupt_cuts_them_short(folder):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/slow")
        client.hear_until(b"begun")
        port = command.port()
        command.send(signal.SIGINT)
        until(lambda: refuses(port))
        command.send(signal.SIGINT)
        command.status()
        assert "graceful" not in command.errors
        assert not client.hear_all().endswith(b"0\r\n\r\n")


def test_a_client_that_does_not_read_can_not_delay_the_end(folder):
    with Command("serve", "--port", "0", folder=folder) as command, Connection(command.port()) as client:
        client.ask("/flood")
        command.until_said("blocked")
        command.send(signal.SIGTERM)
        assert command.status() == 0
        assert "graceful" not in command.errors


PARSERS = {"httptools": "pass", "h11": "import sys; sys.modules['httptools'] = None"}


@pytest.fixture(params=PARSERS)
def parser(request):
    """A preparation that makes the server use one of the parsers of HTTP."""
    return PARSERS[request.param]


@pytest.mark.parametrize("asked_before", [False, True])
def test_a_request_that_is_on_its_way_is_answered(folder, parser, asked_before):
    patient = "from hyperpy.server.http import protocol as p; p.FIRST_REQUEST = p.NEXT_REQUEST = 30"
    with Command("serve", "--port", "0", folder=folder, command=prepared(parser, patient)) as command:
        port = command.port()
        pid = str(command.process.pid).encode()
        with Connection(port) as client:
            if asked_before:
                client.ask("/pid")
                client.hear_until(pid)
            command.send(signal.SIGTERM)
            until(lambda: refuses(port))
            client.ask("/pid")
            assert client.hear_all().count(pid) == 1 + asked_before
        assert command.status() == 0
        assert "graceful" not in command.errors


def test_idle_connections_do_not_delay_the_end(folder, parser):
    with Command("serve", "--port", "0", folder=folder, command=prepared(parser)) as command:
        port = command.port()
        with Connection(port) as fresh, Connection(port) as used:
            used.ask("/pid")
            used.hear_until(str(command.process.pid).encode())
            command.send(signal.SIGTERM)
            assert fresh.hear_all() == b""
            assert used.hear_all().count(b"HTTP/1.1 200") == 1
        assert command.status() == 0
        assert "graceful" not in command.errors


def test_http_1_0_gets_no_chunks(folder, parser):
    with Command("serve", "--port", "0", folder=folder, command=prepared(parser)) as command:
        with Connection(command.port()) as client:
            client.ask("/pieces", version="1.0")
            head, _, body = client.hear_all().partition(b"\r\n\r\n")
        assert body == b"one two three"
        assert b"transfer-encoding" not in head.lower()
        with Connection(command.port()) as client:
            client.ask("/pid", version="1.0")
            head, _, body = client.hear_all().partition(b"\r\n\r\n")
        assert body.decode() == str(command.process.pid)
        assert f"\r\ncontent-length: {len(body)}".encode() in head.lower()
        with Connection(command.port()) as client:
            client.ask("/pieces")
            assert client.hear_until(b"0\r\n\r\n").endswith(b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n")


def test_a_port_in_use(folder):
    with Command("serve", "--port", "0", folder=folder) as first:
        port = str(first.port())
        with Command("serve", folder=folder, HYPER_PORT=port) as second:
            assert second.status() == 1
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
        assert command.status() != 0
        assert "no database" in command.errors
        assert "Serving" not in command.output


def refuses(port: int) -> bool:
    try:
        Connection(port).socket.close()
    except ConnectionRefusedError:
        return True
    return False


def test_the_working_directory_is_not_needed_on_the_path(folder):
    with Command("serve", "--port", "0", folder=folder, PYTHONSAFEPATH="1") as command:
        assert fetch(command.port(), "/pid") == (200, str(command.process.pid))
