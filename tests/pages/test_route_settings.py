"""`route(…)`: the settings of one route, and the limit of request bodies."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hyperpy import Hyper, HyperError, Settings, route
from hyperpy.pages.route_settings import RouteSettings, size
from hyperpy.server.configuration import _largest_body
from tests.support.clients import client_of
from tests.support.sites import Write
from tests.support.until import until

SIZES = {
    1: 1,
    10_000: 10_000,
    "1 B": 1,
    "512 KiB": 512 * 1024,
    "10 MiB": 10 * 1024**2,
    "10MiB": 10 * 1024**2,
    "10 mib": 10 * 1024**2,
    "1.5 GB": 1_500_000_000,
    "2 kB": 2000,
    "1 TiB": 1024**4,
}


def test_sizes() -> None:
    assert {text: size(text) for text in SIZES} == SIZES


GOOD = {
    'route(max_body="1 MiB")': 1024**2,
    "route(max_body=3 * 1000)": 3000,
    'LIMIT = "2 kB"\nroute(max_body=LIMIT)': 2000,
    "from typing import Final\nLIMIT: Final = 2 * 500\nroute(max_body=2 * LIMIT)": 2000,
    "from ._limits import UPLOAD\nroute(max_body=UPLOAD)": 7,
    "from . import _limits\nroute(max_body=_limits.UPLOAD)": 7,
    "from hyperpy import route as settings\nsettings(max_body=8)": 8,
    "import hyperpy\nhyperpy.route(max_body=8)": 8,
    "route(max_body=None)": 0,
    "route(ping=5)": 0,
    "route(\n    ping=0.5,\n    max_body=8,\n    timeout_send=1,\n)": 8,
    # another `route` is the file's own
    "def route(**values):\n    return None\nroute(max_body='?')": 0,
    "from ._limits import route\nroute(max_body='?')": 0,
}


def test_settings_are_read_at_load(write: Write) -> None:
    start = "from hyperpy import *\n"
    limits = "UPLOAD = 7\ndef route(**values): return None\n"
    files = {f"r{n}.py": f"{start}{text}\nt'page'\n" for n, text in enumerate(GOOD)}
    app = Hyper(routes=write({"_limits.py": limits, **files}), static=None, debug=True)
    assert app.load_errors == []
    found = {row.url: row.max_body for row in app.loaded_routes.working()}
    assert {text: found[f"/r{n}"] for n, text in enumerate(GOOD)} == GOOD


BAD = {
    "route(max_bdy=1)": "no setting `max_bdy`",
    "route(limit_request_body=1)": "no setting `limit_request_body`",
    "route()": "by name",
    "route(10)": "by name",
    "route(**{'ping': 5})": "by name",
    "route(*[1])": "by name",
    "route(max_body=0)": "max_body=0",
    "route(max_body=-1)": "max_body=-1",
    "route(max_body=True)": "max_body=True",
    "route(max_body=1.5)": "max_body=1.5",
    "route(max_body='10')": "max_body='10'",
    "route(max_body='ten MiB')": "max_body='ten MiB'",
    "route(max_body='10 MiBs')": "max_body='10 MiBs'",
    "route(max_body='-1 MiB')": "max_body='-1 MiB'",
    "route(max_body='0 B')": "max_body='0 B'",
    "route(max_body=b'10')": "max_body=b'10'",
    "route(max_body=(1, 2))": "not a constant",
    "route(ping=0)": "out of range",
    "route(ping='5')": "is not a number",
    "route(timeout_send=float('inf'))": "not a constant",
    "route(dynamic=False)": "dynamic=False",
    "route(ping=1e999)": "is not a number",
    "route(ping=1 / 0)": "ZeroDivisionError",
    "route(max_body=int('8'))": "not a constant",
    "n: int\nroute(max_body=n)": "not a constant",
    "n = [8]\nroute(max_body=n)": "not a constant",
    "n = 8\nn += 1\nroute(max_body=n)": "not a constant",
    "route(max_body=[n for n in (1, 2)][0])": "not a constant",
    "route(max_body=8 if True else 9)": "not a constant",
    "route(ping=5)\nroute(max_body=8)": "only one route()",
    "if True:\n    route(ping=5)": "no effect here",
    "x = route(ping=5)": "no effect here",
    "def f():\n    route(ping=5)": "no effect here",
    "async def load():\n    route(ping=5)": "no effect here",
    "class A:\n    route(ping=5)": "no effect here",
    "@route(ping=5)\ndef f(): pass": "no effect here",
    "print(route(ping=5))": "no effect here",
    "settings = route\ndef f():\n    settings(ping=5)": "no effect here",
    "from ._helper import nothing": "no effect outside a route file",
}


def test_settings_that_cannot_be_meant(write: Write) -> None:
    files = {f"r{n}.py": f"from hyperpy import *\n{text}\nt'page'\n" for n, text in enumerate(BAD)}
    helper = "from hyperpy import route\nnothing = route(ping=5)\n"
    app = Hyper(routes=write({"_helper.py": helper, **files}), static=None, debug=True)
    found: dict[str, HyperError] = {
        error.place.file.rpartition("/")[2]: error for error in app.load_errors if error.place
    }
    found[f"r{len(BAD) - 1}.py"] = found["_helper.py"]  # which imports it
    wrong = [
        (text, str(found.get(f"r{n}.py")))
        for n, (text, why) in enumerate(BAD.items())
        if why not in str(found.get(f"r{n}.py"))
    ]
    assert wrong == []
    assert all(error.place and error.place.line and error.hint for error in found.values())


def test_near_names_are_suggested(write: Write) -> None:
    app = Hyper(
        routes=write({"index.py": "from hyperpy import route\nroute(maxbody=1)\nt''\n"}), static=None, debug=True
    )
    (error,) = app.load_errors
    assert "Did you mean `max_body`?" in error.hint


def test_only_routes_have_settings(write: Write) -> None:
    text = "from hyperpy import route\nroute(ping=5)\n"
    folder = write(
        {"index.py": "t''", "_404.py": text + "t''", "_error.py": text + "t''", "a/_guard.py": text, "a/b.py": "t''"}
    )
    app = Hyper(routes=folder, static=None, debug=True)
    assert [error.what for error in app.load_errors] == ["only a route can have settings"] * 3


def test_a_file_with_settings_only_has_no_answer(write: Write) -> None:
    app = Hyper(routes=write({"index.py": "from hyperpy import route\nroute(ping=5)\n"}), static=None, debug=True)
    assert ["no answer" in error.what for error in app.load_errors] == [True]


def test_editors_see_the_settings() -> None:
    shown = inspect.signature(route).parameters
    assert [(name, each.default) for name, each in shown.items()] == [
        (each.name, None) for each in fields(RouteSettings)
    ]


# -- the limit ---------------------------------------------------------------------------------------------------------

READING = """
    from hyperpy import POST, PUT, Request, route
    SETTING
    request: Request
    async def load():
        global length
        length = len(await request.body())
    length: int
    if POST or PUT: ...
    t"{length}"
