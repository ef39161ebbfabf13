"""`from hyperpy import request, response`: always those of the request being answered."""

import asyncio
import html
import sys
from collections.abc import Mapping

import pytest
from starlette.requests import Request
from starlette.responses import Response

import hyperpy
from hyperpy import Hyper
from hyperpy.exceptions import AnswerError, HyperError
from hyperpy.testing import serve
from tests.support.sites import Site, Write

IN_TEMPLATES = {
    "session": "Write one of its values: {session['…']}.",
    "request": "Write one of its values: {request.url.path}.",
    "response": "Write one of its values: {response.status_code}.",
    "htmx": "Write one of its values: {htmx.target}.",
}

HELPERS = """
    from hyperpy import request, response

    def path():
        return request.url.path

    def Banner(children=""):
        response.headers["X-Banner"] = request.query_params.get("n", "")
        return t"<b>{path()}{children}</b>"
    """

# Route files, and what they answer to POST /?n=7 with the body `a=b`.
USES: Mapping[str, tuple[str, str]] = {
    "the page": ("t'{request.url.path}'", "/"),
    "a statement": ("x = request.query_params['n']\nt'{x}'", "7"),
    "a function of another module": ("t'{path()}'", "/"),
    "a component": ("t'<{Banner} />'", "<b>/</b>"),
    "the loader": ("async def load():\n    global x\n    x = await request.form()\nt'{x['a']}'", "b"),
    "a block": ("if request.method == 'POST':\n    x = 1\nelse:\n    x = 2\nt'{x}'", "1"),
    "a block around a definition": ("if request.url.query:\n    N = 1\nelse:\n    N = 2\nt'{N}'", "1"),
    "a block around an import": ("x = 0\nif request.url.query:\n    from math import pi as x\nt'{int(x)}'", "3"),
    "isinstance": (
        (
            "from hyperpy import Request, Response as R\nt'{str((isinstance(request, Request), "
            "isinstance(response, R), isinstance(request, R)))}'"
        ),
        "(True, True, False)",
    ),
    "a pattern": ("from hyperpy import Request\nmatch request:\n    case Request():\n        t'ok'", "ok"),
    "equal": (
        (
            "from hyperpy import Request\nr: Request\nt'{str((request == r, r == request, request != r, "
            "request == request, hash(request) == hash(r)))}'"
        ),
        "(True, True, False, True, True)",
    ),
    "a mapping": (
        (
            't\'{str(("path" in request, "no" in request, request["path"], len(request) > 1, bool(request), '
            '"path" in list(request)))}\''
        ),
        "(True, False, &#39;/&#39;, True, True, True)",
    ),
    "attributes": (
        (
            "request.state.x = 5\nrequest.mine = 6\nx = (request.state.x, request.mine)\ndel request.mine\n"
            "t'{str((*x, hasattr(request, \"mine\")))}'"
        ),
        "(5, 6, False)",
    ),
    "the same object as declared": (
        ("from hyperpy import Response as R\nr: R\nresponse.status_code = 201\nt'{r.status_code}'"),
        "201",
    ),
    "dir": ('t\'{str(("url" in dir(request), "set_cookie" in dir(response)))}\'', "(True, True)"),
    "the body": (
        ("async def load():\n    global x\n    x = [part async for part in request.stream()]\nt'{str(b\"\".join(x))}'"),
        "b&#39;a=b&#39;",
    ),
    "a thread": ("import asyncio\nasync def load():\n    global x\n    x = await asyncio.to_thread(path)\nt'{x}'", "/"),
    "a task": (
        (
            "import asyncio\nasync def later():\n    return path()\nasync def load():\n    global x\n"
            "    x = await asyncio.create_task(later())\nt'{x}'"
        ),
        "/",
    ),
    "a renamed import": ("from hyperpy import request as r\nt'{r.url.path}'", "/"),
    "a module": ("import hyperpy as h\nt'{h.request.url.path}'", "/"),
    "an alias": ("r = request\nt'{r.url.path}'", "/"),
    "a name of the file's own": ("request = [1]\nt'{len(request)}'", "1"),
    "a parameter": ("def f(request):\n    return request\nt'{f(3)}'", "3"),
    "the declared one": ("from hyperpy import Request\nrequest: Request\nt'{request.url.path}'", "/"),
    "an answer of its own": ("from hyperpy import PlainTextResponse\nresponse = PlainTextResponse('own')", "own"),
    "the response as the answer": ("async def load():\n    response.status_code = 202\n    return response\nt'no'", ""),
    "text": ("t'{f\"{request.url}\"}{str(request)[:1]}{repr(request)[:1]}'", "http://site/?n=7&lt;&lt;"),
}


