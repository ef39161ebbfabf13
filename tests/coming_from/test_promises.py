"""The rows of `docs/how-to/from-php.md` that promise a behaviour: each has a function here that shows it."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, WebSocketRoute

from hyperpy import Hyper, channel, queue
from hyperpy.channels import connect
from hyperpy.config import Settings, load_settings
from hyperpy.testing import client, serve
from tests.coming_from.rows import PROMISES, Row, of, write_files
from tests.docs_support.shell import REPOSITORY, check
from tests.support.clients import client_of

KEY = Settings(secret_key="a key that only tests use")
STREAM = "async def stream():\n    "
HOLD = "import asyncio\ngate = asyncio.Event()\n"

type Log = pytest.LogCaptureFixture
type Shown = Callable[[Path, Row, Log], Awaitable[None]]
SHOWN: dict[str, Shown] = {}


def shows(*beginnings: str) -> Callable[[Shown], Shown]:
    """Register a function for the rows whose second cell begins like this."""

    def register(function: Shown) -> Shown:
        for beginning in beginnings:
            assert beginning not in SHOWN
            SHOWN[beginning] = function
        return function

    return register


def runners(row: Row) -> list[Shown]:
    text = row.there.replace("`", "")
    return [function for beginning, function in SHOWN.items() if text.startswith(beginning)]


def test_every_promise_has_one_function_that_shows_it() -> None:
    texts = [row.there.replace("`", "") for row in of(PROMISES)]
    assert [str(row) for row in of(PROMISES) if len(runners(row)) != 1] == []
    assert [beginning for beginning in SHOWN if sum(text.startswith(beginning) for text in texts) != 1] == []


@pytest.mark.parametrize("row", of(PROMISES), ids=lambda row: row.there[:30])
async def test_promises_are_kept(row: Row, tmp_path: Path, caplog: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    caplog.set_level(logging.INFO, "hyperpy")
    try:
        (runner,) = runners(row)
        await runner(tmp_path / "routes", row, caplog)
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in ("routes", "conversations", "app"):
                del sys.modules[name]


def add(routes: Path, text: str, name: str = "new") -> None:
    (routes / f"{name}.py").write_text(text)


@shows("flush()", "live feeds", "'Connection'", "no WebSocket server", "TinySSE::start()")
async def shows_events_at_once(routes: Path, row: Row, log: Log) -> None:
    """The generator is held between two events, and a real server has sent the first."""
    add(routes, "import asyncio\nfrom typing import Final\ngate: Final = asyncio.Event()\n", "_gate")
    add(routes, f"from routes._gate import gate\n{STREAM}yield 1\n    await gate.wait()\n    yield 2\n")
    add(routes, "from routes._gate import gate\ngate.set()\nt'open'\n", "open")
    async with serve(str(routes)) as site, site.stream("/new") as events:
        assert (await events.next()).data == "1"
        assert events.response.http_version == "HTTP/1.1"
        assert events.response.headers.get("connection", "keep-alive") == "keep-alive"
        await site.get("/open")
        assert [event.data for event in await events.rest()] == ["2"]


@shows("negotiation")
async def shows_negotiation(routes: Path, row: Row, log: Log) -> None:
    async with client(routes) as site:
        assert "<h1>Ada</h1>" in (await site.page("/people/7")).html
        async with site.stream("/people/7") as events:
            assert (await events.next()).select_one("#status").text == "Visit 1 of user 7"


@shows("WebSockets")
async def shows_websocket(routes: Path, row: Row, log: Log) -> None:
    names: dict[str, object] = {}
    text = (routes.parent / "app.py").read_text()
    assert row.line[0] in text
    exec(text, names)  # noqa: S102 (it is the document's)
    app, sent = names["app"], []
    assert isinstance(app, Hyper)
    assert isinstance(app.routes[-1], WebSocketRoute)
    received = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "Hi"}]

    async def receive() -> object:
        return received.pop(0)

    async def send(message: object) -> None:
        sent.append(message)

    headers = [(b"host", b"a.example"), (b"origin", b"http://a.example")]
    scope = {"type": "websocket", "path": "/both-ways", "raw_path": b"/both-ways", "query_string": b""}
    scope |= {"headers": headers, "scheme": "ws", "root_path": "", "subprotocols": []}
    async with app.router.lifespan_context(app) as state:
        await app({**scope, "state": dict(state or {})}, receive, send)  # type: ignore[arg-type]
    assert {"type": "websocket.send", "text": "Hi"} in sent


@shows("yield of bytes", "\\Log::error", "$e->getMessage(), which", "structured data", "a failed stream")
async def shows_errors(routes: Path, row: Row, log: Log) -> None:
    line = row.line[0] if row.there.startswith("structured") else "yield b'secret'"
    add(routes, f"from hyperpy import HTTPException\n{STREAM}yield 1\n    {line}\n")
    async with client(routes) as site:
        body = (await site.get("/new")).text
    if line.startswith("raise"):
        assert '"detail":{"row":7}' in body
        assert body.rstrip().endswith("retry: 86400000\ndata:")
    else:
        assert "retry: 30000" in body
        assert "secret" not in body
        (record,) = [record for record in log.records if record.exc_info]
        assert "new.py" in log.text
        assert f'"log":"{record.getMessage().rpartition("[")[2].rstrip("]")}"' in body


@shows("{ withCredentials: true }")
async def shows_cors(routes: Path, row: Row, log: Log) -> None:
    app = Hyper(routes, static=None)
    exec(row.line[0], {"app": app, "CORSMiddleware": CORSMiddleware})  # noqa: S102 (it is the document's)
    async with client(app) as site:
        for origin, allowed in (("https://app.example.org", "true"), ("https://evil.example", None)):
            head = (await site.get("/steps", headers={"Origin": origin, "Accept": "text/event-stream"})).headers
            assert head.get("access-control-allow-origin") == (origin if allowed else None)


@shows("another base path")
async def shows_base_path(routes: Path, row: Row, log: Log) -> None:
    check(row.line[0])
    app = Hyper(routes, static=None)
    async with client_of(Starlette(routes=[Mount("/shop", app)])) as site:
        assert "createStream" in (await site.get(row.line[1])).text


@shows("browsers without EventSource", "Python that linters")
async def shows_plain_things(routes: Path, row: Row, log: Log) -> None:
    async with client(routes) as site:
        assert (await site.page("/about")).select_one("h1").text == "About SLT"
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E9,F", "--ignore", "F821", str(routes)]
    await asyncio.to_thread(subprocess.run, ruff, check=True, capture_output=True)


@shows("connection_aborted()")
async def shows_leaving(routes: Path, row: Row, log: Log) -> None:
    text = "    try:\n        yield 1\n        await asyncio.sleep(9)\n    finally:\n        log.info('left')\n"
    add(routes, f"import asyncio, logging\nlog = logging.getLogger('hyperpy.x')\nasync def stream():\n{text}")
    async with client(routes) as site, site.stream("/new") as events:
        await events.next()
        await events.close()
        assert "left" in log.messages


@shows("EventSource reconnects", "with a growing pause", "[DONE], so")
async def shows_coming_back(routes: Path, row: Row, log: Log) -> None:
    line = row.line[0] if row.line[0].startswith("yield") else "yield 1"
    last = "from hyperpy import Header\nlast: str = Header('', alias='Last-Event-ID')\n"
    add(routes, f"{last}{STREAM}{line}\n    yield 'last', [last]\n")
    async with client(routes) as site, site.stream("/new") as events:
        first = await events.next()
        if first.id:
            await events.reconnect()
            assert (await events.until("last")).json() == [first.id]
        else:
            assert first.retry in (5000, None)
            assert (await site.get("/new", headers={"Last-Event-ID": "close"})).status_code == 204


@shows("work after the last")
async def shows_work_after_the_end(routes: Path, row: Row, log: Log) -> None:
    body = "    yield 'done', 1\n    await asyncio.sleep(0.05)\n    log.info('saved')\n"
    add(routes, f"import asyncio, logging\nlog = logging.getLogger('hyperpy.x')\nasync def stream():\n{body}")
    async with client(routes) as site, site.stream("/new") as events:
        await events.until("done")
        await events.close()
        assert "saved" in log.messages


@shows("session()->save()", "$request->user()->id", "a session that is closed")
async def shows_sessions(routes: Path, row: Row, log: Log) -> None:
    add(routes, "from hyperpy import session\nsession['user'] = 'Ada'\nt'in'\n", "enter")
    head = 'import asyncio\nfrom hyperpy import session\nuser = session["user"]\n'
    end = "    yield user + session['user']\n    session['user'] = 'Alan'\n    yield 'never'\n"
    add(routes, f"{head}async def stream():\n{end}")
    async with client(routes, settings=KEY) as site:
        await site.get("/enter")
        async with site.stream("/new") as events:
            assert (await events.next()).data == "AdaAda"
            assert (await site.get("/enter")).text == "in"
            assert (await events.ended()).how == "stream-error"
    assert "new.py:6" in log.text


@shows("each message is delivered", "a value that is overwritten", "to end it from outside", "a producer in a job")
async def shows_queues(routes: Path, row: Row, log: Log) -> None:
    async with connect(Settings()):
        for item in ("first", "second"):
            await queue("name").put(item)
        with pytest.raises(ZeroDivisionError):
            async with queue("name").take():
                _ = 1 / 0
        await queue("name").close()
        assert [item async for item in queue("name")] == ["first", "second"]


@shows("one update for several", "a hub for thousands", "chunks of an answer", "a chat in which", "a hub and the site")
async def shows_channels(routes: Path, row: Row, log: Log) -> None:
    async with client(routes) as site:
        async with site.stream("/topics/news") as news, site.stream("/topics/weather") as weather:
            await site.post("/topics/news", data={"content": "1"})
            for topic in ("news", "weather"):
                await channel(topic).publish({"content": "2"})
            assert [event.json()["content"] for event in await news.take(2)] == ["1", "2"]
            assert (await weather.next()).json() == {"content": "2"}
        async with site.stream("/topics/news") as late:
            assert [event.json()["content"] for event in await late.take(2)] == ["1", "2"]


@shows("the application has no connections", "a PHP-FPM worker", "a connection that holds memory")
async def shows_many_streams(routes: Path, row: Row, log: Log) -> None:
    add(routes, "from hyperpy import request\nt'{sum(s.bytes > 0 for s in request.app.streams)}'\n", "open")
    async with client(routes) as site, asyncio.TaskGroup() as group:
        left = asyncio.Event()

        async def listen() -> None:
            async with site.stream("/silent") as events:
                await events.next()
                opened.release()
                await left.wait()

        opened = asyncio.Semaphore(0)
        for _ in range(50):
            group.create_task(listen())
        for _ in range(50):
            await opened.acquire()
        assert (await site.get("/open")).text == "50"
        left.set()


@shows("streams need a server", "more connections at a time")
async def shows_commands(routes: Path, row: Row, log: Log) -> None:
    for command in row.line:
        check(command)


@shows("progress of a file")
async def shows_progress_of_upload(routes: Path, row: Row, log: Log) -> None:
    loop = "        async for chunk in request.stream():\n            yield 'read', len(chunk)\n"
    add(routes, f"from hyperpy import POST, request\nasync def stream():\n    if POST:\n{loop}")
    async with client(routes) as site, site.stream("/new", method="POST", content=b"x" * 1000) as events:
        assert sum(event.json() for event in await events.rest()) == 1000


@shows("set_time_limit(0)")
async def shows_time_limit(routes: Path, row: Row, log: Log) -> None:
    assert Settings().stream_max_age == 0
    async with (
        client(routes, settings=Settings(stream_max_age=0.05)) as site,
        site.stream("/silent") as events,
    ):
        assert (await events.ended()).how == "end"


@shows("Product::chunk", "chunks to storage", "FrankenPHP's worker mode")
async def shows_lines(routes: Path, row: Row, log: Log) -> None:
    (line, *_) = row.line
    if line.startswith("cache"):
        add(routes, f"from typing import Final\n{line}\ncache[len(cache)] = 1\nt'{{len(cache)}}'\n")
    else:
        head = "import asyncio\nfrom itertools import batched\nfrom pathlib import Path\n"
        rows = "cursor = iter([(1,), (2,)])"
        chunk = f"chunk = 'text'\n    with Path('stored').open('a') as file:\n        {line}\n    yield 2"
        loop = f"{rows}\n    {line}\n        yield len(products)"
        add(routes, f"{head}{STREAM}{loop if line.startswith('for') else chunk}\n")
    async with client(routes) as site:
        await site.get("/new")
        assert "2" in (await site.get("/new")).text


@shows("not to load everything")
async def shows_backpressure(routes: Path, row: Row, log: Log) -> None:
    """A client that doesn't read stops the generator, once what lies between them is full."""
    body = "    for number in range(10**6):\n        log.info('made')\n        yield 'x' * 100_000\n"
    add(routes, f"import logging\nlog = logging.getLogger('hyperpy.x')\nasync def stream():\n{body}")
    async with serve(str(routes)) as site:
        _, writer = await asyncio.open_connection("127.0.0.1", int(site.url.rpartition(":")[2]))
        writer.write(b"GET /new HTTP/1.1\r\nHost: localhost\r\n\r\n")
        made = -1
        while made != log.messages.count("made") or made == 0:
            made = log.messages.count("made")
            await asyncio.sleep(0.1)
        assert 0 < made < 1000
        writer.close()


