"""The limits of one client of `hyper serve`: slow clients, large requests and ambiguous ones."""

import http.client
import re
import socket
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.support.clients import fetch
from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_after
from tests.support.until import wait_until

APP = '''
import asyncio
import contextlib
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        with contextlib.suppress(EOFError):
            await globals()[scope["path"].strip("/")](scope, receive, send)


async def answer(send, text):
    body = text.encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def read(receive):
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise EOFError
        size += len(message["body"])
        if not message["more_body"]:
            return size


async def go(name):
    while not os.path.exists(name):
        await asyncio.sleep(0.01)


async def size(scope, receive, send):
    await answer(send, f"size {await read(receive)} {len(scope['headers'])}")


async def forgiving(scope, receive, send):
    """Continues whatever happens, like an application that catches every exception."""
    try:
        await read(receive)
    except EOFError:
        print("gone away", flush=True)
    await answer(send, "all is well")


async def unread(scope, receive, send):
    await answer(send, "not read")


async def late(scope, receive, send):
    """Reads the body only after something else."""
    print("called", flush=True)
    await go(scope["query_string"].decode())
    await answer(send, f"size {await read(receive)}")


async def talking(scope, receive, send):
    """Starts its response before the body has arrived."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await go(scope["query_string"].decode())
    await send({"type": "http.response.body", "body": b"done"})
'''

PARSERS = {"httptools": "pass", "h11": "import sys; sys.modules['httptools'] = None"}
BODY = 300_000
SECONDS = "0.4"
FLAGS = [
    *("--limit-request-line", "2000"),
    *("--limit-request-head", "10000"),
    *("--limit-request-body", str(BODY)),
    *("--timeout-request-head", SECONDS),
    *("--timeout-request-body", SECONDS),
    *("--timeout-keep-alive", SECONDS),
]


@pytest.fixture(scope="module", params=PARSERS)
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    (folder / "app.py").write_text(APP)
    with Command("serve", "--port", "0", *FLAGS, folder=folder, command=hyper_after(PARSERS[request.param])) as command:
        command.folder = folder
        yield command
        assert "Traceback" not in command.errors


@pytest.fixture
def client(server):
    with RawClient(server.port()) as connection:
        yield connection


