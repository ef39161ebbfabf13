"""Clients that send further requests without waiting for responses, or that don't read the responses."""

import asyncio
import gc
from contextvars import ContextVar

import pytest
from starlette.responses import FileResponse
from uvicorn.protocols.http.h11_impl import RequestResponseCycle as H11Cycle
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle as HttpToolsCycle

from hyperpy.server.http.flow import MOST_HELD
from hyperpy.server.http.reaper import ConnectionReaper
from tests.server.in_process import PARSERS, served
from tests.support.until import until

COUNT = 1000
HEAD = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
END = b"GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ONE_READ = 256 * 1024  # bytes; what an event loop may hand over at once


class App:
    """`/stream` ends when `over` is set. Other paths are answered with themselves and the request's body."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.streaming = 0

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/stream":
            await self._stream(receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        text = b"<%b %b>" % (scope["raw_path"], body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
        await send({"type": "http.response.body", "body": text})

    async def _stream(self, receive, send):
        await receive()
        watching = asyncio.ensure_future(receive())  # as streams do, to notice that the client leaves
        await send({"type": "http.response.start", "status": 200, "headers": []})
        self.streaming += 1
        await asyncio.wait({asyncio.ensure_future(self.over.wait()), watching}, return_when="FIRST_COMPLETED")
        self.streaming -= 1
        watching.cancel()
        await send({"type": "http.response.body", "body": b"over"})


@pytest.fixture
def app():
    return App()


@pytest.fixture(params=PARSERS)
async def server(request, app):
    async with served(app, request.param) as server:
        yield server


async def test_requests_behind_a_stream_are_kept_as_bytes(server, app):
    requests = b"".join(HEAD % number for number in range(COUNT))
    gc.collect()
    asking = asyncio.ensure_future(server.exchange(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", requests * 40, END))
    await until(lambda: app.streaming)
    (connection,) = server.state.connections
    await until(lambda: connection.flow.holds)
    assert not connection.transport.is_reading()
    assert len([each for each in gc.get_objects() if isinstance(each, (H11Cycle, HttpToolsCycle))]) == 1
    assert held(connection) < MOST_HELD + ONE_READ
    assert len(requests) * 40 > 2 * (MOST_HELD + ONE_READ)
    asking.cancel()
    await asyncio.wait({asking})
    app.over.set()


def held(connection: object) -> int:
    held = getattr(connection, "held", None)
    return len(connection.conn.trailing_data[0]) if held is None else len(held)


async def test_all_requests_behind_a_stream_are_answered_in_order(server, app):
    requests = b"".join(HEAD % number for number in range(COUNT))
    asking = asyncio.ensure_future(server.exchange(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", requests, END))
    await until(lambda: app.streaming)
    app.over.set()
    received = await asking
    numbers = [int(part.partition(b" ")[0]) for part in received.split(b"</")[1:-1]]
    assert numbers == list(range(COUNT))
    assert received.endswith(b"</end >")
    assert len(server.log) == COUNT + 2


async def test_a_client_that_leaves_behind_few_requests_is_noticed(server, app):
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + HEAD % 1)
    await until(lambda: app.streaming)
    writer.close()
    await until(lambda: not server.state.tasks)


async def test_requests_in_any_pieces_are_answered_in_order(server):
    body = b"\r\n\r\nGET /no HTTP/1.1\r\n\r\n"
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    requests = [
        HEAD % 1,
        b"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        HEAD % 3,
        b"POST /4 HTTP/1.1\r\nHost: x\r\n" + chunked,
        b"POST /5 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + chunked,
        b"POST /6 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        END,
    ]
    text = b"".join(requests)
    expected = [b"</1 ", b"</2 " + body, b"</3 ", b"</4 " + body, b"</5 " + body, b"</6 ", b"</end "]
    offenders = []
    for size in (1, 2, 3, 7, 50, len(text) // 2, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        received = await server.exchange(*pieces)
        if [b"<" + part.split(b"<")[1] for part in received.split(b">")[:-1]] != expected:
            offenders.append((size, received))
    assert offenders == []


async def test_a_connection_has_one_request_in_each_iteration():
    """Requests that a client sends together must not hold up other clients until all are answered."""
    number, seen = ContextVar("number", default=""), []

    async def app(scope, receive, send):
        seen.append((scope["path"], number.get()))
        number.set(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async with served(app) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await until(lambda: server.state.connections)
        (connection,) = server.state.connections
        connection.data_received(b"".join(HEAD % number for number in range(3)))
        counts = []
        while len(seen) < 3:
            counts.append(len(seen))
            await asyncio.sleep(0)
        assert set(counts) == {0, 1, 2}
        assert seen == [("/0", ""), ("/1", ""), ("/2", "")]  # no request has the context of another
        deadline = connection.deadline
        await until(lambda: connection.loop.time() > deadline - connection.timeout_keep_alive)
        connection.data_received(HEAD % 3)
        await until(lambda: len(seen) == 4)
        assert connection.deadline > deadline
        assert not server.state.tasks
        writer.close()


async def test_an_invalid_request_ends_the_requests_before_it(server):
    received = await server.exchange(HEAD % 1 + HEAD % 2 + b"GET / HTTP/1.1\r\n\r\n" + HEAD % 3)
    assert received.count(b"HTTP/1.1 200 ") == 2
    assert received.count(b"HTTP/1.1 400 ") == 1
    assert received.index(b"</2 >") < received.index(b" 400 ")


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_file_that_nobody_reads_is_given_up(parser, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"x" * 20_000_000)
    async with served(FileResponse(file), parser) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(HEAD % 1)
        await until(lambda: server.state.connections)
        (connection,) = server.state.connections
        await until(lambda: connection.flow.write_paused)
        reaper = ConnectionReaper(server.state.connections, 10.0)
        sizes = [0]  # until the system's buffers are full as well
        await until(lambda: sizes[-1] == (size := connection.transport.get_write_buffer_size()) or sizes.append(size))
        reaper.check_all(0.0)
        reaper.check_all(9.9)
        assert server.state.tasks
        reaper.check_all(10.0)
        await until(lambda: not server.state.tasks)
        assert [entry.status for entry in server.log] == [200]
        writer.close()
