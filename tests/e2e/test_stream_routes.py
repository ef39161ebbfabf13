"""Streams of route files under `hyper serve`: how they start, fail and end, seen from raw sockets."""

import json
import re
import signal
from pathlib import Path

import pytest

from tests.support.clients import BROWSER, EVENT_SOURCE, fetch
from tests.support.raw_client import RawClient
from tests.support.servers import hyper_serve
from tests.support.sites import write_files
from tests.support.until import wait_until

LOGGED = "from .._log import log\nasync def stream():\n    log.append('head')\n"
FILES = {
    "_log.py": "from collections import Counter\nlog = []\nmade = Counter()\ngate = []\n",
    "log.py": "from hyper import JSONResponse\nfrom ._log import log\nresponse = JSONResponse(log)\n",
    "made.py": "from ._log import made\nt'{made.total()}'",
    "open.py": "from ._log import gate\ngate.append(1)\nt'open'",
    "hello.py": "t'hello'",
    "early.py": "async def stream():\n    raise LookupError('secret password')\n    yield 1",
    "early-page.py": "async def stream():\n    password = 'secret'\n    yield t'<html>{1 / 0}'",
    "early-wait.py": """
        import asyncio

        async def stream():
            await asyncio.sleep(0)
            raise LookupError("secret password")
            yield 1
    """,
    "early-event.py": "async def stream():\n    yield 'a\\nb', 1",
    "late.py": """
        async def stream():
            yield {"data": "one", "id": "7", "event": "tick"}
            raise LookupError("secret password")
    """,
    "late-slow.py": """
        import asyncio

        async def stream():
            await asyncio.sleep(0.3)
            raise LookupError("secret password")
            yield 1
    """,
    "late-4xx.py": """
        import asyncio
        from hyper import HTTPException

        async def stream():
            yield "tick", 1
            await asyncio.sleep(0.01)
            raise HTTPException(410, "gone & away")
    """,
    "late-5xx.py": """
        from hyper import HTTPException

        async def stream():
            yield "tick", 1
            raise HTTPException(503, "come back")
    """,
    "late-event.py": "async def stream():\n    yield 'tick', 1\n    yield 'a', 2\n    yield {'evnt': 1}\n",
    "cut.py": "async def stream():\n    yield t'<!doctype html><p>one'\n    yield t'<p>two {1 / 0}'\n",
    "cut-event.py": "async def stream():\n    yield t'<!doctype html><p>one'\n    yield {'data': 1}\n",
    "idle/{run}.py": """
        import asyncio
        from .._log import log

        run: str

        async def stream():
            try:
                yield "begun", 1
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.01)
                log.append(run)
                print(run, "is cleaned up", flush=True)
    """,
    "silent.py": "import asyncio\nasync def stream():\n    await asyncio.Event().wait()\n    yield 1",
    "ticking.py": """
        import asyncio

        async def stream():
            n = 0
            while True:
                n += 1
                yield "tick", n
                await asyncio.sleep(0.005)
    """,
    "flood/{run}.py": """
        from .._log import log, made

        run: str

        async def stream():
            try:
                while True:
                    made[run] += 1
                    yield "x" * 60_000
            finally:
                log.append(run)
    """,
    "finite.py": "async def stream():\n    yield 'tick', 1\n",
    "report.py": """
        import asyncio
        from ._log import gate

        async def stream():
            yield t"<!doctype html><p>begun</p>"
            while not gate:
                await asyncio.sleep(0.005)
            yield t"<p>done</p>"
    """,
    "head/events.py": f"{LOGGED}    yield 'tick', 1\n",
    "head/page.py": f"{LOGGED}    yield t'<!doctype html>'\n",
    "head/early.py": f"{LOGGED}    yield t'{{1 / 0}}'\n",
    "slow-report.py": """
        import asyncio
        from pathlib import Path

        async def stream():
            yield t"<!doctype html><p>begun</p>"
            while not Path("go").exists():
                await asyncio.sleep(0.01)
            yield t"<p>done</p>"
    """,
    "storing.py": """
        import asyncio
        from pathlib import Path

        async def stream():
            yield "done", 1
            while not Path("go").exists():
                await asyncio.sleep(0.01)
            print("it is stored", flush=True)
    """,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    write_files(folder / "routes", FILES)
    with hyper_serve(folder) as command:
        yield command


def request(command, path, accept=EVENT_SOURCE, **headers):
    """Head and body of the response, once the connection has closed."""
    with RawClient(command.port()) as connection:
        connection.get(path, Accept=accept, Connection="close", **headers)
        head, _, body = connection.read_all().partition(b"\r\n\r\n")
    return head.decode().lower(), body.decode()


@pytest.mark.parametrize("path", ["/early", "/early-page", "/early-wait", "/early-event"])
def test_an_error_before_the_first_byte_is_an_error_page(site, path):
    for accept in (EVENT_SOURCE, BROWSER):
        head, body = request(site, path, accept)
        assert head.startswith("http/1.1 500 ")
        for header in ("text/event-stream", "x-accel-buffering", "no-cache", "transfer-encoding"):
            assert header not in head
        for secret in ("secret", "password", "lookuperror", "zerodivision", "traceback", ".py"):
            assert secret not in body.lower()
    # The traceback begins in the route file, unless only hyperpy's code has raised.
    first_frame = "" if path == "/early-event" else r'\s*Traceback [^\n]*\n\s*File "[^"\n]*'
    site.wait_for_output(rf"GET {path} failed \[\w+\]\n{first_frame}")
    site.wait_for_output(rf"{first_frame}{path}\.py\W")


@pytest.mark.parametrize(("path", "before"), [("/late", "id: 7\nevent: tick\ndata: one\n\n"), ("/late-slow", "")])
def test_an_error_after_it_is_an_event_without_details(site, path, before):
    head, body = request(site, path)
    assert head.startswith("http/1.1 200 ")
    assert body.endswith("\r\n0\r\n\r\n")
    events = "".join(re.split(r"(?:^|\r\n)[0-9a-f]+\r\n", body))
    error = re.fullmatch(re.escape(before) + r"event: stream-error\nretry: 30000\ndata: (\{.*\})\n\n(?:\r\n)?", events)
    assert error, events
    data = json.loads(error[1])
    assert set(data) == {"status", "message", "log"}
    assert data["status"] == 500
    assert not re.search("secret|password|Lookup|Error|py", data["message"])
    site.wait_for_output(rf"(?s){re.escape(data['log'])}.*LookupError: secret password")


@pytest.mark.parametrize(("path", "closes"), [("/late-4xx", True), ("/late-5xx", False)])
def test_a_late_http_exception_has_a_public_message(site, path, closes):
    _, body = request(site, path)
    assert json.loads(re.search(r"event: stream-error\nretry: 30000\ndata: (.*)\n", body)[1])["message"] == (
        "gone & away" if closes else "come back"
    )
    assert ("event: close\nid: close\nretry: 86400000\ndata: \n\n" in body) == closes


def test_an_event_that_can_not_be_sent_is_logged_with_its_line(site):
    _, body = request(site, "/late-event")
    assert "data: 2" in body
    assert "evnt" not in body
    site.wait_for_output(r"late-event\.py:4")
    site.wait_for_output("no field 'evnt'")


@pytest.mark.parametrize("path", ["/cut", "/cut-event"])
def test_half_a_page_never_looks_complete(site, path):
    head, body = request(site, path, BROWSER)
    assert head.startswith("http/1.1 200 ")
    assert "<p>one" in body
    assert "two" not in body
    assert not body.endswith("0\r\n\r\n")
    site.wait_for_output(rf"{path}\.py\W+(line )?3")


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize("path", ["/idle", "/flood"])
def test_the_generator_of_a_client_that_leaves_is_cleaned_up(site, path, how):
    run = f"{path[1:]}-{how}"
    with RawClient(site.port()) as connection:
        connection.get(f"{path}/{run}", Accept=EVENT_SOURCE)
        connection.read_until(b"data: ")
        if how == "rst":
            connection.reset()
    wait_until(lambda: run in json.loads(fetch(site.port(), "/log")[1]))
    [line] = wait_until(lambda: [line for line in site.err if run in line], site.transcript)
    assert line.endswith("; the client left\n")


def test_a_client_that_does_not_read_pauses_the_generator(site):
    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{site.process.pid}/status").read_text())[1])

    before, seen = resident(), []
    with RawClient(site.port()) as connection:
        connection.get("/flood/unread", Accept=EVENT_SOURCE)
        connection.read_until(b"data: xxx")

        def is_paused():
            seen.append(int(fetch(site.port(), "/made")[1]))
            return len(seen) > 20 and len(set(seen[-20:])) == 1

        wait_until(is_paused)
        assert seen[-1] < 500  # of 60 kB each, in the buffers of the sockets
        assert resident() - before < 30_000
        connection.read_until(b"x" * 60_000)
        assert fetch(site.port(), "/hello") == (200, "hello")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_at_once_and_lets_pages_finish(tmp_path, number):
    write_files(tmp_path / "routes", FILES)
    with hyper_serve(tmp_path) as site:
        port = site.port()
        paths = ("/idle/1", "/silent", "/ticking", "/flood/1", "/slow-report", "/storing")
        clients = {path: RawClient(port) for path in paths}
        for path, client in clients.items():
            client.get(path, Accept=BROWSER if "report" in path else EVENT_SOURCE)
        for path, words in {
            "/idle/1": b"begun",
            "/ticking": b"data: 2",
            "/flood/1": b"xxx",
            "/slow-report": b"begun",
            "/storing": b"event: done",
        }.items():
            clients[path].read_until(words)
        clients["/silent"].read_until(b"\r\n\r\n")
        site.send(number)
        for path in ("/idle/1", "/silent", "/ticking", "/storing"):
            response = clients[path].read_all()
            assert response.endswith(b"0\r\n\r\n"), path
            assert b"event: close" not in response
        site.wait_for_output("1 is cleaned up")
        assert "it is stored" not in site.output
        (tmp_path / "go").touch()
        site.wait_for_output("it is stored")
        assert clients["/slow-report"].read_all().endswith(b"<p>done</p>\r\n0\r\n\r\n")
        assert site.exit_status() == 0
        assert "graceful" not in site.errors
        assert "Traceback" not in site.errors
        for client in clients.values():
            client.close()


@pytest.mark.parametrize("accept", [EVENT_SOURCE, BROWSER])
@pytest.mark.parametrize("path", ["/head/events", "/head/page", "/head/early"])
def test_head_starts_no_generator_and_leaves_the_connection_usable(site, path, accept):
    with RawClient(site.port()) as connection:
        connection.socket.sendall(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode())
        head = connection.read_until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert head.endswith(b"\r\n\r\n")
        assert b"x-accel-buffering: no" in head
        connection.received = b""
        connection.get("/log")
        assert b"head" not in connection.read_until(b"]").partition(b"\r\n\r\n")[2]
        assert connection.received.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("path", "accept"), [("/finite", EVENT_SOURCE), ("/cut", EVENT_SOURCE), ("/report", BROWSER)])
