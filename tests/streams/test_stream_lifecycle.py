"""Event streams over a real uvicorn: its two HTTP protocols, its two event loops, and raw sockets."""

import asyncio
import json
import re
import threading
import time

import pytest
from starlette.exceptions import HTTPException

from hyperpy.streams import StreamLimits
from tests.streams.parsing import parse
from tests.streams.stream_app import (
    TIMEOUT,
    StreamApp,
    Watched,
    logged_warnings,
    serve,
)


def test_the_head_of_an_event_stream(server):
    app = StreamApp(Watched("a", forever=False))
    app.headers = [(b"Set-Cookie", b"a=b"), (b"Content-Length", b"0"), (b"Cache-Control", b"max-age=9")]
    with serve(app, **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    names = [line.partition(":")[0] for line in client.head]
    assert client.head[0] == "HTTP/1.1 200 OK"
    for line in (
        "content-type: text/event-stream; charset=utf-8",
        "cache-control: no-cache, no-transform",
        "x-accel-buffering: no",
        "set-cookie: a=b",
    ):
        assert client.head.count(line) == 1
    assert names.count("cache-control") == 1
    assert {"connection", "Connection", "content-length"}.isdisjoint(names)


def test_a_finished_generator_sends_close(server):
    with serve(StreamApp(Watched("a", ("b", 1), forever=False)), **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
        assert client.body == b"data: a\n\nevent: b\ndata: 1\n\nevent: close\nid: close\nretry: 86400000\ndata: \n\n"
        # The connection can be used for another request.
        client.received = b""
        assert client.get("/hello").read_until(b"hello")


def test_http_1_0_has_no_chunks(server):
    if server["http"] == "httptools":
        server["http"] = "h11"  # uvicorn's httptools protocol chunks whatever the version
    with serve(StreamApp(Watched("a", forever=False)), **server) as site:
        client = site.get(version="1.0")
        assert client.read_all(may_reset=True).endswith(
            b"\r\n\r\ndata: a\n\nevent: close\nid: close\nretry: 86400000\ndata: \n\n"
        )


def test_an_event_is_sent_at_once(server):
    go = threading.Semaphore(0)

    async def ticks():
        for number in range(3):
            yield str(number)
            await asyncio.to_thread(go.acquire, timeout=TIMEOUT)

    with serve(StreamApp(ticks), **server) as site:
        client = site.get()
        for number in range(3):
            client.read_until(b"data: %d\n\n" % number)
            go.release()
        client.read_until(b"event: close")


def test_the_headers_do_not_wait_for_the_first_event(server):
    with serve(StreamApp(Watched()), **server) as site:
        client = site.get()
        assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK")


def test_events_that_are_ready_together_are_sent_in_one_chunk(server):
    with serve(StreamApp(Watched(*"abc")), **server) as site:
        client = site.get()
        assert b"data: a\n\ndata: b\n\ndata: c\n\n" in client.read_until(b"data: c\n\n")


def test_an_error_before_the_first_event_is_an_ordinary_error(server, log):
    generator = Watched(ValueError("secret"))
    with serve(StreamApp(generator, limits=StreamLimits(headers=30)), **server) as site:
        client = site.get()
        client.read_until(b"Internal Server Error")
    assert client.head[0].startswith("HTTP/1.1 500")
    assert "event-stream" not in str(client.head)
    assert generator.cleaned.is_set()
    [record] = logged_warnings(log, "uvicorn.error")
    assert "ValueError: secret" in record.exc_text
    log.clear()


def test_an_error_after_the_first_event_is_an_event(server, log):
    with serve(StreamApp(Watched("a", ValueError("secret"))), **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    parser = parse(client.body)
    assert [event.type for event in parser.events] == ["message", "stream-error"]
    assert parser.reconnection_time == 30_000
    assert parser.last_event_id == ""
    assert b"secret" not in client.received
    error = json.loads(parser.events[1].data)
    assert set(error) == {"status", "message", "log"}
    [record] = logged_warnings(log, "hyperpy.streams")
    assert re.fullmatch(r"[0-9a-f]{8}", error["log"])
    assert error["log"] in record.getMessage()
    assert "routes/feed.py" in record.getMessage()
    assert "ValueError: secret" in record.exc_text


def test_in_debug_the_event_has_the_traceback(server):
    with serve(StreamApp(Watched("a", ValueError("secret")), debug=True), **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    details = json.loads(parse(client.body).events[1].data)["details"]
    assert "ValueError: secret" in details
    assert "stream_app.py" in details


@pytest.mark.parametrize(("status", "types"), [(499, ["stream-error", "close"]), (500, ["stream-error"])])
def test_an_http_exception_after_the_start_sends_its_detail(log, status, types):
    with serve(StreamApp(Watched("a", HTTPException(status, "Not you")))) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    _, *events = parse(client.body).events
    assert [event.type for event in events] == types
    assert json.loads(events[0].data)["message"] == "Not you"
    assert len(logged_warnings(log, "hyperpy.streams")) == (status >= 500)


def test_an_invalid_item_names_the_line_of_its_yield(log):
    async def wrong():
        yield "a"
        yield b"42"

    with serve(StreamApp(wrong, debug=True)) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    line = wrong.__code__.co_firstlineno + 2
    details = json.loads(parse(client.body).events[1].data)["details"]
    assert f"test_stream_lifecycle.py:{line}  a stream can't send bytes" in details


def test_a_silent_stream_pings(server):
    with serve(StreamApp(Watched("a"), limits=StreamLimits(ping=0.1)), **server) as site:
        client = site.get()
        client.read_until(b": ping\n\n")
        client.read_until(b": ping\n\n\r\n8\r\n: ping\n\n")
        assert client.body.replace(b": ping\n\n", b"") == b"data: a\n\n"


def test_a_busy_stream_does_not_ping(server):
    pauses = [0.0]

    async def busy():
        for _ in range(40):
            before = time.monotonic()
            yield "a"
            await asyncio.sleep(0.01)
            pauses.append(time.monotonic() - before)

    limits = StreamLimits(ping=0.2)
    with serve(StreamApp(busy, limits=limits), **server) as site:
        client = site.get()
        client.read_until(b"event: close")
    # On a busy machine there may be a silence.
    assert b": ping" not in client.received or max(pauses) > limits.ping / 2
