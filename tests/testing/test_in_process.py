"""The transport without a network behaves like a server."""

import pytest

from hyperpy.testing import client


async def answer(send, body=b"", *, more=False, **start):
    await send({"type": "http.response.start", "status": 200, "headers": [], **start})
    await send({"type": "http.response.body", "body": body, "more_body": more})


def app_of(function):
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await function(scope, receive, send)

    return app


async def nothing(scope, receive, send):
    pass


async def fails(scope, receive, send):
    raise LookupError("unexpected")


async def body_first(scope, receive, send):
    await send({"type": "http.response.body", "body": b"x"})


@pytest.mark.parametrize("function", [nothing, fails, body_first])
async def test_an_exception_results_in_500(opened, function, caplog):
    async with opened(app_of(function)) as site:
        got = await site.get("/")
    assert (got.status_code, got.text) == (500, "Internal Server Error")
    assert any(record.levelname == "ERROR" for record in caplog.records)


async def test_sending_after_the_end_is_an_error(opened, caplog):
    async def app(scope, receive, send):
        await answer(send, b"x")
        await send({"type": "http.response.body", "body": b"y"})

    async with opened(app_of(app)) as site:
        assert (await site.get("/")).text == "x"
    assert "RuntimeError" in caplog.text


async def test_an_incomplete_response_is_cut(opened, caplog):
    async def app(scope, receive, send):
        await answer(send, b"<p>x", more=True, headers=[(b"content-type", b"text/html")])

    async with opened(app_of(app)) as site, site.parts("/") as parts:
        assert (await parts.until("p")).text == "x"
        with pytest.raises(AssertionError, match="the connection was cut"):
            await parts.rest()
    assert "complet" in caplog.text


async def test_receive_returns_a_disconnect_after_the_end(opened):
    received = []

    async def app(scope, receive, send):
        received.append(await receive())
        await answer(send, b"x")
        received.append(await receive())

    async with opened(app_of(app)) as site:
        assert (await site.get("/")).text == "x"
    assert [message["type"] for message in received] == ["http.request", "http.disconnect"]


SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "https",
    "path": "/a b/ä",
    "raw_path": b"/a%20b/%C3%A4",
    "query_string": b"c=%20",
    "root_path": "",
    "server": ("site.example", 443),
    "state": {},
}


async def test_the_site_can_have_any_url():
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await answer(send, headers=[(b"set-cookie", b"a=1; Secure; Path=/")])

    async with client(app_of(app), url="https://site.example") as site:
        await site.get("/a b/ä?c=%20")
        await site.get("/")
    first, second = scopes
    assert {name: first[name] for name in SCOPE} == SCOPE
    assert dict(first["headers"])[b"host"] == b"site.example"
    assert dict(second["headers"])[b"cookie"] == b"a=1"
    assert first["client"] != second["client"]
