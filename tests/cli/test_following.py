"""Which responses get the script that makes open pages follow the code, and where."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp

from hyperpy.dev.browser import Asset, Following, Update
from hyperpy.dev.browser import following as following_module
from hyperpy.dev.browser.injection import after_prologue, allow_script
from hyperpy.pages import ANSWERED
from tests.support.until import until

NAVIGATION = {"sec-fetch-dest": "document", "accept": "text/html"}
TAG = '<script type="module" async src="/_hyper/dev/dev.js"'


async def fetch(response: ASGIApp, method: str = "GET", headers: dict[str, str] | None = None, path: str = "/"):
    transport = httpx.ASGITransport(Following(response))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.request(method, path, headers=NAVIGATION if headers is None else headers)


def document(content: str = "<!doctype html><p>x", status: int = 200, **headers: str) -> Response:
    return Response(
        content, status, {"content-type": "text/html"} | {name.replace("_", "-"): headers[name] for name in headers}
    )


async def test_documents_get_the_script():
    wrong = []
    for method in ("GET", "POST"):
        for response in (
            document(),
            document(status=404),
            document(etag='"a"'),
            document(content_disposition="inline"),
        ):
            answer = await fetch(response, method)
            if TAG not in answer.text or int(answer.headers["content-length"]) != len(answer.content):
                wrong.append((method, answer))
            assert "etag" not in answer.headers
    lan = await fetch(document(), headers={"accept": "text/html,application/xhtml+xml"})
    assert TAG in lan.text
    assert not wrong


async def test_other_responses_stay_as_they_are():
    content = "<!doctype html><p>x"
    untouched = [
        (document(), {"sec-fetch-dest": "empty"}),
        (document(), {"sec-fetch-dest": "iframe"}),
        (document(), {"accept": "*/*"}),
        (document(), {"accept": "text/html", "hx-request": "true"}),
        (document(content_disposition="attachment"), NAVIGATION),
        (document(content_encoding="identity-of-mine"), NAVIGATION),
        (document(content_range="bytes 0-3/9", status=206), NAVIGATION),
        (Response(content, media_type="text/plain"), NAVIGATION),
        (Response(content, media_type="application/xhtml+xml"), NAVIGATION),
    ]
    answers = [await fetch(response, headers=headers) for response, headers in untouched]
    assert [answer.text for answer in answers] == [content] * len(untouched)


async def test_head_has_the_length_of_get():
    got = await fetch(document())
    asked = await fetch(document(""), "HEAD")
    assert int(asked.headers["content-length"]) == int(got.headers["content-length"]) - len("<!doctype html><p>x")
    assert asked.content == b""


async def test_a_progressive_page_gets_it_once_in_its_first_chunk():
    async def chunks():
        for chunk in ("<!doc", "type html>", "<p>", "x"):
            yield chunk

    answer = await fetch(StreamingResponse(chunks(), media_type="text/html"))
    start, _, rest = answer.text.partition(TAG)
    assert start == "<!doctype html>"
    assert rest.endswith("></script><p>x")


def test_the_script_comes_after_what_may_precede_it():
    wrong = []
    for marked in (
        "<!doctype html>|<p>x",
        "<!doctype html>\n<html>\n<head>|<title>",
        "\ufeff<!-- > --><!DOCTYPE html><html lang='a>b' data-x=\"<head>\"><HEAD class=a>|<meta>",
        "<!doctype html><html>|<header>x",
        "|<h1>x",
        "|",
    ):
        place = after_prologue(marked.replace("|", "").encode())
        if place != len(marked.partition("|")[0].encode()):
            wrong.append((marked, place))
    assert not wrong


@pytest.mark.parametrize("nonce", ["", "'nonce-abc='"])
async def test_the_policy_allows_the_script(nonce: str):
    answer = await fetch(document(content_security_policy=f"default-src 'none'; script-src {nonce or "'none'"}"))
    assert ('nonce="abc="' in answer.text) == bool(nonce)
    script = nonce or "'self'"
    assert answer.headers["content-security-policy"] == f"default-src 'none'; script-src {script}; connect-src 'self'"


def test_policies():
    wrong = {}
    for given, expected in {
        "img-src a": "img-src a",
        "default-src 'self'": "default-src 'self'",
        "default-src a.b": "default-src a.b; script-src a.b 'self'; connect-src a.b 'self'",
        "script-src-elem x; script-src y; ": "script-src-elem x 'self'; script-src y",
        "connect-src wss:; Connect-Src 'none'": "connect-src wss: 'self'",
    }.items():
        if allow_script(given) != expected:
            wrong[given] = allow_script(given)
    assert not wrong


async def test_its_own_files():
    for name in ("assets.js", "dev.js", "fragments.js", "morph.js", "overlay.js", "sent.js"):
        answer = await fetch(document(), path=f"/_hyper/dev/{name}")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.text.startswith("// ")
    assert [(await fetch(document(), path=f"/_hyper/dev/{name}")).status_code for name in ("", "x", "__init__.py")] == [
        404,
        404,
        404,
    ]


async def test_a_page_and_its_requests_name_the_route_file_that_answers():
    async def app(scope, receive, send):
        scope[ANSWERED].append('routes/a "b".py')
        await document()(scope, receive, send)

    page, other = await fetch(app), await fetch(app, headers={})
    assert 'data-route="routes/a%20%22b%22.py"' in page.text
    assert other.headers["server-timing"] == 'hyper-route;desc="routes/a%20%22b%22.py"'
    assert 'data-route=""' in (await fetch(document())).text


class Page:
    """A connection for events, and what has been sent on it."""

    def __init__(self, following: Following, since: str, **headers: str) -> None:
        self.sent: list[dict[str, Any]] = []
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "path": "/_hyper/dev/events", "method": "GET", "headers": raw}
        query = f"since={since}".encode()
        self.left = asyncio.Event()
        self.task = asyncio.create_task(following({**scope, "query_string": query}, self.receive, self.send))

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)

    def updates(self) -> list[tuple[Any, list[str]]]:
        text = b"".join(message.get("body", b"") for message in self.sent).decode()
        found = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
        return [(each["files"], [asset["path"] for asset in each["assets"]]) for each in found]


async def test_updates_reach_open_pages_and_those_that_were_away():
    following = Following(document())
    updates = following.updates
    first = updates.generation
    here, elsewhere = Page(following, first), Page(following, "of another process")
    await until(lambda: elsewhere.updates() == [(None, [])])
    updates.publish(Update(frozenset({"a.py"})))
    second = updates.generation
    updates.publish(Update(assets=(Asset("/static/x.css", "/static/x.1.css"),)))
    updates.publish(Update())  # nothing
    expected = [(["a.py"], []), ([], ["/static/x.css"])]
    await until(lambda: here.updates() == expected)
    assert elsewhere.updates() == [(None, []), *expected]
    for since, headers, missed in (
        (first, {}, [(["a.py"], ["/static/x.css"])]),
        (second, {}, [([], ["/static/x.css"])]),
        (first, {"last_event_id": second}, [([], ["/static/x.css"])]),
        ("unknown", {}, [(None, ["/static/x.css"])]),
        (updates.generation, {}, []),
    ):
        page = Page(following, since, **headers)
        await until(lambda page=page: page.sent)
        await until(lambda page=page, missed=missed: page.updates() == missed)
        page.left.set()
        await page.task
    assert not here.task.done()
    updates.close()
    await asyncio.gather(here.task, elsewhere.task)
    assert here.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    await Page(following, first).task  # one that connects while the server stops


async def test_silent_connections_are_tried(monkeypatch):
    monkeypatch.setattr(following_module, "PING", 0.01)
    following = Following(document())
    page = Page(following, following.updates.generation)
    await until(lambda: any(message.get("body") == b":\n\n" for message in page.sent))
    following.updates.close()
    await page.task
