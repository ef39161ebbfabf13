"""Objects of a request are released with it, without the garbage collector, and not too early."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from starlette.types import Message

from hyperpy import Hyper, Settings
from hyperpy.pages import Route
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.routing import Match

KEPT = """
class Value:
    made = []
    def __init__(self):
        Value.made.append(weakref.ref(self))
"""
MODULE = f"import asyncio, weakref\nlog = []\ngate = asyncio.Event()\n{KEPT}"
USE = "from routes._kept import Value, gate, log\n"

IMPORTS = "import asyncio\nfrom typing import Annotated\nfrom hyperpy import PlainTextResponse, Query, Request\n"

ROUTES = {
    "page": "value = Value()\nt'<p>{type(value).__name__}</p>'\n",
    "loader": (
        "value: Value\nasync def load():\n    global value\n    value = Value()\nt'<p>{type(value).__name__}</p>'\n"
    ),
    "query": "q: Annotated[str, Query()] = 'x'\nvalue = Value()\nt'<p>{q}</p>'\n",
    "block": "if True:\n    q: Annotated[str, Query()] = 'x'\nvalue = Value()\nt'<p>{q}</p>'\n",
    "request": "request: Request\nvalue = Value()\nt'<p>{request.method}</p>'\n",
    "both": (
        "value = Value()\nasync def stream():\n    yield t'<p>{value is not None}</p>'\nt'<p>{value is not None}</p>'\n"
    ),
    "awaited": (
        "value = Value()\nasync def part(value):\n    await asyncio.sleep(0)\n    return type(value).__name__\n"
        "t'<p>{part(value)}</p>'\n"
    ),
    "suspended": (
        "from hyperpy.components import Suspense\nvalue = Value()\n"
        "async def part(value):\n    await asyncio.sleep(0)\n    return type(value).__name__\n"
        "t'<{Suspense}>{part(value)}</{Suspense}><{Suspense}>{part(value)}</{Suspense}>'\n"
    ),
    "unsent": (
        "def Nothing(children):\n    return ''\n"
        "value = Value()\nasync def part(value):\n    return type(value).__name__\n"
        "t'<{Nothing}>{part(value)}</{Nothing}>'\n"
    ),
    "answer": "value = Value()\nPlainTextResponse('hello')\n",
}

# By what a page uses of its request: nothing of that may refer to the request in a circle.
USES = {
    "request": "from hyperpy import request\nt'{request.query_params.get('q')}{request.headers.get('x')}'\n",
    "session": "from hyperpy import session\nt'{session.get('user')}'\n",
    "changed": "from hyperpy import flash, session\nsession['user'] = [1]\nflash('Saved.')\nt'<p>'\n",
    "input": "from hyperpy import Session\nsession: Session\nsession['user'] = 7\nt'<p>'\n",
    "flashes": "from hyperpy import flashes\nt'{list(flashes())}'\n",
    "form": (
        "from pydantic import BaseModel\nfrom hyperpy import Form, session\nclass Model(BaseModel):\n    name: str\n"
        "form: Form[Model] = Form()\nt'<input {form.field('name'):**}>{form.errors}{session.get('user')}'\n"
    ),
    "dependency": (
        "from hyperpy import Depends, Session\ndef user(session: Session):\n    return session.get('user')\n"
        "user_id: int | None = Depends(user)\nt'{user_id}'\n"
    ),
    "response": "from hyperpy import response, session\nresponse.status_code = 201\nt'{session.get('user')}'\n",
    "answer": "from hyperpy import PlainTextResponse, session\nsession['user'] = 7\nPlainTextResponse('hello')\n",
    "redirect": "from hyperpy import redirect, session\nsession['user'] = 7\nredirect('/')\n",
    "stream": "from hyperpy import session\nsession['user'] = 7\nasync def stream():\n    yield t'<p>'\n",
    "nonce": "from hyperpy import csp_nonce\nt'<script nonce={csp_nonce}></script>'\n",
}

OUTLIVING = {
    "task": "asyncio.create_task(later())",
    "callback": "asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(later()))",
    "loader_itself": "asyncio.create_task(later(again=load))",
}


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def site(folder: Path, name: str, source: str) -> Hyper:
    routes = folder / "routes"
    routes.mkdir()
    (routes / "_kept.py").write_text(MODULE)
    (routes / f"{name}.py").write_text(f"{IMPORTS}{USE}{source}")
    return Hyper(routes=routes, static=None)


def kept(app: Hyper, path: bytes) -> dict[str, Any]:
    found = app.loaded_routes.router.match(path)
    assert isinstance(found, Match)
    assert isinstance(found.target, Route)
    return found.target.definitions


async def get(app: Hyper, path: str, accept: str = "text/html", **state: object) -> str:
    """An in-process request, without an HTTP client, which could keep references of its own."""
    body = b""

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False} if not body else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal body
        body += message.get("body", b"")

    headers = [(b"accept", accept.encode())]
    about = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    await app({**about, "headers": headers, "state": state}, receive, send)
    return body.decode()


@pytest.mark.parametrize("accept", ["text/html", "text/event-stream"])
@pytest.mark.parametrize("name", ROUTES)
async def test_a_request_leaves_nothing_behind(tmp_path: Path, name: str, accept: str) -> None:
    app = site(tmp_path, name, ROUTES[name])
    await get(app, f"/{name}", accept=accept)
    made = kept(app, f"/{name}".encode())["Value"].made
    assert len(made) == 1
    # A worker thread drops its references a moment after the answer has arrived.
    async with asyncio.timeout(5):
        while made[0]() is not None:
            await asyncio.sleep(0.001)


async def test_what_a_page_uses_is_released_with_its_request(tmp_path: Path) -> None:
    class Value:
        pass

    for name, text in USES.items():
        (tmp_path / f"{name}.py").write_text(text)
    app = Hyper(routes=tmp_path, static=None, settings=Settings(secret_key="a key that nobody can guess"))
    made = {}
    for name in USES:
        value = Value()
        made[name] = ref(value)
        await get(app, f"/{name}", kept=value)
        del value
    # A worker thread drops its references a moment after the answer has arrived.
    for _ in range(1000):
        if not (left := [name for name, value in made.items() if value() is not None]):
            break
        await asyncio.sleep(0.001)
    assert left == []


@pytest.mark.parametrize("name", OUTLIVING)
async def test_a_task_that_outlives_its_request_keeps_its_variables(tmp_path: Path, name: str) -> None:
    source = (
        "value: Value\n"
        "def described():\n    return type(value).__name__\n"
        "async def later(again=None):\n    await gate.wait()\n    log.append(described())\n"
        f"async def load():\n    global value\n    value = Value()\n    {OUTLIVING[name]}\n"
        "t'<p>{described()}</p>'\n"
    )
    app = site(tmp_path, name, source)
    assert await get(app, f"/{name}") == "<p>Value</p>"
    names = kept(app, f"/{name}".encode())
    names["gate"].set()
    async with asyncio.timeout(5):
        while not names["log"]:
            await asyncio.sleep(0)
    assert names["log"] == ["Value"]


def test_a_request_copies_only_the_helpers_that_its_file_uses(tmp_path: Path) -> None:
    early = "def leave():\n        redirect('/')\n"
    files = {
        "plain.py": "name: str\nasync def load():\n    global name\n    name = 'x'\nt'<p>{name}</p>'\n",
        "body.py": "from hyperpy import POST, redirect\nif POST:\n    redirect('/')\nt'<p>'\n",
        "early.py": f"from hyperpy import redirect\ntry:\n    import absent\nexcept ImportError:\n    {early}t'<p>'\n",
        "stream.py": "async def stream():\n    yield t'<p>'\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    entries = Hyper(routes=tmp_path, static=None).loaded_routes.entries
    kept = {entry.url: HELPERS.keys() & entry.definitions.keys() for entry in entries if isinstance(entry, Route)}
    assert kept.pop("/plain") == set()
    assert all(0 < len(names) < len(HELPERS) for names in kept.values()), kept