async def test_everything_that_can_be_done_with_the_request(site: Site) -> None:
    imports = "from hyperpy import POST, request, response\nfrom ._helpers import *\nPOST\n"
    client = site(
        {"_helpers.py": HELPERS} | {f"r{n}.py": imports + source for n, (source, _) in enumerate(USES.values())}
    )
    wrong = {}
    for number, (how, (_, expected)) in enumerate(USES.items()):
        answer = await client.post(f"/r{number}?n=7", data={"a": "b"})
        if answer.text.replace(f"/r{number}", "/") != expected.replace("/?", "/?"):
            wrong[how] = answer.text
    assert wrong == {}


async def test_the_response_takes_status_headers_and_cookies(site: Site) -> None:
    helpers = f"{HELPERS}\n"
    source = """
        from hyperpy import response
        from ._helpers import Banner
        response.status_code = 202
        response.set_cookie("a", "b")
        del response.headers["x-gone"]
        t"<{Banner} />"
        """
    answer = await site({"_helpers.py": helpers, "index.py": source}).get("/?n=3")
    assert (answer.status_code, answer.headers["x-banner"], answer.cookies["a"]) == (202, "3", "b")
    source = (
        "from hyperpy import response\nasync def load():\n    response.set_cookie('a', 'b')\n    return response\nt''"
    )
    answer = await site({"index.py": source}).get("/")
    assert answer.headers.get_list("set-cookie") == ["a=b; HttpOnly; Path=/; SameSite=lax"]


def test_outside_a_request() -> None:
    request, response = hyperpy.request, hyperpy.response
    assert isinstance(request, Request)
    assert isinstance(response, Response)
    assert repr(request) == str(request) == "<request outside a request>"
    assert "url" in dir(request)
    assert not hasattr(request, "__wrapped__")
    uses = (
        lambda: request.url, lambda: request["path"], lambda: bool(request), lambda: "path" in request,
        lambda: len(request), lambda: list(request), lambda: hash(request), lambda: request == 1,
        lambda: f"{response}", lambda: response.set_cookie("a", "b"), lambda: setattr(response, "status_code", 201),
        lambda: delattr(response, "body"), lambda: response({}, None, None),  # type: ignore[arg-type]
    )  # fmt: skip
    for use in uses:
        with pytest.raises(AnswerError, match="can't be used outside a request"):
            use()


async def test_definitions_that_read_the_request_run_once(site: Site) -> None:
    source = """
        from hyperpy import request
        from ._ids import ids

        def path():
            return request.url.path

        class Card:
            def title(self):
                return request.query_params["n"]

        ids.add((id(path), id(Card)))
        t"{path()} {Card().title()} {len(ids)}"
        """
    client = site({"_ids.py": "ids = set()", "index.py": source})
    assert [(await client.get(f"/?n={n}")).text for n in (1, 2, 3)] == ["/ 1 1", "/ 2 1", "/ 3 1"]


CACHED: Mapping[str, str] = {
    "cache": "from functools import cache\n@cache\ndef f():\n    return request.url",
    "lru_cache": "import functools\n@functools.lru_cache(maxsize=9)\ndef f():\n    return request.url",
    "a renamed cache": "from functools import cache as memo\n@memo\ndef f():\n    return h.response.status_code",
    "a method": "from functools import cache\nclass A:\n    @cache\n    def f(self):\n        return request.url",
    "an inner function": "from functools import cache\n@cache\ndef f():\n    return lambda: request.url",
}


