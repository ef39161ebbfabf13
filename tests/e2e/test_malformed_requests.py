"""Requests that a visitor can make up on their own: each is a 4xx, without an error in the log."""

import json
import logging
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import Request as StarletteRequest

from hyperpy import Hyper, Response, redirect
from tests.support.clients import client_of
from tests.support.sites import Make

READERS = {
    "form.py": "form['name'].strip()",
    "photo.py": "form['photo'].filename",
    "json.py": "await request.json()",
    "query.py": "request.query_params['page']",
    "cookie.py": "request.cookies['theme']",
    "header.py": "request.headers['x-token']",
}
READ = """
    from hyper import JSONResponse, POST, Request

    request: Request

    async def load():
        async with request.form() as form:
            return JSONResponse(%s)

    if POST:
        pass
"""
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\nv\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="f.txt"\r\n\r\nv\r\n'
END = b"--x--\r\n"


FORMS = [
    (FORM, b"other=1", 422, "name: is required"),
    (FORM, b"", 422, "name: is required"),
    ("", b"name=1", 422, "name: is required"),
    ("text/plain", b"name=1", 422, "name: is required"),
    (FORM, b"&".join(b"a%d=1" % n for n in range(1001)), 400, "Too many fields"),
    (FORM, b"name=" + b"a" * 1_100_000, 400, "maximum size"),
    ("multipart/form-data", b"x", 400, "boundary"),
    (MULTIPART, b"garbage", 400, "Invalid multipart"),
    (MULTIPART, b"", 422, "name: is required"),
    (MULTIPART, PART % b"other" + END, 422, "name: is required"),
    (MULTIPART, PART % b"name", 400, "incomplete"),
    (MULTIPART, PART % b"name" + PART[:-4] % b"other", 400, "incomplete"),
    (MULTIPART, PART % b"name" + FILE[:-2] % b"photo", 400, "incomplete"),
    (MULTIPART, PART % b"name" + b"--x\r\nContent-Dispo", 400, "incomplete"),
    (MULTIPART, PART % b"name" + b"--x-", 400, "incomplete"),
    (MULTIPART, PART % b"name" + b"--x--", 200, ""),
    (MULTIPART, b"--x--\r\n", 422, "name: is required"),
    (MULTIPART, PART % b"other" + END, 422, "name: is required"),
    (MULTIPART, b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n" + END, 400, "must be provided"),
    (MULTIPART, PART % b"a" * 1001 + END, 400, "Too many fields"),
    (MULTIPART, FILE % b"a" * 1001 + END, 400, "Too many files"),
    (MULTIPART, FILE % b"name" + END, 422, "name: must be text, not a file"),
    *(
        (f"{MULTIPART}; charset={charset}", PART % b"name" + END, 400, "charset")
        for charset in ("punycode", "PunyCode", "idna", "undefined", "unicode_escape", "raw-unicode-escape")
    ),
]
FILES = [
    (FORM, b"photo=a.png", 422, "photo: must be a file"),
    (FORM, b"photo=", 422, "photo: must be a file"),
    (MULTIPART, PART % b"photo" + END, 422, "photo: must be a file"),
    (MULTIPART, FILE % b"photo" + END, 200, '"f.txt"'),
]
BODIES = [
    (b"", "Expecting value"),
    (b"{", "line 1 column 2"),
    (b"\xff", "not UTF-8"),
    (b"\xff\xfe\0\0[", "not UTF-32"),
    (b"[" * 100_000, "too deeply"),
    (b"[" * 201 + b"]" * 201, "too deeply"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "too deeply"),
    (b"1" * 5000, "too many digits"),
    (b"[NaN]", "NaN is not a number"),
    (b"-Infinity", "-Infinity is not a number"),
    (b"[1e999]", "out of range"),
    (b'["\\ud800"]', "lone surrogate"),
    (b'{"\\uDFFF": 1}', "lone surrogate"),
    (b'["\xed\xa0\x80"]', "lone surrogate"),
]
ACCEPTED = [
    b"1",
    b"[1.5e300]",
    '["é😀"]'.encode(),
    b'["\\ud83d\\ude00"]',
    b"[" * 200 + b"]" * 200,
    b"[1," * 9 + b"1" + b"]" * 9,
]
ACCEPTED += [json.dumps([[]] * 1000).encode(), '["é"]'.encode("utf-16")]


async def sent(app: Hyper, messages: Iterable[dict[str, Any]] = (), **scope: object) -> list[Any]:
    """The messages that an application sends for one request, for which it receives `messages`."""
    received, answer = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(received)

    async def send(message: Any) -> None:
        answer.append(message)

    defaults = {"method": "GET", "query_string": b"", "headers": [], "scheme": "http", "server": ("localhost", 80)}
    await app({"type": "http", **defaults, **scope}, receive, send)
    return answer


def readers(make: Make):
    return make({name: READ % expression for name, expression in READERS.items()})


async def test_malformed_bodies(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    wrong = []
    async with client_of(readers(make)) as client:
        bodies = [("application/json", body, 400, text) for body, text in BODIES]
        for url, cases in (("/form", FORMS), ("/photo", FILES), ("/json", bodies)):
            for kind, body, status, text in cases:
                response = await client.post(url, content=body, headers={"content-type": kind, "accept": "text/plain"})
                if response.status_code != status or text not in response.text:
                    wrong.append((url, kind, body[:60], response.status_code, response.text))
        for body in ACCEPTED:
            response = await client.post("/json", content=body, headers={"content-type": "application/json"})
            if response.status_code != 200 or response.json() != json.loads(body):
                wrong.append(("/json", "", body[:60], response.status_code, response.text))
    assert not wrong
    assert not [record for record in caplog.records if record.name.startswith("hyperpy")]


async def test_an_attribute_error_of_the_author_is_not_the_visitor_s(make: Make) -> None:
    expressions = ["form['a'].filname", "str(1234).filename", "form.filename"]
    async with client_of(make({f"{n}.py": READ % expression for n, expression in enumerate(expressions)})) as client:
        for number, expression in enumerate(expressions):
            assert (await client.post(f"/{number}", data={"a": "1234"})).status_code == 500, expression


async def test_what_a_request_lacks(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(readers(make)) as client:
        for url, name in (("/query", "page"), ("/cookie", "theme"), ("/header", "x-token")):
            response = await client.get(url, headers={"accept": "application/json"})
            assert (response.status_code, response.json()["fields"]) == (422, {name: "is required"}), url
        present = await client.get("/query?page=2"), await client.get("/header", headers={"x-token": "t"})
        assert [response.json() for response in present] == ["2", "t"]
    assert not caplog.records


async def test_a_query_that_is_not_utf_8(make: Make) -> None:
    """Servers other than `hyper serve` pass it on."""
    start, _ = await sent(
        make({"url.py": "from hyper import Request\nrequest: Request\nt'{request.url}'"}),
        path="/url",
        query_string=b"q=\xff",
    )
    assert start["status"] == 400


async def test_code_that_catches_the_errors_of_starlette(make: Make) -> None:
    expressions = ("form['name']", "request.query_params['a']", "request.cookies['a']", "request.headers['a']")
    tries = [f"    try:\n        {e}\n    except KeyError:\n        caught += 1\n" for e in expressions]
    json_try = (
        "    try:\n        await request.json()\n    except json.JSONDecodeError as e:\n        caught += e.colno\n"
    )
    head = "import json\nfrom hyper import JSONResponse, POST, Request\nrequest: Request\nasync def load():\n"
    body = (
        f"    caught = 0\n    form = await request.form()\n{''.join(tries)}{json_try}    return JSONResponse(caught)\n"
    )
    async with client_of(make({"index.py": f"{head}{body}if POST:\n    pass\n"})) as client:
        assert (await client.post("/", content=b"{")).json() == len(expressions) + 2


REDIRECTS = [
    ("next.py", "next: Annotated[str, Query()]\nredirect(next)"),
    ("loaded.py", "next: Annotated[str, Query()]\nasync def load():\n    return redirect(url=next)"),
    ("helped.py", "from ._helper import go\nnext: Annotated[str, Query()]\nresponse = go(next)"),
]
REFUSED = [
    "//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "/%0d%0aX-A:%201",
    "/%00",
    "",
    "/%5Cevil",
    "%20/a",
]


async def test_a_redirect_that_a_visitor_asked_for(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    head = "from typing import Annotated\nfrom hyper import Query, redirect\n"
    files = {name: head + source for name, source in REDIRECTS}
    files["_helper.py"] = "from hyper import redirect\ndef go(target):\n    return redirect(target)\n"
    caplog.set_level(logging.INFO, "hyperpy")
    async with client_of(make(files)) as client:
        for name, source in REDIRECTS:
            for target in REFUSED:
                caplog.clear()
                response = await client.get(f"/{name.removesuffix('.py')}?next={target}")
                assert response.status_code == 400, (name, target)
                (record,) = caplog.records
                line = "_helper.py:3" if name == "helped.py" else f"{name}:{2 + len(source.splitlines())}"
                assert f"{line}  redirect(" in record.getMessage()
                assert (record.levelname, record.exc_info, record.getMessage().isprintable()) == ("WARNING", None, True)


async def test_a_redirect_in_an_explicit_route(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    async def refused(request: StarletteRequest) -> Response:
        return redirect(request.query_params["next"])

    async def raised(request: StarletteRequest) -> Response:
        raise redirect(request.query_params["next"])

    app = make({"index.py": "t''"})
    app.add_route("/returned", refused)
    app.add_route("/raised", raised)
    async with client_of(app) as client:
        for path in ("/returned", "/raised"):
            caplog.clear()
            assert (await client.get(f"{path}?next=//evil.example")).status_code == 400
            (record,) = caplog.records
            assert (record.levelname, record.exc_info) == ("WARNING", None)
            assert (await client.get(f"{path}?next=/a")).headers["location"] == "/a"


async def test_a_redirect_that_the_author_got_wrong(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    calls = ["redirect('//a.example')", "redirect(\n    'https://a.example/é'\n)", "redirect(url='')", "go()"]
    helper = "from hyper import redirect\ndef go():\n    x = 'é'; return redirect('https://a.example') if x else None\n"
    files = {f"r{n}.py": f"from hyper import redirect\nfrom ._helper import go\n{call}" for n, call in enumerate(calls)}
    async with client_of(make({**files, "_helper.py": helper})) as client:
        for number, call in enumerate(calls):
            caplog.clear()
            assert (await client.get(f"/r{number}")).status_code == 500, call
            (record,) = caplog.records
            assert f"{'_helper' if call == 'go()' else f'r{number}'}.py:3" in logging.Formatter().format(record)


async def test_a_client_that_leaves_while_its_body_is_read(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    app = make({"page.py": READ % "await request.json()"})

    async def endpoint(request: StarletteRequest) -> None:
        await request.body()

    app.add_route("/explicit", endpoint, methods=["POST"])
    messages = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    for path in ("/page", "/explicit"):
        assert await sent(app, messages, path=path, method="POST") == [], path
    assert not caplog.records
