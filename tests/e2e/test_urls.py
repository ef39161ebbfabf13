"""`url()`, `redirect()` and the redirects for slashes, at every root path under which a site may be served."""

import datetime
import enum
import logging
import uuid
from decimal import Decimal
from pathlib import PurePosixPath

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from hyperpy import Hyper, HyperError, redirect, url
from hyperpy.exceptions import RefusedRedirectError, URLError
from tests.support.clients import client_of
from tests.support.sites import Make

FILES = {
    "index.py": "from hyper import url\nfrom ._nav import Nav\nt'<{Nav} />'",
    "_nav.py": """
        from hyper import url
        def Nav():
            return t"<a href={url('/in/{name}', name='é /', q='a&b')}>x</a>"
    """,
    "in/{name}.py": "name: str\nt'{name}'",
    "app/own.py": "t'own'",
    "go.py": "from hyper import redirect\nto: str\nredirect(to)",
    "built.py": "from hyper import redirect, url\nredirect(url('/go', to='/x'))",
    "again.py": "from hyper import Request, redirect\nrequest: Request\nredirect(request.url.path)",
}

# The root path as ASGI has it, and in URLs.
ROOTS = [("", ""), ("/app", "/app"), ("/a/b", "/a/b"), ("/é b", "/%C3%A9%20b")]

LOCATIONS = [
    ("/go?to=/x", "{root}/x"),
    ("/go?to=/x%3Fq=1%23top", "{root}/x?q=1#top"),
    ("/go?to=/%C3%A9%20%2520", "{root}/%C3%A9%20%20"),
    ("/go?to=/", "{root}/"),
    ("/go?to=x/y", "x/y"),
    ("/go?to=%3Fpage=2", "?page=2"),
    ("/go?to=../x", "../x"),
    ("/go?to=/app/own", "{own}"),
    ("/built", "{root}/go?to=%2Fx"),
    ("/again", "{root}/again"),
    ("/in/x/?q=%20&r=é", "{root}/in/x?q=%20&r=%C3%A9"),
    ("/in/%C3%A9%2F'()/", "{root}/in/%C3%A9%2F'()"),
    ("/api", "{root}/api/"),
    ("/api?q=é", "{root}/api/?q=%C3%A9"),
    ("/api/x", "{root}/x"),
    ("/explicit/", "{root}/explicit"),
    ("/slash", "{root}/slash/"),
    ("/explicit", "{root}/x"),
]


def with_explicit_routes(app: Hyper) -> Hyper:
    async def go(request: Request) -> Response:
        return redirect("/x")

    app.mount("/api", Starlette(routes=[Route("/x", go), Route("/", go)]))
    app.add_route("/explicit", go)
    app.add_route("/slash/", go)
    return app


async def test_the_root_path_comes_first_and_only_once(make: Make) -> None:
    app = with_explicit_routes(make(FILES))
    wrong = []
    for root, quoted in ROOTS:
        mounted = Starlette(routes=[Mount(root, app)]) if root else app
        for site, root_path in ((app, root), (mounted, "")):
            async with client_of(site, root_path=root_path) as client:
                for path, expected in LOCATIONS:
                    location = (await client.get(root.rstrip("/") + path)).headers.get("location")
                    # Below /app, that is the route /own, which does not exist, or /app/own, which does.
                    own = f"{quoted}/app/own"
                    if location != expected.format(root=quoted, own=own):
                        wrong.append((root, site is app, path, location))
                page = (await client.get(root.rstrip("/") + "/")).text
                assert page == f'<a href="{quoted}/in/%C3%A9%20%2F?q=a%26b">x</a>'
    assert not wrong


async def test_a_file_beside_a_mount_answers_without_the_slash(make: Make) -> None:
    app = make({"api.py": "t'the file'"})
    app.mount("/api", Starlette())
    app.mount("/other", Starlette(routes=[Route("/", lambda request: JSONResponse("mounted"))]))
    async with client_of(app) as client:
        assert (await client.get("/api")).text == "the file"
        assert (await client.get("/nothing")).status_code == 404
        response = await client.post("/other?a=1")
        assert (response.status_code, response.headers["location"]) == (307, "/other/?a=1")


class Colour(enum.Enum):
    RED = "dark red"
    TWO = 2


VALUES = [
    ("bool", True, "true"),
    ("int", 10**20, "100000000000000000000"),
    ("float", 1.5, "1.5"),
    ("Decimal", Decimal("1.10"), "1.10"),
    ("datetime.date", datetime.date(2026, 1, 2), "2026-01-02"),
    ("datetime.datetime", datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), "2026-01-02T03%3A00%3A00Z"),
    ("datetime.time", datetime.time(3, 4, 5), "03%3A04%3A05"),
    ("datetime.timedelta", datetime.timedelta(hours=25), "P1DT1H"),
    ("uuid.UUID", uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ("Colour", Colour.RED, "dark%20red"),
    ("PurePosixPath", PurePosixPath("a/b"), "a%2Fb"),
    ("str", "ü&=+ %", "%C3%BC%26%3D%2B%20%25"),
    ("str", "", ""),
    ("str", "\ud800", "%3F"),
]