def test_a_cached_function_that_reads_the_request_is_a_load_error(write: Write) -> None:
    wrong = []
    for how, source in CACHED.items():
        for files in (
            {"index.py": f"import hyperpy as h\nfrom hyperpy import request\n{source}\nt''"},
            {
                "_f.py": f"import hyperpy as h\nfrom hyperpy import request\n{source}\n",
                "index.py": "from ._f import *\nt''",
            },
        ):
            try:
                Hyper(routes=write(files), static=None)
            except HyperError as error:
                if not error.what.startswith("`f` is cached, but reads `"):
                    wrong.append((how, error.what))
            else:
                wrong.append((how, "loads"))
    assert wrong == []
    fine = "from functools import cache\nfrom hyperpy import request\n@cache\ndef f(request):\n    return request\nt''"
    Hyper(routes=write({"_f.py": "", "index.py": fine}), static=None)


PATH = "from hyperpy import request\ndef path():\n    return request.url.path\ndef there():\n    return path()\n"
CACHED_ELSEWHERE = {
    "a function of another file": "from ._p import path\n@cache\ndef f(): return path()",
    "through another function": "from ._p import there\n@cache\ndef f(): return there()",
    "of a module": "from . import _p\n@cache\ndef f(): return _p.there()",
    "by a call": "from ._p import path\nf: Final = cache(path)",
    "by a call, of the file": "def g():\n    return request.url\nf: Final = lru_cache(maxsize=9)(g)",
    "a lambda": "f: Final = cache(lambda: request.url.path)",
}
NOT_SHARED = {
    "a cache of one request": "from ._p import path\nf = cache(path)",
    "a function that reads nothing": "from os.path import join\n@cache\ndef f(): return join('a')",
    "hyperpy's own functions": "from hyperpy import html\n@cache\ndef f(): return str(html(t'a'))",
}


def test_a_cached_function_that_reads_the_request_elsewhere(write: Write) -> None:
    loaded = {}
    for how, source in (CACHED_ELSEWHERE | NOT_SHARED).items():
        code = f"from functools import *\nfrom typing import Final\nfrom hyperpy import request\n{source}\n"
        app = Hyper(routes=write({"_p.py": PATH, "index.py": f"{code}t'{{f()}}'"}), static=None, debug=True)
        loaded[how] = [error.what for error in app.load_errors]
        private = {"_p.py": PATH, "_f.py": code, "index.py": "from ._f import f\nt'{f()}'"}
        if how in CACHED_ELSEWHERE:
            loaded[f"{how}, private"] = [
                e.what for e in Hyper(routes=write(private), static=None, debug=True).load_errors
            ]
    assert [how for how, errors in loaded.items() if bool(errors) is (how in NOT_SHARED)] == []
    assert all("is cached, but" in error for errors in loaded.values() for error in errors)


# Definitions that need the request when they are made, of `x`. It is 1 for /?n=1 and 2 for /?n=2.
NEEDY: Mapping[str, str] = {
    "a class": "class A:\n    n = request.query_params['n']\nx = A.n",
    "a class's default": "class A:\n    def f(self, n=request.query_params['n']):\n        return n\nx = A().f()",
    "a default": "def f(n=request.query_params['n']):\n    return n\nx = f()",
    "a decorator": "def d(n):\n    return lambda f: n\n@d(request.query_params['n'])\ndef x(): pass",
    "a try block": "try:\n    n = request.query_params['n']\nexcept Exception:\n    n = 0\nx = n",
    "a try block with an import": (
        "try:\n    import math\n    q = request.query_params\nexcept Exception:\n    q = {'n': 0}\nx = q['n']"
    ),
    "a with block with an import": (
        "from contextlib import suppress\nq = {'n': 0}\nwith suppress(Exception):\n    import math\n"
        "    q = request.query_params\nx = q['n']"
    ),
    "a condition": "if request.query_params['n'] == '1':\n    def x(): return 1\nelse:\n    def x(): return 2\nx = x()",
}


async def test_definitions_that_need_the_request_belong_to_it(site: Site) -> None:
    files = {f"r{n}.py": f"from hyperpy import request\n{source}\nt'{{x}}'" for n, source in enumerate(NEEDY.values())}
    client = site(files)
    found = {how: [(await client.get(f"/r{n}?n={i}")).text for i in (1, 2)] for n, how in enumerate(NEEDY)}
    assert {how: texts for how, texts in found.items() if texts != ["1", "2"]} == {}


