"""Explicit routes, mounted applications and WebSockets: the session, other sites, other hosts, default headers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from hyperpy import HTTPException, Hyper, Settings
from hyperpy.exceptions import HeadersSentError
from tests.support.clients import client_of
from tests.support.sites import write_files

KEY = "0123456789abcdef"
FILES = {
    "index.py": "from hyperpy import session\nt'{session.get('user')}'\n",
    "own.py": "from hyperpy import request\nrequest.session['user'] = 'ada'\nt'page'\n",
    "_404.py": "t'not here'\n",
}


async def log_in(request: Request) -> PlainTextResponse:
    request.session["user"] = "ada"
    return PlainTextResponse("page")


async def who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(request.session.get("user")))


async def unread(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


async def refuse(request: Request) -> PlainTextResponse:
    request.session["tries"] = 1
    raise HTTPException(404)


async def fail(request: Request) -> PlainTextResponse:
    request.session["user"] = "eve"
    raise ValueError("bug")


async def late(request: Request) -> StreamingResponse:
    async def parts() -> Any:
        yield "a"
        try:
            request.session["user"] = "eve"
        except HeadersSentError:
            yield "refused"

    return StreamingResponse(parts())


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(str(socket.session.get("user")))
    try:
        socket.session["user"] = "eve"
    except HeadersSentError:
        await socket.send_text("read-only")
    await socket.close()


ENDPOINTS = {"login": log_in, "who": who, "unread": unread, "refuse": refuse, "fail": fail, "late": late}


def routes() -> list[BaseRoute]:
    found: list[BaseRoute] = [
        Route(f"/{name}", function, methods=["GET", "POST"]) for name, function in ENDPOINTS.items()
    ]
    return [*found, WebSocketRoute("/socket", greet)]


def wrapped(app: ASGIApp) -> ASGIApp:
    return SessionMiddleware(app, secret_key="another", session_cookie="another")


@pytest.fixture
def app(tmp_path: Path) -> Hyper:
    """The same endpoints as explicit routes, in a mounted application, and in one with sessions of its own."""
    write_files(tmp_path, FILES)
    settings = Settings(secret_key=KEY, allowed_hosts="site.example")
    app = Hyper(tmp_path, static=None, settings=settings)
    app.mount("/mounted", Starlette(routes=routes()))
    app.mount("/foreign", wrapped(Starlette(routes=routes())))
    app.mount("/site", Hyper(tmp_path, static=None, settings=settings))
    app.router.routes.extend([*routes(), Mount("/nested", routes=[Mount("/deeper", routes=routes())])])
    return app


OWN = ("", "/mounted", "/nested/deeper")


async def test_the_session_of_the_site(app: Hyper) -> None:
    wrong = []
    for prefix in OWN:
        async with client_of(app) as http:
            unread = await http.get(f"{prefix}/unread")
            stored = await http.get(f"{prefix}/login")
            cookie = stored.headers["set-cookie"]
            read = await http.get(f"{prefix}/who")
            facts = {
                "an answer that doesn't read it stays as it was": not {"vary", "cache-control"} & set(unread.headers),
                "the cookie is for the whole site": "Path=/;" in cookie and "HttpOnly" in cookie,
                "it is private": (read.headers["vary"], read.headers["cache-control"]) == ("Cookie", "private"),
                "all share it": [read.text, (await http.get("/")).text] == ["ada", "ada"],
                "it is too late in a stream": (await http.get(f"{prefix}/late")).text == "arefused",
            }
            wrong += [f"{prefix}: not so: {fact}" for fact, is_so in facts.items() if not is_so]
    assert wrong == []


async def test_route_files_and_mounted_sites_keep_their_own(app: Hyper) -> None:
    for path, cookie_path in (("/own", "/"), ("/site/own", "/site")):
        async with client_of(app) as http:
            assert f"Path={cookie_path};" in (await http.get(path)).headers["set-cookie"]
    async with client_of(app) as http:
        foreign = await http.get("/foreign/login")
        assert foreign.headers["set-cookie"].startswith("another=")
        assert len(foreign.headers.get_list("set-cookie")) == 1


async def test_error_pages_of_code_that_has_read_the_session(app: Hyper) -> None:
    for prefix in ("", "/nested/deeper"):
        async with client_of(app) as http:
            answer = await http.get(f"{prefix}/refuse", headers={"Accept": "text/html"})
            assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (404, "not here", "private")
            assert "Path=/;" in answer.headers["set-cookie"], prefix
    async with client_of(app) as http:
        failed = await http.get("/fail")
        assert failed.status_code == 500
        assert "set-cookie" not in failed.headers
        assert (await http.get("/who")).text == "None"


async def test_requests_of_other_sites_and_to_other_hosts(app: Hyper) -> None:
    other = {"Origin": "https://evil.example"}
    async with client_of(app) as http:
        for prefix in (*OWN, "/foreign"):
            assert (await http.post(f"{prefix}/unread", headers=other)).status_code == 403, prefix
            assert (await http.post(f"{prefix}/unread")).status_code == 200, prefix
            refused = await http.get(f"{prefix}/unread", headers={"Host": "evil.example"})
            assert refused.status_code == 400, prefix
            for answer in (refused, await http.get(f"{prefix}/unread"), await http.get(f"{prefix}/nothing")):
                assert answer.headers["x-content-type-options"] == "nosniff", prefix
                assert answer.headers["x-frame-options"] == "SAMEORIGIN", prefix


async def test_websockets(app: Hyper) -> None:
    async with client_of(app) as http:
        await http.get("/login")
        cookie = f"session={http.cookies['session']}"
    table: list[tuple[dict[str, str], list[str | None]]] = [
        ({}, ["websocket.accept", "None", "read-only", "websocket.close"]),
        ({"Cookie": cookie}, ["websocket.accept", "ada", "read-only", "websocket.close"]),
        ({"Cookie": cookie + "x"}, ["websocket.accept", "None", "read-only", "websocket.close"]),
        ({"Cookie": cookie, "Origin": "https://evil.example"}, ["websocket.close"]),
        ({"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, ["websocket.close"]),
        ({"Host": "evil.example"}, ["websocket.close"]),
    ]
    wrong = []
    for prefix in OWN:
        for headers, expected in table:
            found = await messages(app, f"{prefix}/socket", headers)
            if found != expected:
                wrong.append((prefix, headers, found))
    assert wrong == []
    for path in ("/", "/own", "/nothing", "/site/"):
        assert await messages(app, path, {}) == ["websocket.close"], path


async def messages(app: Callable[..., Any], path: str, headers: dict[str, str]) -> list[str]:
    """The texts that a WebSocket sends, and the types of other messages."""
    sent: list[str] = []
    raw = [(name.lower().encode(), value.encode()) for name, value in ({"Host": "site.example"} | headers).items()]
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": raw}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message.get("text") or message["type"])

    await app({**scope, "scheme": "ws", "root_path": "", "client": ("127.0.0.1", 1), "server": None}, receive, send)
    return sent
