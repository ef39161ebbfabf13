"""Errors of routes and inputs, and how much visitors, developers and the log see of them."""

import asyncio
import logging

import pytest

from tests.support.clients import ANYTHING, BROWSER, EVENT_SOURCE, client_of

JSON = "application/json"

NEAREST = {
    "index.py": "t'home'",
    "_404.py": "from hyper import Request\nrequest: Request\nt'<h1>nothing at {request.url.path}</h1>'",
    "_error.py": "error: Exception\nt'<h1>sorry: {type(error).__name__}</h1>'",
    "shop/_404.py": "t'<h1>no such thing in the shop</h1>'",
    "shop/{item}.py": "from hyper import HTTPException\nitem: int\nif item > 9:\n    HTTPException(404)\nt'{item}'",
    "shop/cart/index.py": "raise LookupError('secret')\nt'never'",
    "shop/cart/_error.py": "from hyper import JSONResponse\nresponse = JSONResponse({'cart': 'closed'}, 503)",
    "people/{name}/_404.py": "t'<h1>not there</h1>'",
    "people/{name}/index.py": "name: str\nt'{name}'",
    "people/ann/_404.py": "t'<h1>Ann has none</h1>'",
    "teapot.py": "from hyper import HTTPException\nraise HTTPException(418, 'stout', {'x-pot': 'tea'})\nt'never'",
}


@pytest.mark.parametrize(
    ("url", "status", "text"),
    [
        ("/nowhere", 404, "<h1>nothing at /nowhere</h1>"),
        ("/nowhere/at/all", 404, "<h1>nothing at /nowhere/at/all</h1>"),
        ("/<script>", 404, "<h1>nothing at /&lt;script&gt;</h1>"),
        ("/shop", 404, "<h1>no such thing in the shop</h1>"),
        ("/shop/ten", 404, "<h1>no such thing in the shop</h1>"),
        ("/shop/10", 404, "<h1>no such thing in the shop</h1>"),
        ("/shop/1/2/3", 404, "<h1>no such thing in the shop</h1>"),
        ("/shopping", 404, "<h1>nothing at /shopping</h1>"),
        ("/shop/cart", 503, '{"cart":"closed"}'),
        ("/people/bob/x", 404, "<h1>not there</h1>"),
        ("/people/ann/x", 404, "<h1>Ann has none</h1>"),
        ("/teapot", 418, "<h1>sorry: HTTPException</h1>"),
        ("/_404", 404, "<h1>nothing at /_404</h1>"),
        ("/shop/_error", 404, "<h1>no such thing in the shop</h1>"),
    ],
)
async def test_the_nearest_error_page(make, url, status, text):
    async with client_of(make(NEAREST)) as client:
        response = await client.get(url)
        assert (response.status_code, response.text) == (status, text)
        head = await client.head(url)
        assert (head.status_code, head.content) == (status, b"")


async def test_the_headers_of_an_error_are_kept(make):
    async with client_of(make(NEAREST)) as client:
        assert (await client.get("/teapot")).headers["x-pot"] == "tea"


HTML_AND_JSON = "application/json, text/html;q=0.5"
NEGOTIATED = [
    # Accept, URL, whether the error page answers
    (BROWSER, "/nowhere", "page"),
    (ANYTHING, "/nowhere", "page"),
    ("", "/nowhere", "page"),
    ("text/*", "/nowhere", "page"),
    ("text/html, application/json", "/nowhere", "page"),
    ("application/xhtml+xml", "/nowhere", "page"),
    (JSON, "/nowhere", "json"),
    ("application/json, text/plain, */*", "/nowhere", "json"),
    ("application/problem+json", "/nowhere", "json"),
    (HTML_AND_JSON, "/nowhere", "json"),
    ("text/html;q=0, application/json;q=x", "/nowhere", "json"),
    ("text/plain", "/nowhere", "text"),
    ("image/png", "/nowhere", "text"),
    (EVENT_SOURCE, "/nowhere", "text"),
    (JSON, "/api/nowhere", "api"),
    (BROWSER, "/api/nowhere", "api"),
    (BROWSER, "/api/%00", "api"),
    (EVENT_SOURCE, "/api/nowhere", "api"),
]


async def test_an_error_page_is_for_those_who_take_it(make):
    files = {
        "_404.py": "from hyper import Response\nresponse: Response\nresponse.set_cookie('a', 'b')\nt'page'",
        "_error.py": "t'error'",
        "api/_error.py": """
            from hyper import JSONResponse, Response
            error: Exception
            response: Response
            response.headers["x-api"] = "1"
            JSONResponse({"api": type(error).__name__})
        """,
        "api/items.py": "page: int\nt'{page}'",
        "api/locked.py": "from hyper import HTTPException\nHTTPException(401, None, {'WWW-Authenticate': 'Basic'})",
    }
    async with client_of(make(files)) as client:
        for accept, url, kind in NEGOTIATED:
            response = await client.get(url, headers={"accept": accept})
            content = {
                "page": "page",
                "json": '{"type":"about:blank","title":"Not Found","status":404,"detail":"Not Found"}',
                "text": "Not Found",
                "api": '{"api":"NoRouteError"}',
            }
            assert (response.status_code, response.text) == (404, content[kind]), (accept, url)
            assert response.headers["vary"] == "Accept", (accept, url)
        for url, status, text in (("/api/items", 422, "InputError"), ("/api/locked", 401, "HTTPException")):
            response = await client.get(url)
            assert (response.status_code, response.json()) == (status, {"api": text}), url
            assert response.headers["x-api"] == "1"
        assert response.headers["www-authenticate"] == "Basic"


