"""Methods, canonical URLs and content negotiation."""

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.support.clients import ANYTHING, BROWSER, EVENT_SOURCE, HTMX_4, client_of

PAGE = "t'<p>page</p>'\n"
STREAM = "from ._log import log\nasync def stream():\n    log.append(1)\n    yield 'tick', 1\n"
FILES = {
    "_log.py": "log = []\n",
    "log.py": "from hyper import JSONResponse\nfrom ._log import log\nresponse = JSONResponse(log)\n",
    "page.py": PAGE,
    "stream.py": STREAM,
    "both.py": PAGE + STREAM,
    "report.py": "from ._log import log\nasync def stream():\n    log.append(1)\n    yield t'<!doctype html><p>one'\n",
    "bits.py": "async def stream():\n    yield t'<i>1</i>'\n    yield t'<i>2</i>'\n",
    "csv.py": """
        from hyper import StreamingResponse
        from ._log import log

        async def rows():
            log.append(1)
            yield "a,b"

        response = StreamingResponse(rows(), media_type="text/csv", headers={"x-rows": "1"})
    """,
    "form.py": "from hyper import POST\nif POST:\n    t'<p>posted</p>'\nelse:\n    t'<p>form</p>'\n",
    "only-post.py": "from hyper import POST, JSONResponse\nif POST:\n    response = JSONResponse([1])\n",
    "crud.py": """
        from hyper import DELETE, PATCH, PUT, PlainTextResponse, Request

        request: Request

        if PUT or PATCH:
            response = PlainTextResponse(f"changed by {request.method}")
        elif DELETE:
            response = PlainTextResponse("gone")

        t"<p>there</p>"
    """,
    "posted-stream.py": """
        from hyper import POST, Request

        request: Request

        async def load():
            global body
            body = (await request.body()).decode()

        async def stream():
            yield "echo", body if POST else "nothing"
    """,
    "users/index.py": PAGE,
    "users/{name}.py": "name: str\nt'{name}'\n",
    "index.py": PAGE,
}

METHODS = [
    ("/page", {"GET", "HEAD"}),
    ("/stream", {"GET", "HEAD"}),
    ("/csv", {"GET", "HEAD"}),
    ("/form", {"GET", "HEAD", "POST"}),
    ("/only-post", {"POST"}),
    ("/crud", {"DELETE", "GET", "HEAD", "PATCH", "PUT"}),
    ("/posted-stream", {"GET", "HEAD", "POST"}),
]
ALL = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT", "TRACE", "BREW")


@pytest.mark.parametrize(("url", "methods"), METHODS)
async def test_methods(make, url, methods):
    async with client_of(make(FILES)) as client:
        allowed = ", ".join(sorted(methods | {"OPTIONS"}))
        for method in ALL:
            response = await client.request(method, url)
            assert response.status_code == (200 if method in methods else 405), method
            assert response.headers.get("allow") == (None if method in methods else allowed)
        response = await client.options(url)
        assert (response.status_code, response.headers["allow"], response.content) == (204, allowed, b"")


@pytest.mark.parametrize(
    ("method", "url", "text"),
    [
        ("GET", "/form", "<p>form</p>"),
        ("POST", "/form", "<p>posted</p>"),
        ("POST", "/only-post", "[1]"),
        ("PUT", "/crud", "changed by PUT"),
        ("PATCH", "/crud", "changed by PATCH"),
        ("DELETE", "/crud", "gone"),
        ("GET", "/crud", "<p>there</p>"),
    ],
)
async def test_a_flag_is_true_for_its_method(make, method, url, text):
    async with client_of(make(FILES)) as client:
        assert (await client.request(method, url)).text == text


async def test_a_post_can_be_answered_by_a_stream(make):
    async with client_of(make(FILES)) as client:
        response = await client.post("/posted-stream", content="a <b>", headers={"accept": EVENT_SOURCE})
    assert response.text.startswith("event: echo\ndata: a &lt;b&gt;\n\nevent: close\n")


@pytest.mark.parametrize("accept", [BROWSER, EVENT_SOURCE])
@pytest.mark.parametrize("url", ["/page", "/stream", "/both", "/report", "/csv", "/form", "/users/ann", "/"])
async def test_head_has_the_headers_of_get_and_starts_nothing(make, url, accept):
    async with client_of(make(FILES)) as client:
        head = await client.head(url, headers={"accept": accept})
        assert head.content == b""
        assert (await client.get("/log")).json() == []
        get = await client.get(url, headers={"accept": accept})
        assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))


