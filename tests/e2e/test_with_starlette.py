"""`Hyper` is a Starlette application: its middleware, mounts, explicit routes, lifespan and handlers work."""

import asyncio
import contextlib

import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket

from hyperpy import HTTPException
from hyperpy.exceptions import ConfigError
from hyperpy.testing import serve
from tests.support.clients import all_events, client_of

GATED = """
    import asyncio
    from ._log import gate, log

    async def stream():
        try:
            yield FIRST
            while not gate:
                await asyncio.sleep(0.005)
            yield SECOND
            await asyncio.Event().wait()
        finally:
            log.append("finally")
"""
FILES = {
    "_log.py": "log = []\ngate = []\n",
    "log.py": "from hyper import JSONResponse\nfrom ._log import log\nresponse = JSONResponse(log)\n",
    "open.py": "from hyper import JSONResponse\nfrom ._log import gate\ngate.append(1)\nresponse = JSONResponse(1)\n",
    "index.py": "t'<p>home</p>'",
    "long.py": "t'<p>{\"home \" * 500}</p>'",
    "feed.py": GATED.replace("FIRST", "'tick', 1").replace("SECOND", "'tick', 2"),
    "report.py": GATED.replace("FIRST", "t'<!doctype html><p>one</p>'")
    .replace("SECOND", "t'<p>two</p>'")
    .replace("await asyncio.Event().wait()", "return"),
    "short.py": "async def stream():\n    for n in range(3):\n        yield 'tick', n\n",
    "state.py": "from hyper import Request\nrequest: Request\nt'{request.state.pool} {request.app.state.name}'",
    "broken.py": "raise LookupError('secret')\nt'never'",
    "own.py": "from hyper import HTTPException\nraise HTTPException(409, 'taken')\nt'never'",
    "users/{name}.py": "name: str\nt'{name}'",
    "where.py": "from hyper import Request\nrequest: Request\nt'{request.url.path} {request.scope[\"root_path\"]}'",
}


async def test_explicit_routes_and_mounts_go_first(make):
    app = make(FILES)
    app.add_route("/users/admin", lambda request: PlainTextResponse("explicit"))
    app.mount("/api", Starlette(routes=[Mount("/v1", lambda *asgi: PlainTextResponse("mounted")(*asgi))]))
    async with client_of(app) as client:
        assert (await client.get("/users/admin")).text == "explicit"
        assert (await client.get("/users/ann")).text == "ann"
        assert (await client.get("/api/v1/x")).text == "mounted"
        assert (await client.get("/api/v2")).status_code == 404
        assert (await client.get("/users/ann/")).headers["location"] == "/users/ann"