async def test_the_status_of_an_input_error_is_an_attribute(make):
    files = {
        "index.py": "page: int\nt'{page}'",
        "_error.py": "from hyper import JSONResponse\nerror: Exception\nJSONResponse({}, error.status_code)",
    }
    async with client_of(make(files)) as client:
        assert (await client.get("/")).status_code == 422


async def test_an_error_page_that_fails(make, caplog):
    files = {"index.py": "raise LookupError('first')\nt'never'", "_error.py": "raise KeyError('second')\nt'never'"}
    async with client_of(make(files)) as client:
        response = await client.get("/")
    assert response.status_code == 500
    assert "first" not in response.text
    assert "second" not in response.text
    assert {record.exc_info[0] for record in caplog.records if record.exc_info} == {LookupError, KeyError}


WHERE = {
    "the body": "HTTPException(403, 'no & no')\nt'never'",
    "the body, raised": "raise HTTPException(403, 'no & no')\nt'never'",
    "the loader": "async def load():\n    raise HTTPException(403, 'no & no')\nt'never'",
    "a component": "def Guard():\n    raise HTTPException(403, 'no & no')\nt'<p>before</p><{Guard} />'",
    "an expression": "def guard():\n    raise HTTPException(403, 'no & no')\nt'<p>before {guard()}</p>'",
    "a function in a thread": "def guard():\n    raise HTTPException(403, 'no & no')\nguard()\nt'never'",
    "the first step of a stream": "async def stream():\n    raise HTTPException(403, 'no & no')\n    yield 1",
    "a response's argument": "def rows():\n    raise HTTPException(403, 'no & no')\nresponse = JSONResponse(rows())",
}


@pytest.mark.parametrize("where", WHERE)
async def test_an_http_exception_from_anywhere(make, where, caplog):
    app = make({"index.py": f"from hyper import HTTPException, JSONResponse\n{WHERE[where]}\n"})
    async with client_of(app) as client:
        response = await client.get("/")
        assert response.status_code == 403
        assert "<p>no &amp; no</p>" in response.text
        assert "before" not in response.text
        response = await client.get("/", headers={"accept": JSON})
        assert (response.status_code, response.json()) == (
            403,
            {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "no & no"},
        )
        response = await client.get("/", headers={"accept": EVENT_SOURCE})
        assert (response.status_code, response.text) == (403, "no & no")
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert not caplog.records


async def test_the_headers_of_an_http_exception(make, caplog):
    """Headers that a server would refuse are an error of the site, and headers of a body don't reach the error page."""
    raised = "name: str\nvalue: str\nraise HTTPException(409, 'x' * 50, headers={name: value})\nt'never'"
    table = [
        (409, "x-a", "é\tb"),
        (409, "content-length", "5"),
        (409, "Content-Type", "text/x"),
        (409, "transfer-encoding", "chunked"),
        *((500, "x-a", f"a{character}b") for character in "\r\n\0\x1b\x7f"),
        *((500, name, "a") for name in ("a b", "a:", "\xe9", "")),
    ]
    async with client_of(make({"index.py": f"from hyper import HTTPException\n{raised}"})) as client:
        for status, name, value in table:
            caplog.clear()
            response = await client.get("/", params={"name": name, "value": value}, headers={"accept": JSON})
            assert response.status_code == status, (name, value)
            assert response.headers["content-type"] == "application/problem+json", (name, value)
            assert int(response.headers["content-length"]) == len(response.content), (name, value)
            assert ("AnswerError" in caplog.text) is (status == 500), (name, value)


FAILURES = {
    "the body": "1 / 0\nt'never'",
    "the loader": "async def load():\n    1 / 0\nt'never'",
    "the page": "t'<p>before {1 / 0}</p>'",
    "a component": "def Bad():\n    return 1 / 0\nt'<{Bad} />'",
    "the stream": "async def stream():\n    1 / 0\n    yield 'tick', 1",
    "a progressive page": "async def stream():\n    yield t'<html>{1 / 0}'",
    "no template reached": "if 1 > 2:\n    t'never'",
    "a loader that returns nonsense": "async def load():\n    return int('4242424242')\nt'never'",
    "a value that isn't HTML": "t'<p>{b''}</p>'",
}


