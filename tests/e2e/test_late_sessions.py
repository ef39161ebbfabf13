"""Changes of a session after the response has started: an error, whichever middleware the session comes from."""

import json
import pickle
from collections import UserDict
from textwrap import dedent
from typing import Any

import httpx
import pytest
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy.exceptions import HeadersSentError
from tests.support.clients import BROWSER, EVENT_SOURCE, HTMX_4, client_of
from tests.support.sites import Make


class Stored:
    """Middleware that stores the session when the response starts, as JSON in a header."""

    by_scope = True

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def new(self) -> Any:
        return {}

    def dump(self, session: Any) -> str:
        return json.dumps(dict(session))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = self.new()
        session.update({"flash": "Saved.", "items": [1]})
        scope["session"] = session

        async def storing(message: Message) -> None:
            if message["type"] == "http.response.start":
                stored = scope["session"] if self.by_scope else session
                stored["seen"] = True
                message["headers"] = [*message["headers"], (b"x-stored", self.dump(stored).encode())]
            await send(message)

        if scope["type"] == "http":
            await self.app(scope, receive, storing)
            session["ended"] = True
            assert type(scope["session"]) is type(self.new())
        else:
            await self.app(scope, receive, send)


class ByReference(Stored):
    by_scope = False


class Mapped(Stored):
    def new(self) -> Any:
        return UserDict()


class Own(dict[str, Any]):
    __slots__ = ()


class Slotted(Stored):
    def new(self) -> Any:
        return Own()


class Pickled(Slotted):
    def dump(self, session: Any) -> str:
        return json.dumps(dict(pickle.loads(pickle.dumps(session))))


class PickledDict(Stored):
    dump = Pickled.dump


class Session(dict[str, Any]):
    """Knows whether it has changed, as Starlette's does."""

    modified = False

    def __setitem__(self, key: str, value: Any) -> None:
        self.modified = True
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        self.modified = True
        return super().pop(key, *default)

    def update(self, *args: Any, **values: Any) -> None:
        self.modified = True
        super().update(*args, **values)


class Marked(Stored):
    def new(self) -> Any:
        return Session()

    def dump(self, session: Any) -> str:
        assert session.modified
        assert vars(session).keys() <= {"modified", "hyperpy.changed"}
        return super().dump(session)


MIDDLEWARE = [Stored, ByReference, Mapped, Slotted, Pickled, PickledDict, Marked]
CHANGES = {
    "a key is set": "session['a'] = 1",
    "a key is popped": "session.pop('flash', None)",
    "a key is deleted": "del session['flash']",
    "an update": "session.update(a=1)",
    "an update from a dict": "session.update({'a': 1})",
    "|=": "session |= {'a': 1}",
    "clear": "session.clear()",
    "setdefault": "session.setdefault('a', 1)",
    "popitem": "session.popitem()",
    "another thread": "await asyncio.to_thread(session.update, a=1)",
    "a task": "await asyncio.create_task(_change(session))",
}
READS = {
    "nothing to pop": "session.pop('none', None)",
    "a key is there": "session.setdefault('flash', 1)",
    "nothing to update": "session.update()",
    "reading": "_ = session['flash'], session.get('a'), 'a' in session, len(session), dict(session), list(session)",
}
HEAD = "import asyncio\nfrom hyperpy import Request\nrequest: Request\nasync def _change(session): session['a'] = 1\n"
KINDS = {
    "async layout": """
        async def Layout(children):
            session = request.session
            CHANGE
            return t"<main>second {children}</main>"
        t"<{Layout}>page</{Layout}>"
    """,
    "deferred value": """
        async def part():
            session = request.session
            CHANGE
            return "second"
        t"<p>first</p>{part()}"
    """,
    "stream": """
        async def stream():
            yield "first"
            session = request.session
            CHANGE
            yield "second"
    """,
    "progressive": """
        async def stream():
            yield t"<html>"
            session = request.session
            CHANGE
            yield t"second"
    """,
    "before the first event": """
        async def stream():
            session = request.session
            CHANGE
            yield "second"
    """,
}
# A reference from before the seal works for classes written in Python.
HELD = """
        held = request.session
        async def stream():
            session = held
            CHANGE
            yield "second"
"""