async def test_values_are_written_as_inputs_read_them(make: Make) -> None:
    head = f"from hyper import JSONResponse\nfrom {__name__} import *\n"
    sources = [f"{head}x: {kind}\nJSONResponse(x == VALUES[{n}][1])" for n, (kind, _, _) in enumerate(VALUES)]
    async with client_of(make({f"{number}.py": source for number, source in enumerate(sources)})) as client:
        for number, (kind, value, text) in enumerate(VALUES):
            assert url("/x", x=value) == f"/x?x={text}"
            if value != "\ud800":
                assert (await client.get(url(f"/{number}", x=value))).json(), (kind, value)
    assert url("/x", a=None, b=[1, None, 2], c=(), d={3}, e=iter("ab"), f=Colour.TWO) == "/x?b=1&b=2&d=3&e=a&e=b&f=2"


REFUSED = [
    ("url('/' + 'nothing')", "there is no route file for `/nothing`"),
    ("url('/{name}'.lower())", "needs a value for `name`"),
    ("url('/{name}', name=None)", "can't be None"),
    ("url('/{name}', name=['a'])", "can't be a list"),
    ("url('/{name}', name={'a': 1})", "can't be a dict"),
    ("url('/{name}', name=b'a')", "can't be a bytes"),
    ("url('/{name}', name='a', q=[object()])", "can't be a object"),
    ("url('/{name}', name='a', q=[[1]])", "can't be a list"),
]


async def test_a_wrong_call_is_an_error_with_its_place(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    files = {f"r{n}.py": f"from hyper import url\nt'{{1}}'\nx = {call}" for n, (call, _) in enumerate(REFUSED)}
    async with client_of(make({**files, "{name}.py": "t'1'"})) as client:
        for number, (call, text) in enumerate(REFUSED):
            caplog.clear()
            assert (await client.get(f"/r{number}")).status_code == 500, call
            written = logging.Formatter().format(caplog.records[-1])
            assert f"r{number}.py:3  url(): " in written, call
            assert text in written, call


async def test_a_value_that_no_path_can_contain(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    head = "from typing import Annotated\nfrom hyper import Query, redirect, url\nv: Annotated[str, Query()]\n"
    files = {
        "{name}.py": "t'1'",
        "page.py": head + "t'<a href={url(\"/{name}\", name=v)}>x</a>'",
        "go.py": head + "redirect(url('/{name}', name=v))",
    }
    async with client_of(make(files)) as client:
        for value in ("", "..", "%00", "a/.."):
            caplog.clear()
            assert (await client.get(f"/page?v={value}")).text == '<a href="#blocked">x</a>'
            (record,) = caplog.records
            assert (record.levelname, "page.py:4" in record.getMessage()) == ("WARNING", True)
            assert (await client.get(f"/go?v={value}")).status_code == 400
    async with client_of(make(files, debug=True)) as client:
        assert "a path can&#39;t contain" in (await client.get("/page?v=..")).text


def test_outside_a_request() -> None:
    assert url("/users/{user_id}", user_id=7, page=2) == "/users/7?page=2"
    with pytest.raises(URLError, match="needs a value") as caught:
        url("/users/{user_id}")
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
    with pytest.raises(RefusedRedirectError):
        redirect(url("/users/{user_id}", user_id=".."))


LOAD_ERRORS = {
    "renamed": ("from hyper import url as link\nt'{link(\"/nothing\")}'", 2),
    "an attribute": ("import hyper\nt'{hyper.url(\"/nothing\")}'", 2),
    "in a function": ("from hyper import url\ndef f():\n    return url('/nothing')\nt'{f()}'", 3),
    "re-exported": ("from ._common import *\nt'{link(\"/nothing\")}'", 2),
    "in a private file": ("from ._broken import x\nt'{x}'", 4),
}


def test_a_literal_route_is_checked_at_load(make: Make) -> None:
    common = {"_common.py": "from hyper import url as link\n"}
    for name, (source, line) in LOAD_ERRORS.items():
        broken = {"_broken.py": "from hyper import url\nx = 1\ndef f():\n    return url('/nothing')\n"}
        with pytest.raises(HyperError, match="there is no route file for `/nothing`") as caught:
            make({**common, **(broken if "private" in name else {}), "index.py": source})
        assert caught.value.place is not None
        assert caught.value.place.line == line, name


def test_other_functions_of_that_name_are_not_checked(make: Make) -> None:
    make({"index.py": "def url(x):\n    return x\nt'{url(\"/nothing\")}'"})
    make({"index.py": "from hyper import url\ndef f(url):\n    return url('/nothing')\nt'{f(str)}'"})
    make({"index.py": 'from hyper import url\nt\'{url("/{name}", **{"name": 1})}\'', "{name}.py": "t'1'"})
