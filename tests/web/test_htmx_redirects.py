"""Redirects of requests that htmx has sent: it can't see those that its request follows by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from hyperpy import Hyper, redirect
from tests.support.clients import client_of
from tests.support.sites import write_files
from tests.web.test_htmx import HTMX_2, HTMX_4

REDIRECTS = {
    "index.py": "from hyperpy import flash, flashes, session\nt'home {[f.text for f in flashes()]} {session.get('n')}'",
    "go.py": """
        from hyperpy import POST, flash, htmx, redirect, response, session
        if POST: pass
        session["n"] = 1
        flash("Saved.")
        response.set_cookie("a", "b")
        htmx.trigger_event("saved")
        htmx.refresh()
        redirect("/?done=1")
        """,
    "deep/relative.py": "from hyperpy import redirect\nurl: str\nredirect(url)",
    "raised.py": "from hyperpy import redirect\nraise redirect('/', 308)",
    "dropped.py": "from hyperpy import redirect\ndef f(): redirect('/')\nf()\nt'page'",
    "external.py": "from hyperpy import redirect\nredirect('https://other.example/é', external=True)",
    "guarded/_guard.py": "from hyperpy import redirect\nredirect('/login')",
    "guarded/index.py": "t'secret'",
    "_404.py": "from hyperpy import redirect\nredirect('/')",
    "stream.py": "from hyperpy import redirect\nasync def stream():\n    raise redirect('/')\n    yield 1",
}


@pytest.fixture
async def redirects(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Hyper(write_files(tmp_path / "routes", REDIRECTS), None, debug=True)
    async with client_of(app) as http:
        yield http


async def test_a_redirect_makes_htmx_leave_the_page(redirects: httpx.AsyncClient) -> None:
    wrong = []
    for path, target in (
        ("/go", "/?done=1"),
        ("/raised", "/"),
        ("/dropped", "/"),
        ("/external", "https://other.example/%C3%A9"),
        ("/guarded", "/login"),
        ("/none", "/"),
        ("/stream", "/"),
        ("/deep/relative?url=?page=2", "/deep/relative?page=2"),
        ("/deep/relative?url=other", "/deep/other"),
        ("/deep/relative?url=../x", "/x"),
        ("/deep/relative?url=./a:b", "/deep/a:b"),
        # None of these may become `//other.example`, which is another host.
        ("/deep/relative?url=/.//other.example", "/.//other.example"),
        ("/deep/relative?url=/x/..//other.example", "/x/..//other.example"),
        ("/deep/relative?url=..//other.example", "/other.example"),
        ("/deep/relative?url=.//other.example", "/deep/other.example"),
        ("/deep/relative?url=x/../..//../other.example", "/other.example"),
    ):
        for htmx in (HTMX_2, HTMX_4):
            answer = await redirects.get(path, headers=htmx)
            if (answer.status_code, answer.content, answer.headers.get("hx-redirect")) != (204, b"", target):
                wrong.append((path, answer.status_code, dict(answer.headers)))
            if {"location", "content-length", "hx-refresh"} & set(answer.headers):
                wrong.append((path, dict(answer.headers)))
        for other in ({}, HTMX_2 | {"HX-Boosted": "true"}, HTMX_2 | {"HX-History-Restore-Request": "true"}):
            answer = await redirects.get(path, headers=other)
            if answer.status_code // 100 != 3 or "hx-redirect" in answer.headers:
                wrong.append((path, other, answer.status_code))
            if not {"HX-Request", "HX-Boosted"} <= set(answer.headers["vary"].split(", ")):
                wrong.append((path, answer.headers["vary"]))
    assert not wrong


async def test_cookies_and_flashes_outlive_it(redirects: httpx.AsyncClient) -> None:
    answer = await redirects.post("/go", headers=HTMX_2 | {"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/?done=1")
    assert answer.headers["hx-trigger"] == "saved"
    assert {cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")} == {"a", "session"}
    assert (await redirects.get("/?done=1")).text == "home Saved. 1"


async def test_a_redirect_to_a_place_in_the_same_page(redirects: httpx.AsyncClient) -> None:
    """A browser would only scroll there, so it is told to load the page again."""
    for url, reloads in (
        ("/page?a=1%23end", False),
        ("/page?a=1#end", True),
        ("/page#end", False),
        ("/page?a=1", False),
        ("/other?a=1#end", False),
    ):
        answer = await redirects.get("/deep/relative", params={"url": url}, headers=HTMX_2)
        assert (url, answer.headers["hx-redirect"], answer.headers.get("hx-refresh") == "true") == (url, url, reloads)


async def test_redirects_under_a_mount_and_outside_route_files(tmp_path: Path) -> None:
    routes = tmp_path / "routes"
    files = {
        "index.py": "from hyperpy import redirect\nredirect('/x')",
        "a/b.py": "from hyperpy import redirect\nredirect('c')",
    }
    app = Hyper(write_files(routes, files), None)
    async with client_of(Starlette(routes=[Mount("/shop", app=app)])) as http:
        for path, target in (("/shop/", "/shop/x"), ("/shop/a/b", "/shop/a/c")):
            assert (await http.get(path, headers=HTMX_4)).headers["hx-redirect"] == target
    own = Hyper(routes, None)

    async def explicit(request: Request) -> Response:
        return redirect("there")

    own.add_route("/own/here", explicit)
    async with client_of(own) as http:
        answer = await http.get("/own/here", headers=HTMX_2)
        assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/own/there")
        assert (await http.get("/own/here")).headers["location"] == "there"