"""
LIMITED = {
    "small.py": READING.replace("SETTING", "route(max_body=10)"),
    "large.py": READING.replace("SETTING", "route(max_body=1000)"),
    "default.py": READING.replace("SETTING", ""),
    "unread.py": "from hyperpy import POST, route\nroute(max_body=10)\nif POST: ...\nt'unread'\n",
    "form.py": READING.replace("SETTING", "route(max_body=100)").replace(
        "await request.body()", "await request.form()"
    ),
    "swallowed.py": READING.replace("SETTING", "route(max_body=10)").replace(
        "length = len(await request.body())",
        "length = 0\n        try:\n            await request.body()\n        except Exception:\n            pass",
    ),
    "stream.py": """
        from hyperpy import POST, Request, route
        route(max_body=10)
        request: Request
        if POST: ...
        seen = request.url.path
        async def stream():
            yield "event"
    """,
    "guarded/_guard.py": "from hyperpy import Request\nrequest: Request\nasync def load():\n    await request.body()\n",
    "guarded/small.py": READING.replace("SETTING", "route(max_body=10)"),
    "guarded/large.py": READING.replace("SETTING", "route(max_body=1000)"),
}
# path, size of the body, status. The application's own limit is 100.
BODIES = [
    ("/small", 10, 200),
    ("/small", 11, 413),
    ("/large", 1000, 200),
    ("/large", 1001, 413),
    ("/default", 100, 200),
    ("/default", 101, 413),
    ("/swallowed", 10, 200),
    ("/stream", 10, 200),
    ("/stream", 11, 413),
    ("/guarded/small", 10, 200),
    ("/guarded/small", 11, 413),
    ("/guarded/large", 1000, 200),
    ("/guarded/large", 1001, 413),
    ("/mounted/read", 100, 200),
    ("/mounted/read", 101, 413),
]


async def chunks(length: int) -> AsyncIterator[bytes]:
    for _ in range(length):
        yield b"x"


def app_of(write: Write, **options: Any) -> Hyper:
    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app = Hyper(routes=write(LIMITED), static=None, settings=Settings(limit_request_body=100), **options)
    app.router.routes.append(Mount("/mounted", Starlette(routes=[Route("/read", read, methods=["POST"])])))
    return app


async def test_bodies_have_a_limit(write: Write) -> None:
    """With a `Content-Length` and without: then the size is known only when it has come."""
    wrong = []
    app = app_of(write)
    async with client_of(app) as http:
        for path, length, status in BODIES:
            announced = await http.post(path, content=b"x" * length)
            chunked = await http.post(path, content=chunks(length))
            if (announced.status_code, chunked.status_code) != (status, status):
                wrong.append((path, length, announced.status_code, chunked.status_code, chunked.text))
        get = await http.request("GET", "/small", content=b"x" * 11)
        unread = [(await http.post("/unread", content=body)).status_code for body in (b"x" * 11, chunks(11))]
        app.debug = True
        hints = [(await http.post("/small", content=body)).text for body in (b"x" * 11, chunks(11))]
    assert wrong == []
    assert [text.count("Raise it by route(max_body=") for text in hints] == [1, 1]
    assert (get.status_code, unread) == (413, [413, 200])


async def test_no_more_than_the_limit_is_read(write: Write) -> None:
    """An endless body ends the request, even if the file catches the error."""
    taken, sent = 0, []

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        assert taken < 200
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    for path in ("/small", "/swallowed", "/form"):
        taken = 0
        sent.clear()
        form = (b"content-type", b"application/x-www-form-urlencoded")
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [form]}
        await app_of(write)(scope, receive, send)
        assert taken in (11, 101)
        assert sent[0]["status"] == (200 if path == "/swallowed" else 413)


class Reading:
    """Middleware that reads the body before any route is chosen."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages = []
        while scope["type"] == "http" and not (messages and not messages[-1].get("more_body")):
            messages.append(await receive())

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)


