"""`spawn`: work that outlives its request."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hyperpy import Hyper, HyperError, channel, request, spawn
from hyperpy.app import TASKS_KEY
from hyperpy.exceptions import AnswerError
from hyperpy.testing import client
from tests.support.servers import hyper_serve
from tests.support.sites import write_files
from tests.support.until import until

IMPORTS = (
    "import asyncio, threading\nfrom hyperpy import Depends, PlainTextResponse, spawn\nfrom ._work import work, done\n"
)
WORK = "done = []\nasync def work(name):\n    done.append(name)\n"

# From where a route file spawns.
PLACES = {
    "body": "spawn(work('body'))\nt'x'",
    "loader": "async def load():\n    spawn(work('loader'))\nt'x'",
    "thread": "async def load():\n    await asyncio.to_thread(lambda: spawn(work('thread')))\nt'x'",
    "own_thread": (
        "async def load():\n    thread = threading.Thread(target=lambda: spawn(work('own_thread')))\n"
        "    thread.start()\n    await asyncio.to_thread(thread.join)\nt'x'"
    ),
    "dependency": "def f():\n    yield\n    spawn(work('dependency'))\nDepends(f)\nt'x'",
    "stream": "async def stream():\n    spawn(work('stream'))\n    yield 'x'",
    "nested": "async def _outer():\n    spawn(work('nested'))\nspawn(_outer())\nt'x'",
}


def app_of(folder: Path, files: dict[str, str], **options: Any) -> Hyper:
    return Hyper(routes=write_files(folder / "routes", files), static=None, **options)


def named(app: Hyper, name: str) -> Any:
    return next(iter(app.loaded_routes.working())).definitions[name]


async def test_it_works_everywhere_in_an_application(tmp_path: Path) -> None:
    app = app_of(tmp_path, {"_work.py": WORK} | {f"{name}.py": f"{IMPORTS}{source}" for name, source in PLACES.items()})
    done = named(app, "done")
    async with client(app) as site:
        for name in PLACES:
            await site.get(f"/{name}")
            await until(lambda name=name: name in done)


async def test_it_works_without_a_lifespan(tmp_path: Path) -> None:
    app = app_of(tmp_path, {"_work.py": WORK, "index.py": f"{IMPORTS}spawn(work('once'))\nt'x'"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://site") as plain:
        await plain.get("/")
        await until(lambda: named(app, "done") == ["once"])


async def test_it_works_in_the_lifespan_which_waits_for_it_and_keeps_its_resources(tmp_path: Path) -> None:
    log: list[str] = []

    async def work() -> None:
        log.append("began")
        await channel("x").publish("message")
        await asyncio.sleep(0.01)
        log.append("ended")

    @asynccontextmanager
    async def lifespan(app: Hyper) -> AsyncIterator[None]:
        spawn(work())
        yield
        log.append("closed")
        with pytest.raises(AnswerError, match="has shut down"):
            spawn(work())

    async with client(app_of(tmp_path, {"index.py": "t'x'"}, lifespan=lifespan)):
        pass
    assert log == ["began", "ended", "closed"]


async def test_what_does_not_end_in_time_is_cancelled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {
        "_work.py": (
            "import asyncio\ndone = []\nasync def work(name):\n    try:\n        await asyncio.sleep(60)\n"
            "    finally:\n        done.append('cancelled')\n"
        ),
        "index.py": f"{IMPORTS}spawn(work(''), name='nightly')\nt'x'",
    }
    app = app_of(tmp_path, files)
    async with client(app) as site:
        await site.get("/")
        site._client._transport._state[TASKS_KEY].grace = 0.01  # type: ignore[attr-defined]
    assert named(app, "done") == ["cancelled"]
    assert "nightly, spawned at" in caplog.text
    assert "index.py:4, has not ended" in caplog.text


async def test_an_exception_is_logged_with_its_name_and_origin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {"_work.py": f"{WORK}    1 / 0\n", "index.py": f"{IMPORTS}spawn(work('x'), name='nightly')\nt'x'"}
    async with client(app_of(tmp_path, files)) as site:
        assert (await site.get("/")).text == "x"
        await until(lambda: "ZeroDivisionError" in caplog.text)
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.getMessage().startswith("nightly, spawned at ")
    assert record.getMessage().endswith("index.py:4, failed")


async def test_it_has_neither_the_request_nor_its_variables(tmp_path: Path) -> None:
    files = {
        "_work.py": (
            "import asyncio, weakref\nfrom hyperpy import request\ndone, values = [], []\ngo = asyncio.Event()\n"
            "class Value: pass\n"
            "async def work(name):\n    await go.wait()\n    try:\n        request.url\n"
            "    except Exception as error:\n"
            "        done.append(error)\n"
        ),
        "index.py": (
            "from hyperpy import spawn\nfrom ._work import *\nvalue = Value()\nvalues.append(weakref.ref(value))\n"
            "async def load():\n    spawn(work('x'))\nt'x'"
        ),
    }
    app = app_of(tmp_path, files)
    async with client(app) as site:
        await site.get("/")
        gc.collect()
        assert named(app, "values")[0]() is None
        named(app, "go").set()
        await until(lambda: named(app, "done"))
    error = named(app, "done")[0]
    assert isinstance(error, AnswerError)
    assert "spawn()" in error.hint


async def test_misuse_is_an_error_that_says_what_to_do() -> None:
    async def work() -> None: ...

    coroutine = work()
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: spawn(coroutine), "no application is running"),
        (lambda: spawn(work), "takes a coroutine, not a function"),  # type: ignore[arg-type]
        (lambda: spawn(asyncio.get_running_loop().create_future()), "takes a coroutine"),  # type: ignore[arg-type]
    ]
    for call, expected in cases:
        with pytest.raises(HyperError, match=expected) as caught:
            call()
        assert caught.value.hint
    assert repr(request) == "<request outside a request>"


def test_hyper_serve_waits_for_it_up_to_the_grace_period(tmp_path: Path) -> None:
    source = (
        "import asyncio, pathlib\nfrom hyperpy import spawn\n"
        "async def _work():\n    await asyncio.sleep(0.3)\n    pathlib.Path('done').write_text('done')\n"
        "spawn(_work())\nt'x'"
    )
    write_files(tmp_path / "routes", {"index.py": source})
    with hyper_serve(tmp_path) as server:
        httpx.get(f"http://127.0.0.1:{server.port()}/")
    assert (tmp_path / "done").read_text() == "done"