@shows("proxy_buffering", "load balancers", "nginx that overrides", "proxy_connect_timeout")
async def shows_headers_for_proxies(routes: Path, row: Row, log: Log) -> None:
    configuration = (REPOSITORY / "docs" / "nginx.conf").read_text()
    for name in ("X-Accel-Buffering", "proxy_connect_timeout", "proxy_buffering", "proxy_cache"):
        assert name not in configuration
    async with client(routes) as site:
        stream = (await site.get("/steps")).headers
        assert (stream["x-accel-buffering"], stream["cache-control"]) == ("no", "no-cache, no-transform")
        assert "x-accel-buffering" not in (await site.get("/about")).headers


@shows("a proxy that cuts", "tiny::cache()")
async def shows_settings(routes: Path, row: Row, log: Log) -> None:
    (routes.parent / "pyproject.toml").write_text(f"[tool.hyper]\n{row.line[0]}\n")
    load_settings({}, {}, routes.parent)
    async with client(routes, settings=Settings(ping=0.1)) as site, site.stream("/silent") as events:
        await events.next()
        with pytest.raises(AssertionError):
            await events.next(timeout=0.3)
        assert "ping" in events.comments


@shows("early hints")
async def shows_early_head(routes: Path, row: Row, log: Log) -> None:
    late = "async def late():\n    await asyncio.sleep(0.05)\n    return 'late'\n"
    add(routes, f"import asyncio\n{late}t'<h1>Now</h1>{{late()}}'\n")
    async with client(routes) as site, site.parts("/new") as parts:
        assert "late" not in await parts.next()