async def test_middleware_gets_the_limit_of_the_route(write: Write) -> None:
    app = app_of(write)
    app.user_middleware.append(Middleware(Reading))
    async with client_of(app) as http:
        for path, length, status in BODIES:
            assert (await http.post(path, content=chunks(length))).status_code == status, (path, length)


@pytest.mark.parametrize(("limit", "largest"), [(100, 1000), (5000, 5000), (0, 0)])
def test_the_server_lets_the_largest_body_pass(write: Write, limit: int, largest: int) -> None:
    app = Hyper(routes=write(LIMITED), static=None, settings=Settings(limit_request_body=limit))
    assert _largest_body(Reading(Reading(app)), 7) == largest
    assert _largest_body(Reading(Starlette()), 7) == 7


async def test_a_stream_has_the_limits_of_its_route(write: Write) -> None:
    files = {
        "feed.py": """
            import asyncio
            from hyperpy import route
            route(ping=0.1)
            async def stream():
                yield "started"
                await asyncio.Event().wait()
        """
    }
    app, sent = Hyper(routes=write(files), static=None, settings=Settings(ping=3600)), []
    left = asyncio.Event()

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    scope = {"type": "http", "method": "GET", "path": "/feed", "query_string": b"", "headers": []}
    request = asyncio.create_task(app(scope, receive, send))
    await until(lambda: any(b": ping" in body for body in sent))
    left.set()
    await request