def test_a_final_name_that_needs_the_request_is_a_load_error(write: Write) -> None:
    source = "from typing import Final\nfrom hyperpy import request\nPATH: Final = request.url.path\nt''"
    with pytest.raises(HyperError, match="`request` can't be used outside a request") as caught:
        Hyper(routes=write({"index.py": source}), static=None)
    assert caught.value.place is not None
    assert caught.value.place.line == 3


async def test_concurrent_requests_each_have_their_own(site: Site) -> None:
    source = """
        import asyncio
        from hyperpy import request, response
        from ._helpers import Banner, path

        async def load():
            for _ in range(3):
                await asyncio.sleep(0)
                await asyncio.to_thread(path)
            response.headers["X-N"] = request.query_params["n"]

        t"<{Banner}>{request.query_params['n']}</{Banner}>"
        """
    client = site({"_helpers.py": HELPERS, "index.py": source})
    answers = await asyncio.gather(*(client.get(f"/?n={n}") for n in range(20)))
    assert [(a.text, a.headers["x-n"], a.headers["x-banner"]) for a in answers] == [
        (f"<b>/{n}</b>", str(n), str(n)) for n in range(20)
    ]


async def test_concurrent_streams_each_have_their_own(write: Write) -> None:
    source = """
        import asyncio
        from hyperpy import POST, request
        from ._helpers import path

        async def stream():
            for _ in range(3):
                await asyncio.sleep(0)
                yield f"{path()} {request.query_params['n']} {(await request.body()).decode()}"
        """
    folder = write({"_helpers.py": HELPERS, "index.py": source.replace("async def", "POST\n\n        async def", 1)})
    async with serve(folder) as running:

        async def events_of(n: int) -> list[str]:
            async with running.stream(f"/?n={n}", method="POST", content=f"body{n}") as events:
                return [event.data for event in await events.take(3)]

        found = await asyncio.gather(*(events_of(n) for n in range(8)))
    assert found == [[f"/ {n} body{n}"] * 3 for n in range(8)]


async def test_a_thread_without_the_context_has_no_request(site: Site) -> None:
    source = """
        import threading
        from ._helpers import path
        errors = []

        def run():
            try:
                path()
            except Exception as error:
                errors.append(str(error))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        t"{errors}"
        """
    answer = await site({"_helpers.py": HELPERS, "index.py": source}).get("/")
    inherits = sys.flags.thread_inherit_context  # as in a free-threaded build
    assert (answer.text == "[]") if inherits else ("can&#39;t be used outside a request" in answer.text)


LATE = {
    "in a stream": "async def stream():\n    yield 'a'\n    CHANGE\n    yield 'b'",
    "before the first event": "async def stream():\n    CHANGE\n    yield 'b'",
    "in a task of a stream": "import asyncio\nasync def later():\n    CHANGE\nasync def stream():\n    yield 'a'\n"
    "    await asyncio.create_task(later())\n    yield 'b'",
    "in an async value": "async def later():\n    CHANGE\n    return 'b'\nt'<p>{later()}</p>'",
    "in an async component": "async def Card():\n    CHANGE\n    return 'b'\nt'<{Card} />'",
}
CHANGES = ["response.set_cookie('a', '1')", "response.headers['a'] = '1'", "response.status_code = 404"]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_response_that_is_first_used_too_late(
    site: Site, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    """The change would be lost without a word."""
    files = {
        f"r{i}.py": f"from hyperpy import response\n{c.replace('CHANGE', change)}" for i, c in enumerate(LATE.values())
    }
    client = site(files)
    for index, what in enumerate(LATE):
        caplog.clear()
        try:
            await client.get(f"/r{index}", headers={"accept": "text/event-stream"})
            text = caplog.text
        except HyperError as error:
            text = str(error)
        assert "have been sent already" in text, what


async def test_a_template_says_what_to_write_instead(site: Site) -> None:
    files = {f"{name}.py": f"from hyperpy import {name}\nt'<p>{{{name}}}</p>'" for name in IN_TEMPLATES}
    client = site(files, debug=True)
    for name, hint in IN_TEMPLATES.items():
        text = html.unescape((await client.get(f"/{name}")).text)
        assert f"`{name}` is " in text
        assert hint in text