def head(line: str, *fields: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


def status(received: bytes) -> int:
    """The status of the only response, which must announce that the connection closes."""
    first, _, rest = received.partition(b"\r\n")
    assert b"HTTP/1." not in rest, received
    assert b"connection: close" in rest, received
    return int(first.split()[1])


def wait_longer_than_the_timeouts(port: int) -> None:
    for _ in range(3):
        with RawClient(port) as idle:
            assert idle.read_all() == b""


# Slow clients


def test_a_connection_without_a_request_is_closed(client):
    assert client.read_all() == b""


@pytest.mark.parametrize("part", [b"G", b"GET /size HTTP/1.1\r\n", b"GET /size HTTP/1.1\r\nHost: x\r\nA: b"])
def test_an_incomplete_head_times_out(client, part):
    client.socket.sendall(part)
    assert status(client.read_all()) == 408


def test_a_dripping_head_times_out(client):
    client.socket.sendall(b"GET /size HTTP/1.1\r\nA: ")
    assert status(drip(client)) == 408


def drip(client: RawClient) -> bytes:
    """Send a byte from time to time, until the server closes the connection."""
    client.socket.settimeout(0.05)
    while True:
        try:
            client.socket.sendall(b"a")
            more = client.socket.recv(65536)
        except TimeoutError:
            continue
        client.received += more
        if not more:
            return client.received


def test_an_idle_connection_is_closed_after_a_while(client):
    for count in (1, 2):
        client.socket.sendall(head("GET /size"))
        while client.received.count(b"size 0") < count:
            client.read_until(b"size 0")
            if client.received.count(b"size 0") < count:
                client.received += client.socket.recv(65536)
    assert client.read_all().count(b"200 OK") == 2


def test_an_incomplete_second_head_times_out(client):
    client.socket.sendall(head("GET /size") + b"GET /si")
    client.read_until(b"size 0")
    assert b"HTTP/1.1 408 " in client.read_all()


@pytest.mark.parametrize(
    "start",
    [
        head("POST /size", "Content-Length: 1000"),
        head("POST /size", "Transfer-Encoding: chunked") + b"3e8\r\n",
        head("POST /forgiving", "Content-Length: 1000"),
    ],
)
@pytest.mark.parametrize("slowness", [drip, RawClient.read_all])
def test_a_missing_or_dripping_body_times_out(client, start, slowness):
    client.socket.sendall(start)
    assert status(slowness(client)) == 408


def test_a_slow_body_is_read_if_it_exceeds_the_minimum_rate(server, client):
    client.socket.sendall(head("POST /size", f"Content-Length: {60 * 400}"))
    for _ in range(60):
        client.socket.sendall(b"x" * 400)
        # Each piece takes as long as a request of another client, so that all take longer than the timeout.
        fetch(server.port(), "/size")
    client.read_until(b"size 24000")


def test_the_connection_closes_if_the_rest_of_an_unread_body_never_comes(client):
    client.socket.sendall(head("POST /unread", "Content-Length: 1000"))
    client.read_until(b"not read")
    assert client.read_all().count(b"HTTP/1.1") == 1


# Clients that wait for the server


def test_a_slow_response_is_not_timed(server, client):
    client.socket.sendall(head("GET /late?one"))
    wait_longer_than_the_timeouts(server.port())
    (server.folder / "one").touch()
    client.read_until(b"size 0")


def test_a_stream_is_not_timed(server, client):
    client.socket.sendall(head("GET /talking?two"))
    client.read_until(b"begun")
    wait_longer_than_the_timeouts(server.port())
    (server.folder / "two").touch()
    client.read_until(b"done")


def test_a_response_that_starts_before_the_body_is_not_timed(server, client):
    client.socket.sendall(head("POST /talking?three", "Content-Length: 1000"))
    client.read_until(b"begun")
    wait_longer_than_the_timeouts(server.port())
    (server.folder / "three").touch()
    client.read_until(b"done")


def test_a_body_may_wait_for_the_application(server, client):
    client.socket.sendall(head("POST /late?four", "Content-Length: 290000") + b"x" * 200_000)
    wait_longer_than_the_timeouts(server.port())
    (server.folder / "four").touch()
    client.socket.sendall(b"x" * 90_000)
    client.read_until(b"size 290000")


def test_a_client_may_wait_for_100_continue(server, client):
    client.socket.sendall(head("POST /late?five", "Content-Length: 5", "Expect: 100-continue"))
    wait_longer_than_the_timeouts(server.port())
    assert not client.received
    (server.folder / "five").touch()
    client.read_until(b"100 Continue")
    client.socket.sendall(b"12345")
    client.read_until(b"size 5")


# Large requests


HEADS = [
    (head("GET /size", "A: " + "a" * 9800), 200),
    (head("GET /size", "A: " + "a" * 10_000), 431),
    (head("GET /size", *(f"A{number}: {number}" for number in range(2000))), 431),
    (head("GET /size?" + "a" * 1900), 200),
    (head("GET /size?" + "a" * 2000), 414),
    (head("GET /size?" + "a" * 50_000), 414),
]


def test_the_size_of_a_head(server):
    for request, expected in HEADS:
        with RawClient(server.port()) as client:
            client.socket.sendall(request)
            if expected == 200:
                client.read_until(b"size 0")
            else:
                assert status(client.read_all()) == expected


@pytest.mark.parametrize(
    ("start", "more", "expected"),
    [
        (b"GET /", b"a" * 9000, 414),
        (b"GET /size HTTP/1.1\r\nA: ", b"a" * 9000, 431),
        (b"GET /size HTTP/1.1\r\n", b"A: b\r\n" * 1500, 431),
        (head("POST /size", "Transfer-Encoding: chunked") + b"0\r\n", b"A: b\r\n" * 100, 431),
        (head("POST /size", "Transfer-Encoding: chunked") + b"0\r\nA: ", b"a" * 1000, 431),
    ],
)
def test_endless_input_is_rejected(client, start, more, expected):
    client.socket.sendall(start)
    client.socket.settimeout(0.01)
    while True:
        try:
            client.socket.sendall(more)
            client.received += client.socket.recv(65536)
            break
        except TimeoutError:
            continue
    client.socket.settimeout(60)
    assert status(client.read_all()) == expected


@pytest.mark.parametrize("size", [0, 1, BODY])
def test_a_body_within_the_limit(server, size):
    connection = http.client.HTTPConnection("127.0.0.1", server.port(), timeout=60)
    with closing(connection):
        for headers in ({}, {"Transfer-Encoding": "chunked"}):
            body = iter([b"x" * size] if size else []) if headers else b"x" * size
            connection.request("POST", "/size", body, headers, encode_chunked=bool(headers))
            assert connection.getresponse().read().startswith(b"size %d " % size)


@pytest.mark.parametrize("path", ["/size", "/forgiving", "/unread"])
def test_a_content_length_over_the_limit(client, path):
    client.socket.sendall(head(f"POST {path}", f"Content-Length: {BODY + 1}", "Expect: 100-continue"))
    assert status(client.read_all()) == 413


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("path", ["/size", "/forgiving"])
def test_a_chunked_body_over_the_limit(client, method, path):
    client.socket.sendall(head(f"{method} {path}", "Transfer-Encoding: chunked"))
    for _ in range(40):
        client.socket.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
    assert status(client.read_all()) == 413


def test_a_client_that_is_still_sending_gets_the_rejection(client):
    client.socket.sendall(head("POST /size", "Content-Length: 30000000"))
    # More than all buffers on the way can hold.
    client.socket.sendall(b"x" * 30_000_000)
    client.socket.shutdown(socket.SHUT_WR)
    assert status(client.read_all()) == 413


def test_the_application_sees_a_disconnected_client(server, client):
    before = server.output.count("gone away")
    client.socket.sendall(head("POST /forgiving", "Transfer-Encoding: chunked") + b"no chunk\r\n")
    assert status(client.read_all()) == 400
    while server.output.count("gone away") == before:
        fetch(server.port(), "/size")


def test_a_started_response_is_cut_off(server, client):
    client.socket.sendall(head("POST /talking?six", "Transfer-Encoding: chunked"))
    client.read_until(b"begun")
    client.socket.sendall(b"no chunk\r\n")
    received = client.read_all()
    assert received.count(b"HTTP/1.1") == 1
    assert not received.endswith(b"0\r\n\r\n")
    (server.folder / "six").touch()


def test_an_earlier_request_is_still_answered(server, client):
    client.socket.sendall(head("GET /late?seven") + b"\0nonsense\r\n\r\n")
    wait_longer_than_the_timeouts(server.port())
    (server.folder / "seven").touch()
    received = client.read_all()
    assert b"size 0" in received
    assert received.count(b"HTTP/1.1 200") == 1


# Requests that different servers understand differently

CHUNKED = b"0\r\n\r\nGET /unread HTTP/1.1\r\nHost: localhost\r\n\r\n"


AMBIGUOUS = [
    head("POST /size", "Content-Length: 5", "Transfer-Encoding: chunked") + CHUNKED,
    head("POST /size", "Transfer-Encoding: chunked", "Content-Length: 5") + CHUNKED,
    head("POST /size", "Content-Length: 5", "Content-Length: 6") + b"12345",
    head("POST /size", "Content-Length: 5, 6") + b"12345",
    head("POST /size", "Content-Length: +5") + b"12345",
    head("POST /size", "Content-Length: 0x5") + b"12345",
    head("POST /size", "Transfer-Encoding: chunked, identity") + CHUNKED,
    head("POST /size", "Transfer-Encoding: xchunked") + CHUNKED,
    head("POST /size", "Transfer-Encoding: chunked", "Transfer-Encoding: identity") + CHUNKED,
    head("POST /size", "Transfer-Encoding : chunked") + CHUNKED,
    head("POST /size", "Transfer-Encoding: chunked") + b"5;\nabcde\r\n0\r\n\r\n",
    head("GET /size", "A: b", "\0: c"),
    b"\x16\x03\x01\x02\x00",
]


def test_ambiguous_requests_are_rejected(server):
    for request in AMBIGUOUS:
        with RawClient(server.port()) as client:
            client.socket.sendall(request)
            assert status(client.read_all()) == 400, request


def test_trailers_are_not_headers(client):
    client.socket.sendall(
        head("GET /size", "Transfer-Encoding: chunked") + b"1\r\nx\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    )
    client.read_until(b"size 1 2")


def test_rejections_are_in_the_access_log(server, client):
    client.socket.sendall(head(f"POST /size?{server.process.pid}", "Content-Length: 300001"))
    client.read_all()
    server.wait_for_output(rf'127\.0\.0\.1 - - \[[^]]+\] "(POST /size\?{server.process.pid} HTTP/1\.1|-)" 413 \d+\n')
    assert not re.search("Invalid HTTP request", server.errors)


@pytest.mark.parametrize("sends_on", [False, True])
def test_a_rejected_client_is_disconnected_eventually(tmp_path, sends_on):
    (tmp_path / "app.py").write_text(APP)
    shorter_timeouts = "from hyperpy.server.http import guard; guard.LINGER_SILENCE = 0.2; guard.LINGER = 0.5"
    with (
        Command("serve", "--port", "0", *FLAGS, folder=tmp_path, command=hyper_after(shorter_timeouts)) as command,
        RawClient(command.port()) as client,
    ):
        client.socket.sendall(head("POST /size", "Content-Length: 30000000"))
        assert status(client.read_all()) == 413
        if sends_on:
            wait_until(lambda: is_cut_off(client))
        wait_until(lambda: not open_connections(command.process.pid))


def is_cut_off(client: RawClient) -> bool:
    try:
        client.socket.sendall(b"x")
    except OSError:
        return True
    return False


def open_connections(pid: int) -> int:
    """The number of TCP connections of a process that only its own side has closed."""
    sockets = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            sockets.add(entry.readlink().name)
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    # FIN_WAIT1 and FIN_WAIT2: this side is closed, the other one is not.
    return sum(row[3] in ("04", "05") and f"socket:[{row[9]}]" in sockets for row in rows)


@pytest.mark.parametrize(
    "fields", [("Connection: Upgrade", "Upgrade: h2c"), ("Connection: Upgrade", "Upgrade: no-such")]
)
def test_unknown_upgrades_are_ignored(client, fields):
    client.socket.sendall(head("GET /size", *fields))
    client.read_until(b"size 0 3")
