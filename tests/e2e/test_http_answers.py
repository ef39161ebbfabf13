"""Explicit answers, redirects, guards, and the status, headers and cookies that a route sets beside its answer."""

import logging

import pytest

from tests.support.clients import BROWSER, EVENT_SOURCE, client_of

HYPER = """
from hyper import (
    GET, POST, Event, FileResponse, HTMLResponse, HTTPException, JSONResponse, Markup, PlainTextResponse,
    RedirectResponse, Request, Response, StreamingResponse, fragment, html, redirect, render,
)
"""
PAGE = "\nt'<p>page</p>'\n"

# Code that answers explicitly, and the status and body of the response.
ANSWERS = {
    "response = JSONResponse": ("response = JSONResponse({'a': [1]}, 201)", 201, '{"a":[1]}'),
    "a bare call": ("PlainTextResponse('text', 202)", 202, "text"),
    "a bare call of the file's own": ("def deny():\n    return PlainTextResponse('no', 403)\ndeny()", 403, "no"),
    "the loader's return": ("async def load():\n    return HTMLResponse('<b>', 418)", 418, "<b>"),
    "a global of the loader": (
        "async def load():\n    global response\n    response = HTMLResponse('x', 201)",
        201,
        "x",
    ),
    "a global of a function": ("def f():\n    global response\n    response = HTMLResponse('x', 201)\nf()", 201, "x"),
    "under an if": ("if 1:\n    response = HTMLResponse('x', 201)", 201, "x"),
    "in a try": ("try:\n    response = HTMLResponse('x', 201)\nfinally:\n    late = 1", 201, "x"),
    "annotated": ("response: Response = HTMLResponse('x', 201)", 201, "x"),
    "a walrus": ("(response := HTMLResponse('x', 201))", 201, "x"),
    "in a match": ("match 3:\n    case int():\n        PlainTextResponse('three', 203)", 203, "three"),
    "in a loop": ("for n in range(9):\n    if n == 3:\n        PlainTextResponse(str(n), 203)", 203, "3"),
    "in a with": ("import io\nwith io.StringIO() as f:\n    PlainTextResponse('with', 203)", 203, "with"),
    "a subclass of Response": ("class Mine(Response):\n    media_type = 'text/x'\nresponse = Mine('x', 201)", 201, "x"),
    "a file": ("response = FileResponse(__file__, 201)", 201, None),
    "a bare render": (
        "t'<p><b {fragment}=\"x\">{1 + 1}</b></p>'\nrender(fragments='x')\nraise LookupError",
        200,
        "<b>2</b>",
    ),
    "a bare render of a later page": (
        "render(fragments=['x'])\nt'<p><b {fragment}=\"x\">{3}</b></p>'",
        200,
        "<b>3</b>",
    ),
}


@pytest.mark.parametrize(
    "then", ["", PAGE, "\nasync def stream():\n    yield 'never', 1\n"], ids=["", "page", "stream"]
)
@pytest.mark.parametrize("how", ANSWERS)
async def test_an_explicit_answer_wins(make, how, then):
    body, status, text = ANSWERS[how]
    if "<p>" in body and then == PAGE:
        then = ""
    async with client_of(make({"index.py": f"{HYPER}{body}\n{then}"})) as client:
        response = await client.get("/", headers={"accept": EVENT_SOURCE})
        assert response.status_code == status
        assert text is None or response.text == text


STOPS = {
    "a bare redirect": "redirect('/login')",
    "response = redirect": "response = redirect('/login')",
    "in a try that catches all": "try:\n    redirect('/login')\nexcept Exception:\n    log.append('swallowed')",
    "in a function that is called": "def guard():\n    return redirect('/login')\nguard()",
    "in a loop": "for _ in range(3):\n    redirect('/login')\n    log.append('round')",
    "from the loader": "async def load():\n    return redirect('/login')",
}


@pytest.mark.parametrize("guard", STOPS)
async def test_the_body_stops_at_its_explicit_answer(make, guard):
    files = {
        "_log.py": "log = []\n",
        "index.py": f"{HYPER}from ._log import log\n{STOPS[guard]}\nlog.append('after')\nt'<p>secret</p>'",
        "log.py": f"{HYPER}from ._log import log\nresponse = JSONResponse(log)",
    }
    async with client_of(make(files)) as client:
        response = await client.get("/")
        assert (response.status_code, response.headers["location"]) == (303, "/login")
        assert "secret" not in response.text
        assert (await client.get("/log")).json() == []


async def test_a_finally_runs_when_the_body_stops(make):
    files = {
        "_log.py": "log = []\n",
        "index.py": f"{HYPER}from ._log import log\ntry:\n    redirect('/x')\nfinally:\n    log.append('tidy')\n",
        "log.py": f"{HYPER}from ._log import log\nresponse = JSONResponse(log)",
    }
    async with client_of(make(files)) as client:
        assert (await client.get("/")).status_code == 303
        assert (await client.get("/log")).json() == ["tidy"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https:evil", "https://evil.example/", "java\tscript:x"]
)
async def test_a_redirect_stays_on_the_site(make, target):
    files = {"index.py": f"{HYPER}next: str\nredirect(next)\n"}
    async with client_of(make(files)) as client:
        response = await client.get("/", params={"next": target})
        assert response.status_code == 400
        assert "location" not in response.headers
        assert (await client.get("/?next=/a%3Fb")).headers["location"] == "/a?b"


