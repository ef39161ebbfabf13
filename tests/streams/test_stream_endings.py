"""Clients that disconnect, stall or are slow, and servers that stop, over a real uvicorn."""

import asyncio
import threading

import pytest

from hyperpy.streams import StreamLimits
from tests.streams.parsing import parse
from tests.streams.stream_app import (
    BIG,
    TIMEOUT,
    StreamApp,
    Watched,
    call_soon,
    logged_warnings,
    serve,
)
from tests.support.until import wait_until_steady


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_disconnect_ends_a_waiting_generator(server, leave, log):
    generator = Watched("a")
    app = StreamApp(generator)
    with serve(app, **server) as site:
        client = site.get()
        client.read_until(b"data: a\n\n")
        getattr(client, leave)()
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)
        assert len(app.streams) == 0
    assert logged_warnings(log, "hyperpy.streams") == []


def test_a_disconnect_ends_a_generator_that_waits_for_room(server):
    generator = Watched(*[BIG] * 1000)
    app = StreamApp(generator)
    with serve(app, **server) as site:
        client = site.connect(receive_buffer=4096).get()
        client.read_until(b"xxx")
        wait_until_steady(lambda: generator.yielded)
        assert generator.yielded < 20
        client.reset()
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)


def test_a_slow_reader_gets_everything(server):
    generator = Watched(*[BIG] * 12, forever=False)
    with serve(StreamApp(generator), **server) as site:
        client = site.connect(receive_buffer=4096).get()
        client.read_until(b"xxx")
        wait_until_steady(lambda: generator.yielded)
        assert generator.yielded < 12
        client.read_until(b"\r\n0\r\n\r\n")
    assert len(parse(client.body).events) == 13


def test_a_stalled_reader_ends_the_stream(server, log):
    generator = Watched(*[BIG] * 1000)
    app = StreamApp(generator, limits=StreamLimits(send=0.3))
    with serve(app, **server) as site:
        client = site.connect(receive_buffer=4096).get()
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)
        assert not client.read_all(may_reset=True).endswith(b"\r\n0\r\n\r\n")
    [line] = [record.getMessage() for record in log.records if record.name == "hyperpy.streams"]
    assert line.endswith("; the client stalled: a send did not end within 0.3 s")
    # An application can only cut a connection by leaving its response unfinished.
    assert [r.getMessage() for r in logged_warnings(log, "uvicorn.error")] == [
        "ASGI callable returned without completing response."
    ]
    log.clear()


def test_a_reader_that_stalls_between_two_pings_ends_the_stream(server, log):
    cleaned = threading.Event()

    async def quiet_first():
        try:
            yield "begin"
            await asyncio.sleep(0.3)
            while True:
                yield BIG
        finally:
            cleaned.set()

    with serve(StreamApp(quiet_first, limits=StreamLimits(send=0.2, ping=60)), **server) as site:
        site.connect(receive_buffer=4096).get()
        assert cleaned.wait(TIMEOUT)
    log.clear()


def test_a_generator_that_never_waits_leaves_room_for_others(server):
    cleaned = threading.Event()

    async def spinning():
        try:
            while True:
                yield "a"
        finally:
            cleaned.set()

    with serve(StreamApp(spinning), **server) as site:
        client = site.get()
        reader = threading.Thread(target=client.discard_all)
        reader.start()
        for _ in range(5):
            assert site.get("/hello").read_until(b"hello")
        client.socket.shutdown(2)
        reader.join(TIMEOUT)
        client.reset()
        assert cleaned.wait(TIMEOUT)


@pytest.mark.parametrize("items", [(), ("a",)], ids=["silent", "begun"])
def test_a_stopping_server_ends_event_streams_without_a_close_event(server, items, log):
    generator = Watched(*items)
    app = StreamApp(generator)
    with serve(app, **server) as site:
        client = site.get()
        assert generator.started.wait(TIMEOUT)
        if items:
            client.read_until(b"data: a\n\n")
        call_soon(site, app.streams.close)
        client.read_until(b"\r\n0\r\n\r\n")
        assert client.body == b"".join(b"data: %s\n\n" % item.encode() for item in items) + b": reconnect\n\n"
        assert client.head[0] == "HTTP/1.1 200 OK"
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)
        # A later request ends in the same way, and its generator is not started.
        late = site.get()
        late.read_until(b"\r\n0\r\n\r\n")
        assert late.body == b": reconnect\n\n"
    assert logged_warnings(log, "hyperpy.streams") == []


def test_a_stopping_server_does_not_wait_for_a_client_that_does_not_read(server, log):
    generator = Watched(*[BIG] * 1000)
    app = StreamApp(generator)
    with serve(app, **server) as site:
        site.connect(receive_buffer=4096).get().read_until(b"xxx")
        wait_until_steady(lambda: generator.yielded)
        call_soon(site, app.streams.close)
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)
    log.clear()
