"""Streams that resume where their client lost them, over real sockets."""

import json
import random
import re

import pytest

from tests.support.clients import EVENT_SOURCE
from tests.support.raw_client import RawClient
from tests.support.servers import hyper_serve
from tests.support.sites import write_files

FILES = {
    "echo.py": """
        from typing import Annotated

        from hyperpy import JSON, Header

        last: Annotated[str | None, Header(alias="Last-Event-ID")]
        other: Annotated[str | None, Header(alias="X-Other")]


        async def stream():
            yield JSON([last, other])
    """,
    "numbers.py": """
        from typing import Annotated

        from hyperpy import Header

        last: Annotated[str | None, Header(alias="Last-Event-ID")]


        async def stream():
            number = int(last.removeprefix("№ ")) + 1 if last else 0
            while True:
                yield {"id": f"№ {number}", "data": number}
                number += 1
    """,
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resuming")
    write_files(folder / "routes", FILES)
    with hyper_serve(folder) as command:
        yield command.port()


def request(connection: RawClient, path: str, *headers: bytes) -> None:
    lines = [
        f"GET {path} HTTP/1.1".encode(),
        b"Host: localhost",
        f"Accept: {EVENT_SOURCE}".encode(),
        *headers,
        b"",
        b"",
    ]
    connection.socket.sendall(b"\r\n".join(lines))


@pytest.mark.parametrize(
    ("raw", "as_id", "otherwise"),
    [
        (b"plain", "plain", "plain"),
        ("née 🧂".encode(), "née 🧂", "née 🧂"),
        (b"n\xe9e", "n\ufffde", "née"),
        (b"\xf0\x9f\xa7", "\ufffd", "ð\x9f§"),
        (b"", "", ""),
    ],
)
def test_any_bytes_of_an_id_are_read_as_utf_8(port, raw, as_id, otherwise):
    with RawClient(port) as connection:
        request(connection, "/echo", b"Last-Event-ID: " + raw, b"X-Other: " + raw)
        response = connection.read_until(b"event: close")
    assert json.loads(re.search(rb"data: (.*)\n", response)[1]) == [as_id, otherwise]


def test_a_hundred_reconnections_lose_and_repeat_nothing(port):
    """Each connection is cut at a random byte, often in the middle of an event."""
    chance, got, last = random.Random(7), [], b""
    for _ in range(100):
        with RawClient(port) as connection:
            request(connection, "/numbers", *([b"Last-Event-ID: " + last] if last else []))
            connection.read_until(b"\r\n\r\n")
            take = len(connection.received) + chance.randrange(400)
            while len(connection.received) < take and (more := connection.socket.recv(take - len(connection.received))):
                connection.received += more
        # Clients drop an event that its empty line does not end.
        body = connection.received.partition(b"\r\n\r\n")[2]
        for id, number in re.findall(rb"id: (.*)\ndata: (\d+)\n\n", body):
            last = id
            got.append(int(number))
    assert got == list(range(len(got)))
    assert len(got) > 200
