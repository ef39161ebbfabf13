"""Pending pages over a real server: when each part is sent, and what an early end does."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hyperpy import Hyper
from tests.streams.stream_app import TIMEOUT, Site, call_soon, logged_warnings, serve

# What a test and the server's event loop share.
SHARED = """\
import asyncio, threading
gates = {}
ended = threading.Event()

def gate(name):
    return gates.setdefault(name, asyncio.Event())

async def late(name):
    try:
        await gate(name).wait()
    finally:
        ended.set()
    return t"<b>{name}</b>"

async def items(*names):
    try:
        for name in names:
            await gate(name).wait()
            yield t"<i>{name}</i>"
    finally:
        ended.set()

async def broken(name):
    await gate(name).wait()
    raise ValueError("secret")
"""
NAMES = "from hyperpy import POST, Response\nfrom hyperpy.components import Suspense\nfrom routes._shared import *\n"

ANY = {"loop": "uvloop", "http": "httptools"}


class Served:
    """A site with one page on a real server."""

    def __init__(self, site: Site, shared: dict[str, Any]) -> None:
        self.site = site
        self.shared = shared

    def open(self, name: str) -> None:
        call_soon(self.site, lambda: self.shared["gate"](name).set())

    @property
    def ended(self) -> threading.Event:
        event: threading.Event = self.shared["ended"]
        return event


@contextmanager
def serving(folder: Path, template: str, server: dict[str, str], before: str = "", after: str = "") -> Iterator[Served]:
    routes = folder / "routes"
    routes.mkdir()
    (routes / "_shared.py").write_text(SHARED)
    (routes / "index.py").write_text(f"{NAMES}{before}\nt'''{template}'''\n{after}")
    app = Hyper(routes=routes, static=None)
    with serve(app, **server) as site:
        yield Served(site, app.loaded_routes.entries[0].definitions)


def test_text_before_a_deferred_value_is_sent_first(tmp_path: Path, server: dict[str, str]) -> None:
    with serving(tmp_path, "<p>{late('a')}</p><ul>{items('b', 'c')}</ul><hr>", server) as served:
        client = served.site.get()
        client.read_until(b"<p>")
        assert client.body == b"<p>"
        served.open("a")
        client.read_until(b"<ul>")
        assert client.body == b"<p><b>a</b></p><ul>"
        served.open("b")
        client.read_until(b"<i>b</i>")
        assert client.body == b"<p><b>a</b></p><ul><i>b</i>"
        served.open("c")
        client.read_until(b"\r\n0\r\n\r\n")
        assert client.body == b"<p><b>a</b></p><ul><i>b</i><i>c</i></ul><hr>"
    assert "content-type: text/html; charset=utf-8" in client.head
    assert "x-accel-buffering: no" in client.head
    assert not any(line.startswith("content-length") for line in client.head)


def test_suspended_content_is_sent_when_it_is_ready(tmp_path: Path, server: dict[str, str]) -> None:
    template = "<body><{Suspense} fallback='wait'>{late('a')}</{Suspense}><{Suspense}>{late('b')}</{Suspense}></body>"
    with serving(tmp_path, template, server) as served:
        client = served.site.get()
        client.read_until(b"wait")
        served.open("b")
        client.read_until(b"<b>b</b>")
        assert b"<b>a</b>" not in client.body
        served.open("a")
        client.read_until(b"\r\n0\r\n\r\n")
        assert client.body.endswith(b"</body>")


def test_status_and_headers_are_set_before_the_first_part(tmp_path: Path) -> None:
    before = "response: Response\nresponse.status_code = 201\nresponse.set_cookie('a', 'b')"
    after = "async def stream():\n    yield 1\n"
    with serving(tmp_path, "<p>{late('a')}", ANY, before, after) as served:
        client = served.site.get(Accept="text/html")
        client.read_until(b"<p>")
        served.open("a")
        client.read_until(b"\r\n0\r\n\r\n")
    assert client.head[0] == "HTTP/1.1 201 Created"
    assert "vary: Accept, Datastar-Request" in client.head
    assert any(line.startswith("set-cookie: a=b") for line in client.head)


def test_a_head_request_awaits_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, "<p>{late('a')}<{Suspense}>{late('b')}</{Suspense}>", ANY) as served:
        client = served.site.connect()
        client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        client.read_all(may_reset=True)
        assert not served.shared["gates"]
    assert client.head[0] == "HTTP/1.1 200 OK"
    assert "x-accel-buffering: no" in client.head
    assert client.received.endswith(b"\r\n\r\n")


def test_a_posted_page_may_wait(tmp_path: Path) -> None:
    with serving(tmp_path, "<p>{late('a')}", ANY, "POST") as served:
        client = served.site.connect()
        client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\na=1")
        client.read_until(b"<p>")
        served.open("a")
        client.read_until(b"\r\n0\r\n\r\n")


def test_an_error_after_the_start_cuts_the_page(tmp_path: Path, log: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path, "<p>{broken('a')}</p>", ANY) as served:
        client = served.site.get()
        client.read_until(b"<p>")
        served.open("a")
        client.read_all(may_reset=True)
    assert not client.complete
    assert b"secret" not in client.received
    [record] = logged_warnings(log, "uvicorn.error")
    assert "ValueError: secret" in record.exc_text
    assert logged_warnings(log, "hyperpy") == []
    log.clear()


def test_an_error_before_the_start_is_an_error_page(tmp_path: Path, log: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path, "{broken('a')}", ANY) as served:
        client = served.site.connect()
        served.open("a")
        client.get()
        client.read_until(b"\r\n\r\n")
    assert client.head[0] == "HTTP/1.1 500 Internal Server Error"
    [record] = logged_warnings(log, "hyperpy")
    assert record.getMessage().startswith("GET / failed [")
    log.clear()


@pytest.mark.parametrize(
    "template",
    [
        "<p>{late('a')}{late('b')}",
        "<p><ul>{items('a', 'b')}</ul>",
        "<p><{Suspense}>{late('a')}{late('b')}</{Suspense}>",
        "<p><{Suspense}>{items('a')}</{Suspense}>{late('b')}",
    ],
)
def test_a_disconnect_cancels_everything(tmp_path: Path, template: str) -> None:
    with serving(tmp_path, template, ANY) as served:
        client = served.site.get()
        client.read_until(b"<p>")
        client.close()
        assert served.ended.wait(TIMEOUT)


def test_a_stopping_server_lets_the_page_finish(tmp_path: Path) -> None:
    with serving(tmp_path, "<p>{late('a')}</p>", ANY) as served:
        client = served.site.get()
        client.read_until(b"<p>")
        served.site.server.should_exit = True
        served.open("a")
        client.read_until(b"\r\n0\r\n\r\n")


def test_a_disconnect_cancels_the_deferred_values_of_a_yield(tmp_path: Path) -> None:
    after = (
        "async def stream():\n    yield 'begin', 1\n"
        "    try:\n        yield t'{late(\"a\")}'\n    finally:\n        gates['cleaned'].set()\n"
    )
    with serving(tmp_path, "page", ANY, "", after) as served:
        served.shared["gates"]["cleaned"] = cleaned = threading.Event()
        client = served.site.get(Accept="text/event-stream")
        client.read_until(b"begin")
        client.close()
        assert served.ended.wait(TIMEOUT)
        assert cleaned.wait(TIMEOUT)
