"""A site under test leaves nothing behind in the process."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import pytest

from hyperpy.testing import running_requests, serve

ENDLESS = """
import asyncio
from pathlib import Path

async def stream():
    try:
        while True:
            yield "tick", 1
            await asyncio.sleep(0.01)
    finally:
        Path("left").touch()
"""
FILES = {"index.py": "from routes._base import text\nt'<p>{text()}</p>'", "feed.py": ENDLESS}
BASE = "def text():\n    return {!r}\n"


def descriptors():
    """The open files and sockets of the process, except those that its threads wait for."""
    gc.collect()
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            continue
    return {number: name for number, name in found.items() if name.startswith("socket:")}


def loggers():
    names = ["", *(name for name in ("hyperpy", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"))]
    found = [logging.getLogger(name) for name in names]
    return [(logger.level, logger.propagate, logger.disabled, list(logger.handlers)) for logger in found]


def state():
    return {
        "tasks": {task for task in asyncio.all_tasks() if not task.done()},
        "sockets": descriptors(),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "loggers": loggers(),
        "path": list(sys.path),
        "finders": list(sys.meta_path),
        "modules": {name for name in sys.modules if name.startswith("routes")},
        "folder": Path.cwd(),
        "variables": dict(os.environ),
    }


def threads():
    """anyio's worker threads end with the loop."""
    return {thread.name for thread in threading.enumerate() if "AnyIO" not in thread.name}


async def use(site):
    await site.get("/")
    await site.page("/nowhere", status=404)
    async with site.stream("/feed") as events:
        await events.take(3)


async def test_no_task_thread_socket_handler_logger_or_module_is_left(opened, write):
    folder = write({**FILES, "_base.py": BASE.format("x")})
    before, threads_before = state(), threads()
    async with opened(folder) as site:
        await use(site)
        inside = state()
        assert inside["loggers"] == before["loggers"]
        assert inside["modules"] > before["modules"]
        assert threads() == threads_before
    assert state() == before


@pytest.mark.parametrize("failure", [KeyError, asyncio.CancelledError, KeyboardInterrupt])
async def test_nothing_is_left_after_a_failed_test(opened, write, failure):
    folder = write({**FILES, "_base.py": BASE.format("x")})
    before = state()

    async def fail():
        async with opened(folder) as site, site.stream("/feed") as events:
            await events.next()
            raise failure

    with pytest.raises(failure):
        await fail()
    assert state() == before
    assert Path("left").exists()


async def test_nothing_is_left_after_a_load_error(opened, write):
    folder = write({"index.py": "t'{'", "_base.py": ""})
    before = state()
    with pytest.raises(Exception, match=r"index\.py"):
        async with opened(folder):
            pass
    assert state() == before


async def test_a_folder_is_loaded_afresh(opened, write):
    for word in ("first", "second"):
        folder = write({**FILES, "_base.py": BASE.format(word), "feed.py": ENDLESS})
        async with opened(folder) as site:
            assert (await site.page("/")).text == word


async def test_a_folder_can_be_open_twice(opened, write):
    folder = write(
        {**FILES, "_base.py": BASE.format("x"), "late.py": "import routes._late as late\nt'<p>{late.word}</p>'"}
    )
    write({"_late.py": "word = 'late'"})
    before = state()
    async with opened(folder) as outer:
        async with opened(folder) as inner:
            assert [(await site.page("/late")).text for site in (outer, inner)] == ["late", "late"]
        assert (await outer.page("/")).text == "x"
        assert (await outer.page("/late")).text == "late"
    assert state() == before


async def test_folders_of_the_same_name_are_separate(opened, write, tmp_path):
    one = write({**FILES, "_base.py": BASE.format("one")})
    other = write({**FILES, "_base.py": BASE.format("other")}, "elsewhere/routes")
    async with opened(one) as first, opened(other) as second:
        assert [(await site.page("/")).text for site in (first, second)] == ["one", "other"]
    async with opened("elsewhere/routes") as second:
        assert (await second.page("/")).text == "other"
    async with opened(str(tmp_path / "routes")) as first:
        assert (await first.page("/")).text == "one"