@pytest.mark.parametrize(
    ("requested", "location"),
    [
        ("/users/", "/users"),
        ("/page/", "/page"),
        ("/users/?a=1&b=%2F&c", "/users?a=1&b=%2F&c"),
        ("/users/ann/", "/users/ann"),
        ("/users/a%2Fb/", "/users/a%2Fb"),
        ("/users/%C5%81%C3%B3d%C5%BA/?x=%C5%81", "/users/%C5%81%C3%B3d%C5%BA?x=%C5%81"),
    ],
)
@pytest.mark.parametrize("mounted", ["", "/shop", "/a/b"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_canonical_url_has_no_trailing_slash(make, requested, location, mounted, method):
    app = make(FILES)
    async with client_of(Starlette(routes=[Mount(mounted, app)]) if mounted else app) as client:
        response = await client.request(method, mounted + requested)
    assert response.status_code == 308
    assert response.headers["location"] == mounted + location


@pytest.mark.parametrize(
    "path", ["//evil.example/", "//evil.example", "/\\evil.example/", "//users/", "/users//", "///"]
)
async def test_slashes_never_redirect_to_another_host(make, path):
    async with client_of(make(FILES)) as client:
        response = await client.get(f"http://site.example{path}")
    assert response.status_code == 404
    assert "location" not in response.headers


async def test_a_url_with_root_path(make):
    async with client_of(make(FILES), root_path="/behind/a/proxy") as client:
        assert (await client.get("/behind/a/proxy/users/ann")).text == "ann"
        response = await client.get("/behind/a/proxy/users/?q=1")
        assert response.headers["location"] == "/behind/a/proxy/users?q=1"


NEGOTIATED = [
    ("/page", {BROWSER: "page", EVENT_SOURCE: "page", HTMX_4: "page", ANYTHING: "page"}, None),
    ("/stream", dict.fromkeys((BROWSER, EVENT_SOURCE, HTMX_4, ANYTHING), "events"), None),
    ("/both", {BROWSER: "page", EVENT_SOURCE: "events", HTMX_4: "page", ANYTHING: "page"}, "Accept, Datastar-Request"),
    ("/report", {BROWSER: "page", EVENT_SOURCE: "events", HTMX_4: "page", ANYTHING: "page"}, "Accept"),
    ("/bits", {BROWSER: "page", EVENT_SOURCE: "events", HTMX_4: "events", ANYTHING: "events"}, "Accept"),
    ("/both?_stream", dict.fromkeys((BROWSER, EVENT_SOURCE, HTMX_4, ANYTHING), "events"), "Accept, Datastar-Request"),
    ("/both?a=1&_stream=1", dict.fromkeys((BROWSER, ANYTHING), "events"), "Accept, Datastar-Request"),
    ("/both?not_stream=1&x=_stream", dict.fromkeys((BROWSER, ANYTHING), "page"), "Accept, Datastar-Request"),
    ("/report?_stream", dict.fromkeys((BROWSER, ANYTHING), "page"), "Accept"),
]


@pytest.mark.parametrize(("url", "kinds", "vary"), NEGOTIATED, ids=[url for url, *_ in NEGOTIATED])
async def test_negotiation(make, url, kinds, vary):
    types = {"page": "text/html; charset=utf-8", "events": "text/event-stream; charset=utf-8"}
    async with client_of(make(FILES)) as client:
        for accept, kind in kinds.items():
            response = await client.get(url, headers={"accept": accept})
            assert response.headers["content-type"] == types[kind], accept
            assert response.headers.get("vary") == vary


async def test_several_accept_headers_are_combined(make):
    async with client_of(make(FILES)) as client:
        headers = [("accept", "application/json"), ("accept", EVENT_SOURCE)]
        response = await client.get("/both", headers=headers)
        assert response.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("url", "accept", "status"),
    [
        ("/stream", BROWSER, 204),
        ("/stream", EVENT_SOURCE, 204),
        ("/both", EVENT_SOURCE, 204),
        ("/both", BROWSER, 200),
        ("/report", BROWSER, 200),
        ("/page", EVENT_SOURCE, 200),
    ],
)
async def test_a_client_that_has_received_close_gets_no_content(make, url, accept, status):
    guard = {"_base.py": "", "stream.py": "from ._log import log\nlog.append(2)\n" + STREAM}
    async with client_of(make(FILES | guard)) as client:
        response = await client.get(url, headers={"accept": accept, "last-event-id": "close"})
        assert response.status_code == status
        assert status == 200 or (await client.get("/log")).json() == []
        other = await client.get(url, headers={"accept": accept, "last-event-id": "closed"})
        assert other.status_code == 200