async def test_web_sockets_are_explicit_routes(make):
    app = make(FILES)

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    app.router.routes.append(WebSocketRoute("/ws", echo))
    sent: list[dict[str, object]] = []
    for path in ("/ws", "/index"):
        scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "root_path": ""}

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await app(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close", "websocket.close"]


async def test_the_state_of_a_lifespan(make):
    ended = []

    @contextlib.asynccontextmanager
    async def lifespan(app):
        app.state.name = "shop"
        yield {"pool": "of connections"}
        ended.append(app.state.name)

    async with serve(make(FILES, lifespan=lifespan)) as site:
        assert (await site.get("/state")).text == "of connections shop"
    assert ended == ["shop"]


HANDLERS = [
    (LookupError, "/broken", 418, "handled"),
    (Exception, "/broken", 418, "handled"),
    (500, "/broken", 418, "handled"),
    (409, "/own", 418, "handled"),
    (HTTPException, "/own", 418, "handled"),
    (404, "/nowhere", 418, "handled"),
    (404, "/own", 409, "taken"),
    (KeyError, "/broken", 500, "Internal Server Error"),
]


@pytest.mark.parametrize("middleware", [False, True])
@pytest.mark.parametrize("kind", ["async", "sync"])
@pytest.mark.parametrize(("key", "url", "status", "text"), HANDLERS)
async def test_exception_handlers(make, key, url, status, text, kind, middleware):
    app = make(FILES | {"_404.py": "t'page'", "_error.py": "t'page'"} if status == 418 else FILES)
    seen = []

    def handler(request: Request, error: Exception) -> Response:
        seen.append((request.url.path, type(error).__name__))
        return PlainTextResponse("handled", 418)

    async def async_handler(request: Request, error: Exception) -> Response:
        return handler(request, error)

    app.add_exception_handler(key, handler if kind == "sync" else async_handler)
    if middleware:
        app.add_middleware(GZipMiddleware)
    async with client_of(app) as client:
        response = await client.get(url, headers={"accept": "text/plain"})
    assert (response.status_code, response.text.partition("\n")[0]) == (status, text)
    assert len(seen) == (status == 418)


async def test_an_error_of_an_explicit_route_or_a_middleware_gets_the_error_page(make):
    app = make(FILES | {"_error.py": "t'<h1>sorry</h1>'"})

    async def dispatch(request, call_next):
        if request.url.path == "/users/eve":
            raise LookupError("secret")
        return await call_next(request)

    def explicit(request):
        raise LookupError("secret")

    app.add_route("/explicit", explicit)
    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    async with client_of(app) as client:
        assert (await client.get("/users/ann")).text == "ann"
        for url in ("/explicit", "/users/eve"):
            response = await client.get(url)
            assert (response.status_code, response.text) == (500, "<h1>sorry</h1>"), url


async def test_a_middleware_sees_pages_and_can_answer_instead(make):
    app = make(FILES)

    async def dispatch(request, call_next):
        if request.url.path == "/users/eve":
            return JSONResponse({"no": "entry"}, 403)
        response = await call_next(request)
        response.headers["x-seen"] = request.url.path
        return response

    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    async with client_of(app) as client:
        assert (await client.get("/users/eve")).status_code == 403
        response = await client.get("/users/ann")
        assert (response.text, response.headers["x-seen"]) == ("ann", "/users/ann")
        missing = await client.get("/nothing")
        assert (missing.status_code, missing.headers["x-seen"]) == (404, "/nothing")
        broken = await client.get("/broken")
        assert (broken.status_code, broken.headers["x-seen"]) == (500, "/broken")
        assert len(await all_events(client, "/short")) == 4


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


IN_FRONT = {"none": [], "base": [Passing], "two base": [Passing, Passing], "gzip": [GZipMiddleware]}
IN_FRONT["gzip and base"] = [GZipMiddleware, Passing]


@pytest.fixture(params=IN_FRONT)
async def in_front(request, make):
    app = make(FILES)
    for middleware in IN_FRONT[request.param]:
        app.add_middleware(middleware)
    async with serve(app) as site:
        yield site


async def test_events_pass_through_middleware_one_by_one(in_front):
    headers = {"accept-encoding": "gzip"}
    async with in_front.stream("/feed", headers=headers) as events:
        assert (await events.next()).data == "1"
        await in_front.get("/open")
        assert (await events.next()).data == "2"
    assert (await in_front.get("/log")).json() == ["finally"]
    async with in_front.stream("/short", headers=headers) as events:
        assert "content-encoding" not in events.response.headers
        assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_page_passes_through_middleware_piece_by_piece(in_front):
    async with in_front.parts("/report", headers={"accept-encoding": "identity"}) as parts:
        assert (await parts.next()).html == "<!doctype html><p>one</p>"
        await in_front.get("/open")
        assert (await parts.rest()).html.endswith("<p>two</p>")


async def test_a_compressed_page_can_be_read_as_it_arrives(make):
    app = make(FILES)
    app.add_middleware(GZipMiddleware)
    async with serve(app) as site, site.parts("/report") as parts:
        assert parts.response.headers["content-encoding"] == "gzip"
        assert (await parts.next()).html == "<!doctype html><p>one</p>"
        await site.get("/open")
        assert (await parts.rest()).html == "<!doctype html><p>one</p><p>two</p>"


async def test_pages_are_compressed(make):
    app = make(FILES)
    app.add_middleware(GZipMiddleware)
    async with client_of(app) as client:
        assert (await client.get("/long")).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("mount", ["/shop", "/a/{tenant}"])
async def test_inside_another_application(make, mount):
    app = make(FILES | {"_404.py": "t'no {1}'"})
    prefix = mount.replace("{tenant}", "b%20c")
    async with client_of(Starlette(routes=[Mount(mount, app)])) as client:
        assert (await client.get(f"{prefix}/users/a%2Fb")).text == "a/b"
        assert (await client.get(f"{prefix}/")).text == "<p>home</p>"
        root = prefix.replace("%20", " ")
        assert (await client.get(f"{prefix}/where")).text == f"{root}/where {root}"
        missing = await client.get(f"{prefix}/nowhere")
        assert (missing.status_code, missing.text) == (404, "no 1")
        assert len(await all_events(client, f"{prefix}/short")) == 4
        assert (await client.get("/users/ann")).status_code == 404


async def test_a_mounted_stream_ends_when_its_client_leaves(make):
    async with serve(Starlette(routes=[Mount("/shop", make(FILES))])) as site:
        async with site.stream("/shop/feed") as events:
            assert (await events.next()).data == "1"
        assert (await site.get("/shop/log")).json() == ["finally"]


async def test_a_mounted_application_lists_its_streams(make):
    feed = "import asyncio\nasync def stream():\n    yield 'a', 1\n    await asyncio.Event().wait()\n"
    app = make({"feed.py": feed})
    async with serve(Starlette(routes=[Mount("/inner", app)])) as site, site.stream("/inner/feed") as events:
        assert (await events.next()).data == "1"
        assert len(app.own_streams()) == 1
        app.own_streams().close()
        assert await events.rest() == []


def test_settings_of_streams_reach_the_application(make, monkeypatch):
    monkeypatch.setenv("HYPER_PING", "2.5")
    monkeypatch.setenv("HYPER_TIMEOUT_SEND", "7")
    app = make({"index.py": "t'<p>hello</p>'"})
    assert (app.limits.ping, app.limits.send) == (2.5, 7)


def test_an_invalid_setting_is_reported_at_once(make, monkeypatch):
    monkeypatch.setenv("HYPER_PING", "often")
    with pytest.raises(ConfigError, match="HYPER_PING: 'often' is not a number"):
        make({"index.py": "t'<p>hello</p>'"})


def test_a_mounted_application_has_channels_on_each_loop_that_it_is_served_on(make):
    """Without a lifespan, the first request connects."""
    say = "from hyper import channel\nasync def load():\n    await channel('a').publish(1)\nt'said'"
    outer = Starlette(routes=[Mount("/inner", make({"say.py": say}))])

    async def request():
        async with client_of(outer) as client:
            return (await client.get("/inner/say")).text

    assert [asyncio.run(request()), asyncio.run(request())] == ["said", "said"]