def test_http_1_0_gets_no_chunks(site, path, accept):
    fetch(site.port(), "/open")
    with RawClient(site.port()) as connection:
        connection.get(path, version="1.0", Accept=accept)
        head, _, body = connection.read_all().partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    expected = {
        "/finite": b"event: tick\ndata: 1\n\nevent: close\nid: close\nretry: 86400000\ndata: \n\n",
        "/report": b"<!doctype html><p>begun</p><p>done</p>",
    }
    if path in expected:
        assert body == expected[path]
    else:
        assert body.startswith(b"data: <!doctype html><p>one\n\nevent: stream-error\n")


def test_headers_are_sent_before_the_first_event(site):
    with RawClient(site.port()) as connection:
        connection.get("/silent", Accept=EVENT_SOURCE)
        head = connection.read_until(b"\r\n\r\n").decode().lower().split("\r\n")
    assert head[0] == "http/1.1 200 ok"
    assert sorted(line for line in head[1:] if line and not line.startswith("date:")) == [
        "cache-control: no-cache, no-transform",
        "content-type: text/event-stream; charset=utf-8",
        "cross-origin-opener-policy: same-origin",
        "ping-interval: 15",
        "referrer-policy: strict-origin-when-cross-origin",
        "transfer-encoding: chunked",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
        "x-frame-options: sameorigin",
    ]