async def test_modules_that_the_test_has_imported_are_shared(opened, write, monkeypatch, tmp_path):
    """A test can inspect and patch them."""
    files = {
        "index.py": "from shared_pages._base import text\nt'<p>{text()}</p>'",
        "_base.py": BASE.format("as written"),
    }
    folder = write(files, "shared_pages")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        monkeypatch.setattr("shared_pages._base.text", lambda: "replaced")
        ours = sys.modules["shared_pages._base"]
        async with opened(folder) as site:
            assert (await site.page("/")).text == "replaced"
        assert sys.modules["shared_pages._base"] is ours
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "shared_pages"]:
            del sys.modules[name]


async def test_modules_beside_the_folder_can_be_imported(opened, write, tmp_path):
    (tmp_path / "beside_testing.py").write_text("word = 'beside'")
    folder = write({"index.py": "from beside_testing import word\nt'<p>{word}</p>'"})
    try:
        async with opened(folder) as site:
            assert (await site.page("/")).text == "beside"
    finally:
        del sys.modules["beside_testing"]


async def test_static_files_are_served(opened, write, tmp_path):
    folder = write(FILES | {"_base.py": BASE.format("x")})
    write({"site.css": "p { margin: 0 }"}, "static")
    async with opened(folder) as site:
        assert (await site.get("/static/site.css")).text == "p { margin: 0 }\n".rstrip("\n")


async def test_the_application_sees_context_variables_of_the_test(opened):
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(id(asyncio.get_running_loop())).encode()})

    async with opened(app) as site:
        assert (await site.get("/")).text == str(id(asyncio.get_running_loop()))


async def test_an_application_that_hangs_is_cancelled(opened, monkeypatch):
    """It does not notice that its client has gone."""
    for module in ("real_server", "in_process"):
        monkeypatch.setattr(f"hyperpy.testing.transport.{module}.GRACE", 0.05)
    assert running_requests.GRACE > 0.05
    started, cancelled = asyncio.Event(), asyncio.Event()
    before = state()["tasks"]

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with opened(app) as site:
        asking = asyncio.create_task(site.get("/"))
        await started.wait()
    assert cancelled.is_set()
    await asyncio.gather(asking, return_exceptions=True)
    assert state()["tasks"] == before


async def test_an_application_that_ignores_cancellation_is_logged(opened, monkeypatch, caplog):
    for module in ("real_server", "in_process"):
        monkeypatch.setattr(f"hyperpy.testing.transport.{module}.GRACE", 0.05)
    monkeypatch.setattr("hyperpy.testing.running_requests.DEPARTURE_TIMEOUT", 0.05)
    started, let_go = asyncio.Event(), asyncio.Event()

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        started.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    async with opened(app) as site:
        asking = asyncio.create_task(site.get("/"))
        await started.wait()
    assert "ignores its cancellation" in caplog.text
    let_go.set()
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_stream_that_does_not_end_fails_the_test(opened, monkeypatch):
    monkeypatch.setattr("hyperpy.testing.running_requests.DEPARTURE_TIMEOUT", 0.05)
    let_go = asyncio.Event()

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        await let_go.wait()

    async with opened(app) as site:
        with pytest.raises(AssertionError, match="GET /: the application is still running "):
            async with site.stream("/"):
                pass
        let_go.set()


async def test_other_connections_are_closed(write):
    """Connections of a browser, for instance, which keeps them open."""
    folder = write({**FILES, "_base.py": BASE.format("x")})
    before = state()
    with socket.socket() as idle, socket.socket() as streaming:
        for connection in (idle, streaming):
            connection.setblocking(False)
        loop = asyncio.get_running_loop()
        async with serve(folder) as site:
            address = ("127.0.0.1", int(site.url.rpartition(":")[2]))
            for connection in (idle, streaming):
                await loop.sock_connect(connection, address)
            await loop.sock_sendall(idle, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await loop.sock_sendall(streaming, b"GET /feed HTTP/1.1\r\nHost: x\r\n\r\n")
            for connection in (idle, streaming):
                assert (await loop.sock_recv(connection, 65536)).startswith(b"HTTP/1.1 200 OK")
        assert Path("left").exists()
        for connection in (idle, streaming):
            while await loop.sock_recv(connection, 65536):
                pass
    assert state() == before
