"""Generators as dependencies: they see the end of their request as a `with` block around it would."""

import asyncio
import contextlib
import gc
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hyperpy import Hyper
from hyperpy.testing import StreamFailure
from hyperpy.testing import client as client_of
from tests.support.sites import Write
from tests.support.until import until

# Each kind writes to `log` what it sees. `order` is of two, of which the second depends on the first.
RESOURCES = """
import asyncio
from contextvars import ContextVar
from hyperpy import Depends, HTTPException, request, redirect

log = []
variable = ContextVar("variable", default="unset")

def seen(name, error):
    log.append(f"{name} {type(error).__name__}" if error else f"{name} done")

async def plain():
    token = variable.set("mine")
    try:
        yield "plain"
    except BaseException as error:
        seen(request.url.path, error)
        raise
    else:
        seen(request.url.path, None)
    finally:
        variable.reset(token)

def threaded():
    token = variable.set("mine")
    try:
        yield str("threaded")
    except BaseException as error:
        open(__file__).close()
        seen(request.url.path, error)
        raise
    else:
        seen(request.url.path, None)
    finally:
        variable.reset(token)

async def first():
    try:
        yield "first"
    finally:
        log.append("first")

def second(first=Depends(first)):
    yield "second"
    log.append("second")

async def failing_commit(first=Depends(first)):
    yield
    raise ValueError("commit")

async def refusing_commit(first=Depends(first)):
    yield
    raise HTTPException(409, "conflict")

async def redirecting(first=Depends(first)):
    yield
    redirect("/elsewhere")

async def swallowing(outer=Depends(plain)):
    try:
        yield
    except Exception:
        pass

async def translating(outer=Depends(plain)):
    try:
        yield
    except LookupError:
        raise HTTPException(410, "gone")

async def twice():
    yield 1
    yield 2

async def slow():
    await asyncio.sleep(0)
    log.append("rendered")
    return "slow"
"""
IMPORTS = "from ._resources import *\nfrom hyperpy import *\n"

# A route after the imports, for `plain` and `threaded` as `resource`; the status; and what the resource has seen.
ENDINGS: dict[str, tuple[str, int, str]] = {
    "page": ("t'x'", 200, "done"),
    "progressive": ("t'<p>{slow()}</p>'", 200, "done"),
    "response": ("PlainTextResponse('x')", 200, "done"),
    "error_response": ("PlainTextResponse('x', 500)", 500, "done"),
    "redirect": ("redirect('/y')", 303, "done"),
    "raised_redirect": ("raise redirect('/y')", 303, "done"),
    "dropped_redirect": (
        "async def load():\n    try:\n        raise redirect('/y')\n    except: pass\nt'x'",
        303,
        "done",
    ),
    "http_exception": ("raise HTTPException(404)\nt'x'", 404, "HTTPException"),
    "bug": ("async def load():\n    raise KeyError('bug')\nt'x'", 500, "KeyError"),
    "template_bug": ("t'{1/0}'", 500, "ZeroDivisionError"),
    "invalid_input": ("page: int\nt'x'", 422, "InputError"),
    "no_answer": ("x = 5\nif x == 4:\n    t'x'", 500, "AnswerError"),
    "no_content": ("async def load():\n    response.status_code = 204\nt'x'", 204, "done"),
    "not_modified": ("Response(status_code=304)", 304, "done"),
    "data": ("async def load():\n    return {'a': 1}", 200, "done"),
    "events": ("async def stream():\n    yield 'x'", 200, "done"),
    "failed_events": (
        "async def stream():\n    yield 'x'\n    await asyncio.sleep(0.2)\n    raise KeyError('bug')",
        200,
        "KeyError",
    ),
    "early_failure": ("async def stream():\n    raise KeyError('bug')\n    yield", 500, "KeyError"),
    "redirected_stream": ("async def stream():\n    redirect('/y')\n    yield", 303, "done"),
    "raising_stream": ("async def stream():\n    raise redirect('/y')\n    yield", 303, "done"),
    "streaming_response": (
        "async def _body():\n    yield 'x'\n    log.append('streamed')\nStreamingResponse(_body())",
        200,
        "done",
    ),
}


