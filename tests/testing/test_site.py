"""Requests and pages, with both transports."""

import httpx
import pytest

from hyperpy.testing import AnswerFailure, PageFailure

FILES = {
    "index.py": "t'<!doctype html><title>Home</title><h1>At home</h1>'",
    "table.py": "t'<tr><td>1</td></tr>'",
    "echo.py": """
        from hyperpy import DELETE, GET, JSONResponse, PATCH, POST, PUT, Request

        request: Request
        methods = (GET, DELETE, PATCH, POST, PUT)

        async def load():
            body = (await request.body()).decode()
            names = ("accept", "content-type", "x-a", "x-b")
            headers = {name: request.headers[name] for name in names if name in request.headers}
            given = [request.method, str(request.url.query), body, headers, request.url.hostname]
            return JSONResponse(given, headers={"X-Method": request.method})
        """,
    "visits.py": """
        from typing import Annotated
        from hyperpy import Cookie, Response

        visits: Annotated[int, Cookie()] = 0
        response: Response
        response.set_cookie("visits", str(visits + 1), httponly=True)
        response.set_cookie("secret", "1", secure=True)
        t'<p>{visits}</p>'
        """,
    "old.py": "from hyperpy import redirect\nredirect('/?from=old', 301)",
    "data.py": "from hyperpy import JSONResponse\nresponse = JSONResponse({'a': 1})",
    "broken.py": "t'<p>{1 / 0}</p>'",
    "endless.py": """
        import asyncio

        async def stream():
            while True:
                yield 'tick', 1
                await asyncio.sleep(0.01)
        """,
    "_404.py": "t'<h1>Not here</h1>'",
}


@pytest.fixture
async def site(opened, write):
    async with opened(write(FILES)) as site:
        yield site


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_every_method_has_a_name(site, method):
    answer = await getattr(site, method)("/echo", params={"a": "1 2"}, headers={"X-A": "b"})
    assert isinstance(answer, httpx.Response)
    assert answer.json()[:3] == [method.upper(), "a=1+2", ""]
    assert answer.headers["x-method"] == method.upper()


async def test_head_has_no_body(site):
    answer = await site.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    ("options", "body", "kind"),
    [
        ({"json": {"a": [1]}}, '{"a":[1]}', "application/json"),
        ({"data": {"a": "1", "b": "ä"}}, "a=1&b=%C3%A4", "application/x-www-form-urlencoded"),
        ({"content": "text"}, "text", None),
        ({"content": "x" * 200_000}, "x" * 200_000, None),
    ],
)
async def test_bodies_are_sent(site, options, body, kind):
    _, _, got, headers, _ = (await site.request("POST", "/echo", **options)).json()
    assert (got, headers.get("content-type")) == (body, kind)


async def test_files_are_sent(site):
    answer = await site.post("/echo", files={"photo": ("a.txt", b"pixels")})
    assert "pixels" in answer.json()[2]


async def test_headers_of_the_site_are_sent_with_every_request(site):
    site.headers["X-A"] = "a"
    site.headers["X-B"] = "b"
    answer = await site.get("/echo", headers={"x-b": "other"})
    assert answer.json()[3] == {"accept": "*/*", "x-a": "a", "x-b": "other"}


async def test_cookies_are_kept(site):
    assert [(await site.page("/visits")).text for _ in range(3)] == ["0", "1", "2"]
    assert site.cookies["visits"] == "3"
    site.cookies.clear()
    assert (await site.page("/visits")).text == "0"
    site.cookies.set("visits", "9")
    assert (await site.page("/visits")).text == "9"


async def test_sites_have_separate_cookies(opened, write):
    folder = write(FILES)
    async with opened(folder) as one, opened(folder) as other:
        await one.get("/visits")
        assert (await other.page("/visits")).text == "0"
        assert (await one.page("/visits")).text == "1"


async def test_the_url_of_the_site(site):
    answer = await site.get("/echo")
    assert str(answer.url) == f"{site.url}/echo"
    assert site.url.startswith(f"http://{answer.json()[4]}")
    assert (await site.get(f"{site.url}/echo")).status_code == 200


async def test_a_page_is_requested_as_browsers_do(site):
    answer = await site.page("/old")
    assert (answer.status, answer.title, answer.select_one("h1").text) == (200, "Home", "At home")
    assert answer.url == f"{site.url}/?from=old"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (await site.page("/table")).select_one("td").text == "1"
    with pytest.raises(PageFailure, match=r"no element of GET /\?from=old matches 'h2'"):
        answer.select_one("h2")


async def test_other_requests_do_not_follow_redirects(site):
    answer = await site.get("/old")
    assert (answer.status_code, answer.headers["location"]) == (301, "/?from=old")
    assert (await site.get("/old", follow_redirects=True)).status_code == 200
    assert (await site.get("/index/")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (
            "/nowhere",
            None,
            "GET /nowhere returned 404 Not Found (text/html; charset=utf-8), expected a page\n\n<h1>Not",
        ),
        (
            "/nowhere",
            410,
            "GET /nowhere returned 404 Not Found (text/html; charset=utf-8), expected a page of status 410",
        ),
        ("/", 404, "GET / returned 200 OK (text/html; charset=utf-8), expected a page of status 404"),
        ("/broken", None, "GET /broken returned 500 Internal Server Error ("),
        ("/data", None, 'GET /data returned 200 OK (application/json), expected a page\n\n{"a":1}'),
    ],
)
async def test_an_unexpected_response_to_page(site, path, status, message):
    with pytest.raises(AnswerFailure) as failure:
        await site.page(path, status=status)
    assert str(failure.value).startswith(message)
    assert failure.value.response.status_code != status


async def test_an_error_page_can_be_expected(site):
    page = await site.page("/nowhere", status=404)
    assert (page.status, page.text) == (404, "Not here")


async def test_errors_are_responses_and_logged(site, caplog):
    assert (await site.get("/broken")).status_code == 500
    assert "ZeroDivisionError" in caplog.text


async def test_a_missing_response(site):
    with pytest.raises(
        AnswerFailure, match=r"no response to GET /endless within 0\.1 s\nTo read a stream: "
    ) as failure:
        await site.get("/endless", timeout=0.1)
    assert failure.value.response is None