SETTING = """
response: Response
response.status_code = 202
response.headers["x-mine"] = "1"
response.headers["cache-control"] = "max-age=9"
response.set_cookie("a", "1", httponly=True)
response.set_cookie("b", "2")
"""
KINDS = {
    "page": "t'<p>page</p>'",
    "stream": "async def stream():\n    yield 'tick', 1",
    "html stream": "async def stream():\n    yield t'<html>'",
    "page from a loader": "async def load():\n    response.headers['x-late'] = '1'\nt'<p>page</p>'",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_route_sets_status_headers_and_cookies(make, kind, method):
    async with client_of(make({"index.py": f"{HYPER}{SETTING}{KINDS[kind]}\n"})) as client:
        response = await client.request(method, "/", headers={"accept": BROWSER})
    assert response.status_code == 202
    assert response.headers["x-mine"] == "1"
    assert response.headers.get_list("set-cookie") == [
        "a=1; HttpOnly; Path=/; SameSite=lax",
        "b=2; HttpOnly; Path=/; SameSite=lax",
    ]
    assert ("x-late" in response.headers) == ("loader" in kind)
    # A stream must not be cached, whatever headers its route sets.
    assert response.headers["cache-control"] == ("no-cache, no-transform" if kind == "stream" else "max-age=9")
    assert response.headers["content-type"] == {"stream": "text/event-stream; charset=utf-8"}.get(
        kind, "text/html; charset=utf-8"
    )


async def test_set_headers_are_added_to_those_of_an_explicit_answer(make):
    body = """
answer: Response
answer.status_code = 500
answer.headers["x-mine"] = "1"
answer.headers["content-type"] = "text/odd"
answer.set_cookie("a", "1")
response = JSONResponse([1], headers={"x-own": "2", "set-cookie": "b=2"})
"""
    async with client_of(make({"index.py": HYPER + body})) as client:
        response = await client.get("/")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (response.headers["x-mine"], response.headers["x-own"]) == ("1", "2")
    assert sorted(cookie[:3] for cookie in response.headers.get_list("set-cookie")) == ["a=1", "b=2"]


LATE = {
    "a header": "response.headers['x-late'] = '1'",
    "another value": "response.headers['x-mine'] = '2'",
    "a header taken away": "del response.headers['x-mine']",
    "a cookie": "response.set_cookie('late', '1')",
    "a cookie taken away": "response.delete_cookie('a')",
    "the status": "response.status_code = 500",
    "vary": "response.headers.add_vary_header('x')",
    "raw headers": "response.raw_headers.append((b'x', b'y'))",
}


@pytest.mark.parametrize("change", LATE)
async def test_headers_can_not_change_after_the_first_byte(make, change, caplog):
    body = f"""{HYPER}import asyncio
response: Response
response.headers["x-mine"] = "1"
async def stream():
    yield "tick", 1
    await asyncio.sleep(0.01)
    {LATE[change]}
    yield "tick", 2
"""
    async with client_of(make({"index.py": body})) as client:
        text = (await client.get("/", headers={"accept": EVENT_SOURCE})).text
    assert text.startswith("event: tick\ndata: 1\n\n")
    assert "data: 2" not in text
    assert "event: stream-error\n" in text
    assert "have been sent already" in caplog.text
    assert "index.py" in caplog.text


@pytest.mark.parametrize("change", LATE)
async def test_headers_can_not_change_in_a_generator(make, change, caplog):
    """Otherwise the change would be lost silently, because the headers have been prepared."""
    body = f"{HYPER}response: Response\nresponse.headers['x-mine'] = '1'\nresponse.set_cookie('a', '1')\n"
    body += f"async def stream():\n    {LATE[change]}\n    yield 'tick', 1\n"
    async with client_of(make({"index.py": body})) as client:
        response = await client.get("/", headers={"accept": EVENT_SOURCE})
    assert response.status_code == 500
    assert "x-mine" not in response.headers
    assert "HeadersSentError" in caplog.text


@pytest.mark.parametrize("value", ["a\\r\\nset-cookie: x=1", "a\\nb", "a\\0b"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_end_in_a_header_is_an_error(make, kind, value):
    body = f"{HYPER}response: Response\nresponse.headers['x-mine'] = 'ok'\nresponse.headers['x-bad'] = '{value}'\n"
    body += f"{KINDS[kind]}\n"
    async with client_of(make({"index.py": body})) as client:
        response = await client.get("/", headers={"accept": BROWSER})
    assert response.status_code == 500
    assert "set-cookie" not in response.headers
    assert "x-bad" not in response.headers


@pytest.mark.parametrize("value", ["a\\r\\nset-cookie: x=1", "a\\nb", "a\\0b"])
@pytest.mark.parametrize("call", ["response = JSONResponse", "PlainTextResponse", "StreamingResponse"])
async def test_a_line_end_in_a_header_of_an_explicit_answer(make, call, value):
    """A server would close the connection or send two headers."""
    body = f"{HYPER}{call}('ab', headers={{'x-bad': '{value}'}})\n"
    async with client_of(make({"index.py": body})) as client:
        response = await client.get("/")
    assert response.status_code == 500
    assert "x-bad" not in response.headers


async def test_head_of_a_file(make, tmp_path):
    (tmp_path / "some.txt").write_text("some text")
    body = f"{HYPER}response = FileResponse({str(tmp_path / 'some.txt')!r})"
    async with client_of(make({"index.py": body})) as client:
        head, get = await client.head("/"), await client.get("/")
        assert (head.headers["content-length"], head.content, get.text) == ("9", b"", "some text")
        part = await client.get("/", headers={"range": "bytes=5-"})
        assert (part.status_code, part.text) == (206, "text")


async def test_a_response_made_at_load_is_not_shared(make):
    """It would be sent to everyone, with the cookies that each request adds."""
    body = f"{HYPER}user: str\nresponse = PlainTextResponse(user)\nresponse.set_cookie('user', user)\n"
    async with client_of(make({"index.py": body})) as client:
        for user in ("ann", "bob"):
            response = await client.get(f"/?user={user}")
            assert response.text == user
            assert response.headers.get_list("set-cookie") == [f"user={user}; HttpOnly; Path=/; SameSite=lax"]


DATASTAR = {"accept": "text/event-stream, text/html, application/json", "datastar-request": "true"}
HTMX_4 = {"accept": "text/html, text/event-stream"}

BOTH = """
from hyperpy import POST

if POST:
    pass

t"<p>page</p>"

async def stream():
    yield t"<p id='news'>stream</p>"
"""


async def test_datastar_gets_the_stream_of_a_url_that_has_a_page_as_well(make):
    async with client_of(
        make({"index.py": BOTH, "feed.py": "async def stream():\n    yield t'<p id=a>1</p>'\n"})
    ) as client:
        for method in ("GET", "POST", "HEAD"):
            for headers, kind in [
                (DATASTAR, "text/event-stream"),
                ({"accept": DATASTAR["accept"]}, "text/event-stream"),
                (HTMX_4, "text/html"),
                (HTMX_4 | {"datastar-request": "true"}, "text/event-stream"),
                (HTMX_4 | {"datastar-request": "false"}, "text/html"),
            ]:
                answer = await client.request(method, "/", headers=headers)
                assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
                assert answer.headers["vary"] == "Accept, Datastar-Request"
        assert (await client.get("/feed", headers=DATASTAR)).headers["vary"] == "Accept"


async def test_a_page_in_parts_begins_with_events_if_it_has_data(make):
    """A `yield` of a value that can only be data is visibly an event."""
    lines = {"list": "[1, 2]", "number": "5", "flag": "True", "comprehension": "[n for n in range(2)]"}
    files = {f"{name}.py": f"async def stream():\n    yield t'a'\n    yield {text}\n" for name, text in lines.items()}
    async with client_of(make(files)) as client:
        for name in lines:
            answer = await client.get(f"/{name}", headers={"accept": "text/html"})
            assert answer.text.startswith("data: a\n\ndata: "), name


async def test_an_error_before_the_first_event_has_an_error_page_whatever_it_is(make):
    """Also with a detail that isn't text."""
    details = {"dict": "{'code': 7}", "list": "[1]", "number": "5", "object": "object()", "surrogate": "'\\ud800'"}
    source = "from hyperpy import HTTPException\n\nasync def stream():\n    raise HTTPException(409, {})\n    yield 1\n"
    files = {f"{name}.py": source.format(detail) for name, detail in details.items()}
    async with client_of(make(files)) as client:
        for name in details:
            for accept in (BROWSER, EVENT_SOURCE, "application/json", "text/event-stream, application/json"):
                answer = await client.get(f"/{name}", headers={"accept": accept})
                assert answer.status_code == 409, (name, accept, answer.text)
        answer = await client.get("/dict", headers={"accept": "application/json"})
        assert answer.json() == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "Conflict",
            "code": 7,
        }


async def test_a_failure_has_an_error_page_even_if_its_text_can_not_be_found_out(make, caplog):
    caplog.set_level(logging.CRITICAL, "hyperpy")  # pytest-xdist can't pass on a log with lone surrogates
    source = (
        "class Unshowable(Exception):\n    def __str__(self):\n        raise ZeroDivisionError\n\n"
        "async def stream():\n    raise {}\n    yield 1\n"
    )
    files = {"unshowable.py": source.format("Unshowable()"), "surrogate.py": source.format("ValueError('\\ud800')")}
    for debug in (False, True):
        async with client_of(make(files, debug=debug)) as client:
            for name in ("unshowable", "surrogate"):
                for accept in (BROWSER, EVENT_SOURCE):
                    answer = await client.get(f"/{name}", headers={"accept": accept})
                    assert (answer.status_code, bool(answer.text)) == (500, True), (name, debug, accept)