@pytest.mark.parametrize("resource", ["plain", "threaded"])
async def test_a_generator_sees_how_its_request_has_ended(write: Write, resource: str) -> None:
    declared = f"resource: str = Depends({resource})\n"
    files = {f"{name}.py": f"{IMPORTS}{declared}{source}" for name, (source, _, _) in ENDINGS.items()}
    app = Hyper(write({"_resources.py": RESOURCES, **files}), static=None)
    log = log_of(app)
    wrong: list[Any] = []
    async with client_of(app) as site:
        for name, (_, status, seen) in ENDINGS.items():
            for method in ("GET", "HEAD"):
                log.clear()
                answer = await site.request(method, f"/{name}")
                if (answer.status_code, log[-1:]) != (status, [f"/{name} {seen}"]) and not (
                    method == "HEAD" and "stream" in name + ENDINGS[name][0] and log == [f"/{name} done"]
                ):
                    wrong.append((name, method, answer.status_code, log[:]))
    assert not wrong


def log_of(app: Hyper) -> list[str]:
    row = next(iter(app.loaded_routes.working()))
    found: list[str] = row.definitions["log"]
    return found


async def test_the_clean_up_is_done_before_the_first_byte_of_a_page(write: Write) -> None:
    """In reverse order, and after the page has been rendered. Background tasks follow."""
    files = {
        "_resources.py": RESOURCES,
        "index.py": (
            f"{IMPORTS}from starlette.background import BackgroundTask\na: str = Depends(second)\n"
            "def rendered():\n    log.append('rendered')\n    return 'x'\n"
            "async def load():\n    response.background = BackgroundTask(log.append, 'background')\nt'{rendered()}'"
        ),
    }
    app = Hyper(write(files), static=None)
    log = log_of(app)
    await one_request(app, "/", log)
    assert log == ["rendered", "second", "first", "http.response.start", "http.response.body", "background"]


async def one_request(app: Any, path: str, log: list[str]) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        log.append(message["type"])

    about = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**about, "headers": [], "state": {}, "root_path": ""}, receive, send)


# Dependencies whose clean-up goes wrong: an exception that the page raises, the status, the end of the log.
FAILURES: dict[str, tuple[str, int, str]] = {
    "failing_commit": ("", 500, "first"),
    "refusing_commit": ("", 409, "first"),
    "redirecting": ("", 303, "first"),
    "twice": ("", 500, ""),
    "swallowing": ("raise KeyError('bug')", 500, "/swallowing KeyError"),
    "translating": ("raise KeyError('bug')", 410, "/translating HTTPException"),
}