@pytest.mark.parametrize("accept", [BROWSER, JSON, EVENT_SOURCE, ANYTHING])
@pytest.mark.parametrize("where", FAILURES)
async def test_visitors_see_no_details_of_a_failure(make, where, accept, caplog):
    async with client_of(make({"index.py": FAILURES[where]})) as client:
        response = await client.get("/", headers={"accept": accept})
    assert response.status_code == 500
    expected = {BROWSER: "text/html; charset=utf-8", JSON: "application/problem+json"}
    assert response.headers["content-type"] == expected.get(accept, "text/plain; charset=utf-8")
    for header in ("x-accel-buffering", "cache-control"):
        assert header not in response.headers
    for secret in ("Traceback", "ZeroDivision", "index.py", "hyperpy", "before", "load()", "4242424242"):
        assert secret not in response.text
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert "index.py" in logging.Formatter().format(record)


@pytest.mark.parametrize("where", FAILURES)
async def test_developers_see_the_whole_failure(make, where):
    async with client_of(make({"index.py": FAILURES[where]}, debug=True)) as client:
        response = await client.get("/")
    assert response.status_code == 500
    assert "index.py" in response.text


INPUTS = """
    from typing import Annotated, Literal
    from hyper import Cookie, Header, Query
    from pydantic import Field

    page: int
    sort: Annotated[Literal["up", "down"], Query()]
    limit: Annotated[int, Query(alias="max"), Field(le=100)] = 10
    tags: Annotated[list[int], Query(alias="tag")] = ()
    version: Annotated[int, Header(alias="x-version")]
    theme: Annotated[str, Cookie()]
    note: str | None

    t"{page} {sort} {limit} {','.join(map(str, tags))} {version} {theme} {note or 'no note'}"
"""


@pytest.mark.parametrize("accept", [BROWSER, JSON, ANYTHING])
async def test_every_invalid_input_is_named(make, accept):
    query = {"page": "one", "sort": "<side>", "max": "101", "tag": ["1", "x"]}
    async with client_of(make({"index.py": INPUTS})) as client:
        response = await client.get("/", params=query, headers={"accept": accept, "x-version": "2.5"})
    assert response.status_code == 422
    names = ["page", "sort", "max", "tag", "x-version", "theme"]
    if accept == JSON:
        assert list(response.json()["fields"]) == names
    for name in names:
        assert name in response.text
    assert "<side>" not in response.text
    assert "limit" not in response.text


async def test_one_invalid_input_has_the_same_shape_as_two(make):
    source = "from hyper import POST, Body\na: int\nb: int\nif POST:\n    c: list[int] = Body()\nt'{a}{b}'"
    async with client_of(make({"index.py": source})) as client:
        answers = [await client.get(f"/{query}", headers={"accept": JSON}) for query in ("", "?a=1", "?a=1&b=x")]
        for items in ([1, "x"], ["x", "y"]):
            answers.append(await client.post("/?a=1&b=1", json=items, headers={"accept": JSON}))
    shapes = [(answer.status_code, *answer.json()) for answer in answers]
    assert set(shapes) == {(422, "type", "title", "status", "detail", "fields")}
    assert {answer.json()["detail"] for answer in answers} == {"Unprocessable Content"}
    fields = [answer.json()["fields"] for answer in answers]
    assert list(map(list, fields)) == [["a", "b"], ["b"], ["b"], ["c[1]"], ["c[0]", "c[1]"]]


async def test_valid_inputs(make):
    query = {"page": "2", "sort": "up", "tag": ["1", "2"]}
    headers = {"x-version": "3", "cookie": "theme=d%3C"}
    async with client_of(make({"index.py": INPUTS})) as client:
        response = await client.get("/", params=query, headers=headers)
        assert response.text == "2 up 10 1,2 3 d%3C no note"


async def test_an_assignment_can_not_be_set_from_the_url(make):
    files = {"{id}.py": "id: int\nis_admin: bool = False\nuser = 'nobody'\nt'{id} {int(is_admin)} {user}'"}
    async with client_of(make(files)) as client:
        assert (await client.get("/7?is_admin=1&user=root&id=8")).text == "7 0 nobody"


@pytest.mark.parametrize("accept", [BROWSER, JSON])
async def test_what_an_error_looks_like_depends_on_accept(make, accept):
    async with client_of(make({"index.py": "t''"})) as client:
        response = await client.get("/nothing", headers={"accept": accept})
        assert "Accept" in response.headers.get("vary", "")


async def test_inputs_under_a_flag_are_bound_in_its_branch(make):
    files = {"index.py": "from hyper import POST\nif POST:\n    amount: int\n    t'{amount}'\nelse:\n    t'ask'"}
    async with client_of(make(files)) as client:
        get, bad, good = await asyncio.gather(client.get("/"), client.post("/"), client.post("/?amount=3"))
    assert (get.text, bad.status_code, good.text) == ("ask", 422, "3")