@pytest.mark.parametrize("middleware", MIDDLEWARE)
async def test_a_late_change_is_an_error(make: Make, middleware: type, caplog: pytest.LogCaptureFixture) -> None:
    kinds = {"stream": KINDS["stream"]}
    if middleware is Stored:
        kinds = KINDS
    elif middleware is Marked:
        kinds = {"held": HELD}
    cases = [(kind, how) for kind in kinds for how in (*CHANGES, *READS)]
    statements = CHANGES | READS
    files = {
        f"r{n}.py": HEAD + dedent(kinds[kind]).replace("CHANGE", statements[how]) for n, (kind, how) in enumerate(cases)
    }
    app = make(files)
    app.user_middleware.append(Middleware(middleware))
    wrong = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site.example") as http:
        for n, (kind, how) in enumerate(cases):
            caplog.clear()
            accept = EVENT_SOURCE if "stream" in kind or "event" in kind or kind == "held" else BROWSER
            try:
                text = (await http.get(f"/r{n}", headers={"accept": accept})).text
            except HeadersSentError as error:  # from a page that has been sent in part
                caplog.handler.stream.write(str(error))
                text = f"r{n}.py" if error.place is None else ""
            is_error = "the session can't change any more" in caplog.text and f"r{n}.py" in caplog.text + text
            if is_error != (how in CHANGES) or ("second" in text) != (how in READS):
                wrong.append((kind, how, text[:50], caplog.text[-200:]))
            if "the change is lost" in caplog.text:
                wrong.append((kind, how, caplog.text))
    assert wrong == []


@pytest.mark.parametrize("middleware", MIDDLEWARE)
async def test_a_change_in_time_is_stored(make: Make, middleware: type, caplog: pytest.LogCaptureFixture) -> None:
    files = {
        "page.py": HEAD + "request.session['a'] = 1\nt'{request.session.pop(\"flash\")}'\n",
        "stream.py": HEAD + "async def load():\n    request.session['a'] = request.session.pop('flash')\n"
        "async def stream():\n    yield request.session['a']\n",
        "_error.py": HEAD + "t'{request.session.pop(\"flash\")}'\n",
        "fails.py": HEAD + "async def stream():\n    request.session['b'] = 1\n    yield 'never'\n",
    }
    app = make(files)
    app.user_middleware.append(Middleware(middleware))
    async with client_of(app) as http:
        for path, status in (("/page", 200), ("/stream", 200), ("/fails", 500)):
            caplog.clear()
            response = await http.get(path, headers={"accept": HTMX_4})
            stored = response.headers["x-stored"]
            session = json.loads(stored)
            assert (response.status_code, "Saved." in response.text) == (status, True)
            assert ("flash" in session, "a" in session) == (False, status == 200)
            assert "is lost" not in caplog.text


async def test_what_cannot_be_refused_is_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Changes inside of a value, and of a plain dict that the route has got before it was sealed."""
    stream = "async def stream():\n    yield 'first'\n    await asyncio.sleep(0)\n    "
    nested = f"{stream}request.session['items'].append(2)\n"
    held = f"held = request.session\n{stream}held['a'] = 1\n"
    for middleware, body in ((Marked, nested), (Stored, nested), (Stored, held), (Mapped, nested)):
        caplog.clear()
        app = make({"index.py": HEAD + body})
        app.user_middleware.append(Middleware(middleware))
        async with client_of(app) as http:
            response = await http.get("/", headers={"accept": EVENT_SOURCE})
        assert "stream-error" not in response.text
        assert "index.py: the session was changed after the response had started" in caplog.text


class AfterCall(BaseHTTPMiddleware):
    """Changes the session when the response has started, as this class allows: it is sent only afterwards."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        request.session["after"] = 1
        return response


@pytest.mark.parametrize("middleware", MIDDLEWARE)
async def test_middleware_may_change_it(make: Make, middleware: type, caplog: pytest.LogCaptureFixture) -> None:
    files = {"feed.py": "import asyncio\nasync def stream():\n    for n in range(3):\n        yield n, n\n"}
    files["feed.py"] = "import asyncio\nasync def stream():\n    for n in range(3):\n        yield 'n', n\n"
    app = make({**files, "page.py": "t'page'"})
    app.user_middleware += [Middleware(middleware), Middleware(AfterCall)]
    async with client_of(app) as http:
        for path in ("/page", "/feed"):
            response = await http.get(path, headers={"accept": EVENT_SOURCE})
            stored = response.headers["x-stored"]
            assert (response.status_code, json.loads(stored)["after"]) == (200, 1)
    assert caplog.text == ""


async def test_a_background_task_is_late(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    body = """
        from hyperpy import Request, Response
        from starlette.background import BackgroundTask
        request: Request
        response: Response
        def late():
            request.session["a"] = 1
        response.background = BackgroundTask(late)
        t"page"
    """
    app = make({"index.py": body})
    app.user_middleware.append(Middleware(Marked))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site.example") as http:
        assert (await http.get("/")).text == "page"
    assert "the background task failed: HeadersSentError" in caplog.text
    assert "the session can't change any more" in caplog.text