async def test_a_clean_up_that_fails_decides_the_answer(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    files = {
        f"{name}.py": f"{IMPORTS}a: None = Depends({name})\nasync def load():\n    {error or 'pass'}\nt'page'"
        for name, (error, _, _) in FAILURES.items()
    }
    app = Hyper(write({"_resources.py": RESOURCES, **files, "_error.py": "t'error page'"}), static=None)
    log = log_of(app)
    wrong = []
    async with client_of(app) as site:
        for name, (_, status, last) in FAILURES.items():
            log.clear()
            answer = await site.get(f"/{name}", headers={"accept": "text/html"})
            text = "" if status == 303 else "error page"
            if (answer.status_code, answer.text, "".join(log[-1:])) != (status, text, last):
                wrong.append((name, answer.status_code, answer.text, log[:]))
    assert not wrong
    assert "twice() yielded twice" in caplog.text
    assert "swallowing() has swallowed the exception" in caplog.text


async def test_a_stream_that_cannot_be_committed_does_not_close(write: Write) -> None:
    source = (
        f"{IMPORTS}a: None = Depends(failing_commit)\nasync def stream():\n    yield 'x'\n    await asyncio.sleep(0.2)"
    )
    app = Hyper(write({"_resources.py": RESOURCES, "index.py": source}), static=None)
    async with client_of(app) as site, site.stream("/") as events:
        await events.take(1)
        with pytest.raises(StreamFailure):
            await events.take(1)


@pytest.mark.parametrize("resource", ["plain", "threaded"])
@pytest.mark.parametrize("ending", ["disconnect", "shutdown"])
async def test_a_generator_sees_the_cancellation_of_its_stream(write: Write, resource: str, ending: str) -> None:
    source = (
        f"{IMPORTS}a: str = Depends({resource})\n"
        "async def stream():\n    try:\n        yield 'x'\n        await asyncio.sleep(60)\n"
        "    finally:\n        log.append('stream')\n"
    )
    app = Hyper(write({"_resources.py": RESOURCES, "index.py": source}), static=None)
    log = log_of(app)
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(client_of(app))
        events = await stack.enter_async_context(site.stream("/"))
        await events.take(1)
        if ending == "shutdown":
            app.streams.close()
    assert log == ["stream", "/ CancelledError"]


async def test_a_clean_up_that_does_not_end_is_cancelled_with_its_stream(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    source = (
        "import asyncio\nfrom hyperpy import Depends\nlog = []\n"
        "async def endless():\n    yield\n    try:\n        await asyncio.sleep(60)\n"
        "    finally:\n        log.append('cancelled')\n"
    )
    files = {
        "_resources.py": source,
        "index.py": "from ._resources import *\nDepends(endless)\nasync def stream():\n    yield 'x'",
    }
    app = Hyper(write(files), static=None)
    app.limits = type(app.limits)(cleanup=0.01)
    async with client_of(app) as site:
        await site.get("/")
    assert log_of(app) == ["cancelled"]
    assert "took longer than 0.01 s" in caplog.text


async def test_a_client_that_leaves_a_streaming_response_is_a_cancellation(write: Write) -> None:
    source = (
        f"{IMPORTS}a: str = Depends(plain)\n"
        "async def _body():\n    yield 'x'\n    await asyncio.sleep(60)\n"
        "StreamingResponse(_body(), media_type='text/html')"
    )
    app = Hyper(write({"_resources.py": RESOURCES, "index.py": source}), static=None)
    async with client_of(app) as site, site.parts("/") as parts:
        await parts.next()
    assert log_of(app) == ["/ CancelledError"]


async def test_error_pages_guards_and_mounted_applications_end_their_dependencies(write: Write) -> None:
    used = f"{IMPORTS}a: str = Depends(plain)\n"
    deeper = used.replace("._resources", ".._resources")
    files = {
        "_resources.py": RESOURCES,
        "index.py": f"{used}raise HTTPException(403)",
        "closed/_guard.py": f"{deeper}redirect('/login')",
        "closed/index.py": "t'x'",
        "open/_guard.py": deeper,
        "open/index.py": f"{deeper}t'{{a}}'",
        "_error.py": f"{used}t'error {{a}}'",
    }
    inner = Hyper(write(files), static=None)
    log = log_of(inner)
    outer = Starlette(routes=[Mount("/inner", inner)])
    html = {"accept": "text/html"}
    for app, prefix in ((inner, ""), (outer, "/inner")):
        async with client_of(app) as site:
            for path, status, seen in (
                ("/", 403, [f"{prefix}/ HTTPException", f"{prefix}/ done"]),
                ("/closed", 303, [f"{prefix}/closed done"]),
                ("/open", 200, [f"{prefix}/open done"]),
                ("/nothing", 404, [f"{prefix}/nothing done"]),
            ):
                log.clear()
                answer = await site.get(prefix + path, headers=html)
                assert (answer.status_code, log) == (status, seen), path


async def test_requests_that_wait_for_a_resource_leave_threads_to_those_that_hold_one(write: Write) -> None:
    """Otherwise nobody could release it, with more requests than worker threads."""
    files = {
        "_pool.py": (
            "import queue, time\npool = queue.Queue()\nfor n in range(2): pool.put(n)\n"
            "def connection():\n    mine = pool.get(timeout=20)\n"
            "    try:\n        yield mine\n    finally:\n        pool.put(mine)\n"
        ),
        "index.py": (
            "import time\nfrom hyperpy import Depends\nfrom ._pool import *\nc: int = Depends(connection)\n"
            "time.sleep(0.001)\nt'x'"
        ),
    }
    async with client_of(Hyper(write(files), static=None)) as site:
        answers = await asyncio.gather(*(site.get("/", timeout=30) for _ in range(120)))
    assert [answer.status_code for answer in answers] == [200] * 120


async def test_a_cancelled_request_releases_what_its_dependency_gets_meanwhile(write: Write) -> None:
    files = {
        "_pool.py": (
            "import threading\nlog = []\nentered, go = threading.Event(), threading.Event()\n"
            "def connection():\n    entered.set()\n    go.wait(20)\n    log.append('got')\n    try:\n        yield\n"
            "    except BaseException as error:\n        log.append(type(error).__name__)\n        raise\n"
        ),
        "index.py": "from hyperpy import Depends\nfrom ._pool import *\nDepends(connection)\nt'x'",
    }
    app = Hyper(write(files), static=None)
    names = next(iter(app.loaded_routes.working())).definitions
    request = asyncio.create_task(one_request(app, "/", []))
    await asyncio.to_thread(names["entered"].wait, 20)
    request.cancel()
    await asyncio.sleep(0)
    names["go"].set()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert names["log"] == ["got", "CancelledError"]


async def test_a_request_leaves_no_value_of_a_dependency_behind(write: Write) -> None:
    """Without the garbage collector, even if a value refers to the request."""
    files = {
        "_made.py": (
            "import weakref\nfrom hyperpy import *\nmade = []\n"
            "class Made:\n    def __init__(self, request: Request):\n        self.request = request\n"
            "        made.append(weakref.ref(self))\n"
        ),
        "index.py": "from ._made import *\nm: Made = Depends()\nt'{m.request.method}'",
        "events.py": "from ._made import *\nm: Made = Depends()\nasync def stream():\n    yield 'x'",
    }
    app = Hyper(write(files), static=None)
    made = next(iter(app.loaded_routes.working())).definitions["made"]
    for path in ("/", "/events"):
        gc.collect()
        gc.disable()
        try:
            await one_request(app, path, [])
            await until(lambda: made[-1]() is None)
        finally:
            gc.enable()
    assert len(made) == 2


COUNTED = """
from collections import Counter

counted = Counter()

async def plain():
    counted["plain starts"] += 1
    yield "plain"
    counted["plain ends"] += 1

def threaded(outer=Depends(plain)):
    counted["threaded starts"] += 1
    yield "threaded"
    counted["threaded ends"] += 1
"""


async def test_head_starts_and_ends_the_dependencies_of_a_stream_once(write: Write) -> None:
    """The generator of the stream isn't started."""
    declared = f"{IMPORTS}first: str = Depends(plain)\nsecond: str = Depends(threaded)\n"
    stream = "async def stream():\n    counted['streams'] += 1\n    yield {}\n"
    files = {
        "_resources.py": f"from hyperpy import Depends\n{COUNTED}",
        "_guard.py": f"{IMPORTS}third: str = Depends(plain)\n",
        "events.py": declared + stream.format("'x'"),
        "beside.py": f"{declared}{stream.format("'x'")}t'page'",
        "html.py": declared + stream.format("t'<!doctype html><p>x</p>'"),
    }
    app = Hyper(write(files), static=None)
    wrong: list[Any] = []
    async with client_of(app) as site:
        counted = next(iter(app.loaded_routes.working())).definitions["counted"]
        for path in ("/events", "/beside", "/html"):
            for accept in ("text/event-stream", "text/html", "*/*"):
                counted.clear()
                answer = await site.request("HEAD", path, headers={"Accept": accept})
                expected = {f"{name} {what}": 1 for name in ("plain", "threaded") for what in ("starts", "ends")}
                if answer.status_code != 200 or dict(counted) != expected:
                    wrong.append((path, accept, answer.status_code, dict(counted)))
    assert wrong == []
