"""Pages in parts, and middleware in front of streams, over a real uvicorn."""

import asyncio
import threading

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware

from hyperpy.streams import HTMLStream
from tests.streams.stream_app import (
    TIMEOUT,
    StreamApp,
    Watched,
    call_soon,
    logged_warnings,
    serve,
)


def test_a_stopping_server_lets_a_page_finish(server):
    go = threading.Event()

    async def page():
        yield t"<p>one</p>"
        await asyncio.to_thread(go.wait, TIMEOUT)
        yield t"<p>two</p>"

    app = StreamApp(page, HTMLStream)
    with serve(app, **server) as site:
        client = site.get()
        client.read_until(b"one")
        call_soon(site, app.streams.close)
        call_soon(site, go.set)
        client.read_until(b"\r\n0\r\n\r\n")
    assert client.body == b"<p>one</p><p>two</p>"


def test_the_head_of_a_page(server):
    app = StreamApp(Watched(t"<p>", forever=False), HTMLStream)
    app.headers = [(b"content-type", b"application/xhtml+xml"), (b"X-Accel-Buffering", b"yes")]
    with serve(app, **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
    assert client.head.count("content-type: application/xhtml+xml") == 1
    assert "content-type: text/html; charset=utf-8" not in client.head
    assert "cache-control: no-cache" in client.head
    assert "x-accel-buffering: no" in client.head
    assert "x-accel-buffering: yes" not in client.head


# (Starlette's BaseHTTPMiddleware ends every body itself before it raises.)
@pytest.mark.parametrize("middleware", [None, GZipMiddleware])
def test_a_page_that_fails_never_looks_complete(server, middleware, log):
    app = StreamApp(Watched(t"<p>one</p>", ValueError("secret")), HTMLStream)
    with serve(wrapped(app, middleware), **server) as site:
        client = site.get()
        client.read_all(may_reset=True)
    assert b"<p>one</p>" in client.received
    assert not client.complete
    assert b"secret" not in client.received
    # The server writes the traceback, once.
    [record] = logged_warnings(log, "uvicorn.error")
    assert "ValueError: secret\nroutes/feed.py: the page was sent in part" in record.exc_text
    assert logged_warnings(log, "hyperpy.streams") == []
    log.clear()


def wrapped(app, middleware):
    if middleware is BaseHTTPMiddleware:
        return BaseHTTPMiddleware(app, dispatch=lambda request, call_next: call_next(request))
    return middleware(app) if middleware else app


@pytest.mark.parametrize("middleware", [GZipMiddleware, BaseHTTPMiddleware])
def test_middleware_in_front(server, middleware):
    generator = Watched("a")
    app = StreamApp(generator)
    with serve(wrapped(app, middleware), **server) as site:
        client = site.get(Accept_Encoding="gzip")
        client.read_until(b"data: a\n\n")
        client.close()
        assert generator.cleaned.wait(TIMEOUT)
        assert app.ended.acquire(timeout=TIMEOUT)


def test_middleware_in_front_of_a_finished_stream(server):
    app = StreamApp(Watched("a", forever=False))
    with serve(wrapped(app, BaseHTTPMiddleware), **server) as site:
        client = site.get()
        client.read_until(b"\r\n0\r\n\r\n")
        assert app.ended.acquire(timeout=TIMEOUT)
    assert client.body == b"data: a\n\nevent: close\nid: close\nretry: 86400000\ndata: \n\n"
