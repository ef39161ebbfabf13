"""Route files over HTTP: what runs when, inputs, answers, and errors with their lines."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping

import pytest

from hyperpy import Hyper
from hyperpy.exceptions import HyperError, RouteError
from tests.support.sites import Site, Write
from tests.support.until import PATIENCE

HTML = {"accept": "text/html"}


async def text(site: Site, source: str, path: str = "/", **options: object) -> str:
    answer = await site({"index.py": source}).get(path, **options)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.text


class TestWhatRunsWhen:
    async def test_a_bare_t_string_is_the_page(self, site: Site) -> None:
        answer = await site({"about.py": "t'''\n<h1>{1 + 1}</h1>\n'''"}).get("/about")
        assert answer.text == "<h1>2</h1>"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-length"] == "10"

    async def test_the_loader_is_awaited_first_and_its_globals_belong_to_the_request(self, site: Site) -> None:
        source = """
            import asyncio
            from hyperpy import Request
            request: Request
            user: str
            async def load():
                global user
                name = request.query_params["name"]
                await asyncio.sleep(0)
                user = name
            t"<p>{user}</p>"
            """
        client = site({"index.py": source})
        answers = await asyncio.gather(*(client.get(f"/?name=u{n}") for n in range(50)))
        assert [answer.text for answer in answers] == [f"<p>u{n}</p>" for n in range(50)]

    async def test_the_template_is_evaluated_after_everything_else(self, site: Site) -> None:
        source = """
            user = None
            def name(): return user
            t"<p>{name()}</p>"
            async def load():
                global user
                user = "Ada"
            """
        assert await text(site, source) == "<p>Ada</p>"

    async def test_definitions_run_once_and_statements_for_each_request(self, site: Site) -> None:
        source = """
            from typing import Final
            from itertools import count
            ONCE: Final = count()
            seen = []
            seen.append(next(ONCE))
            def default(items=[]):
                items.append(1)
                return len(items)
            t"<p>{seen} {default()}</p>"
            """
        client = site({"index.py": source})
        assert [(await client.get("/")).text for _ in range(3)] == ["<p>0 1</p>", "<p>1 1</p>", "<p>2 1</p>"]

    async def test_a_body_that_may_block_runs_in_a_worker_thread_and_one_with_a_loader_on_the_loop(
        self, site: Site
    ) -> None:
        name = "import threading\nname = threading.current_thread().name\nt'{name}'"
        client = site({"sync.py": name, "loaded.py": f"async def load(): pass\n{name}"})
        assert (await client.get("/sync")).text.startswith("AnyIO worker thread")
        assert (await client.get("/loaded")).text == "MainThread"

    async def test_a_template_in_except_can_use_the_name_of_the_exception(self, site: Site) -> None:
        source = """
            try:
                1 / 0
            except ZeroDivisionError as error:
                t"<p>{error}</p>"
            else:
                t"<p>fine</p>"
            """
        assert await text(site, source) == "<p>division by zero</p>"

    @pytest.mark.parametrize(("query", "shown"), [("?n=1", "one"), ("?n=2", "two"), ("?n=3", "many"), ("", "none")])
    async def test_the_template_reached_last_is_the_page(self, site: Site, query: str, shown: str) -> None:
        source = """
            n: int | None
            t"none"
            match n:
                case 1:
                    t"one"
                case 2:
                    t"two"
                case int():
                    if n > 2:
                        t"many"
            """
        assert await text(site, source, f"/{query}") == shown

    async def test_an_annotated_assignment(self, site: Site) -> None:
        assert await text(site, "count: int = int('3')\nitems: list[int] = [1]\nt'{count} {items}'") == "3 1"

    async def test_future_annotations(self, site: Site) -> None:
        source = "from __future__ import annotations\nn: int\nx: Missing = 1\nt'{n + x}'"
        assert await text(site, source, "/?n=2") == "3"


class TestInputs:
    @pytest.mark.parametrize(
        ("annotation", "query", "shown"),
        [
            ("q: str", "?q=a%20%3Cb%3E", "'a <b>'"),
            ("q: str", "?q=", "''"),
            ("q: int", "?q=7", "7"),
            ("q: float", "?q=1.5", "1.5"),
            ("q: bool", "?q=on", "True"),
            ("q: date", "?q=2026-11-20", "datetime.date(2026, 11, 20)"),
            ("q: UUID", "?q=00000000-0000-0000-0000-000000000001", "UUID('00000000-0000-0000-0000-000000000001')"),
            ("q: Colour", "?q=red", "<Colour.RED: 'red'>"),
            ("q: Literal['a', 'b']", "?q=b", "'b'"),
            ("q: str | None", "", "None"),
            ("q: int | None", "?q=", "None"),
            ("q: str | None", "?q=", "''"),
            ("q: int | str", "?q=5", "'5'"),
            ("q: Positive", "?q=5", "5"),
            ("q: Annotated[int, Query()] = 1 + 1", "", "2"),
            ("q: Annotated[int, Query()] = 1", "?q=5", "5"),
            ("q: Annotated[int, Query()] = 1", "?q=", "1"),
            ("q: Annotated[int | None, Query()]", "", "None"),
            ("q: Annotated[int, Query(alias='page')]", "?page=5", "5"),
            ("q: Annotated[int, Query(), Field(ge=1)]", "?q=5", "5"),
            ("q: Annotated[list[int], Query()]", "?q=1&q=2", "[1, 2]"),
            ("q: Annotated[list[str], Query()] = []", "", "[]"),
            ("q: Annotated[set[str], Query()]", "?q=1", "{'1'}"),
            ("q: Annotated[str, Header(alias='X-Thing')]", "", "'thing ü'"),
            ("user_agent: Annotated[str, Header()]\nq = user_agent", "", "'tests'"),
            ("q: Annotated[list[str], Header(alias='x-many')]", "", "['1', '2']"),
            ("q: Annotated[str | None, Header()]", "", "None"),
            ("session_id: Annotated[str, Cookie()]\nq = session_id", "", "'abc'"),
            ("q: Annotated[int, Cookie(alias='n')]", "", "3"),
            ("r: Request\nq = r.url.path", "", "'/'"),
            ("if LIMIT:\n    q: Annotated[int, Query()] = 3", "", "3"),
            ("if LIMIT:\n    q: int", "?q=4", "4"),
        ],
    )
    async def test_values(self, site: Site, annotation: str, query: str, shown: str) -> None:
        imports = """
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID
from pydantic import Field, PositiveInt
from hyperpy import Cookie, Header, Query, Request
type Positive = PositiveInt
LIMIT = 1
class Colour(StrEnum):
    RED = "red"
"""
        headers = [
            ("x-thing", "thing ü".encode()),
            ("user-agent", b"tests"),
            ("x-many", b"1"),
            ("x-many", b"2"),
            ("cookie", b"session_id=abc; n=3"),
        ]
        got = await text(site, f"{imports}{annotation}\nt'{{repr(q):safe}}'", f"/{query}", headers=headers)
        assert got == shown

    async def test_a_plain_assignment_is_never_an_input(self, site: Site) -> None:
        assert await text(site, "is_admin: bool = False\nt'{str(is_admin)}'", "/?is_admin=true") == "False"

    async def test_each_bad_input_is_named(self, site: Site) -> None:
        source = """
            from typing import Annotated
            from pydantic import Field
            from hyperpy import Query, Header
            a: int
            b: Annotated[int, Query(alias="bee"), Field(ge=1)]
            c: str
            d: Annotated[list[int], Query()]
            ok: str | None
            t"<p>"
            """
        answer = await site({"index.py": source}).get("/?a=x&bee=0&d=1&d=y", headers={"accept": "application/json"})
        assert answer.status_code == 422
        assert answer.json() == {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "Unprocessable Content",
            "fields": {
                "a": "Input should be a valid integer, unable to parse string as an integer",
                "bee": "Input should be greater than or equal to 1",
                "c": "is required",
                "d": "Input should be a valid integer, unable to parse string as an integer (item 1)",
            },
        }

    async def test_the_answer_to_bad_input_is_escaped_and_negotiated(self, site: Site) -> None:
        client = site({"index.py": "from typing import Literal\nq: Literal['<b>']\nt'<p>'"})
        page = await client.get("/?q=x", headers=HTML)
        assert page.status_code == 422
        assert "<li><code>q</code>: Input should be &#39;&lt;b&gt;&#39;</li>" in page.text
        plain = await client.get("/?q=x", headers={"accept": "*/*"})
        assert plain.text == "Unprocessable Content\nq: Input should be '<b>'"

    async def test_path_values(self, site: Site) -> None:
        client = site(
            {
                "users/{user_id}.py": "user_id: int\nt'{user_id + 1}'",
                "files/{...path}.py": "path: str\nt'{path}'",
                "{year}/{slug}.py": (
                    "from typing import Literal\nyear: Literal['2025', '2026']\nslug: str\nt'{year} {slug}'"
                ),
            }
        )
        assert (await client.get("/users/41")).text == "42"
        assert (await client.get("/users/x")).status_code == 404
        assert (await client.get("/files/a/b%20c")).text == "a/b c"
        assert (await client.get("/2026/a%2Fb")).text == "2026 a/b"
        assert (await client.get("/2024/a")).status_code == 404

    async def test_a_default_is_evaluated_in_place_and_only_if_needed(self, site: Site) -> None:
        source = """
            from typing import Annotated
            from hyperpy import Query
            first = 10
            q: Annotated[int, Query()] = first.bit_length() + 1 // 0
            t"{q}"
            """
        assert await text(site, source, "/?q=1") == "1"

    @pytest.mark.parametrize(
        ("source", "line", "what", "hint"),
        [
            ("x: dict[str, int]\nt''", 1, "`x: dict[str, int]` can't be taken from the request", "global x"),
            ("x: list[str]\nt''", 1, "`x: list[str]` can't be taken", "x: list[str] = Query()"),
            ("y = 1\nx: Usr\nt''", 2, "the annotation of `x` uses `Usr`", "`str`? Otherwise, import `Usr`."),
            ("x: itn\nt''", 1, "the annotation of `x` uses `itn`", "Did you mean `int`?"),
            ("x: 1 / 0\nt''", 1, "the annotation of `x` can't be evaluated: ZeroDivisionError", ""),
            (
                "from typing import Annotated\nfrom hyperpy import Header\nx: Annotated[str, Header()] | None\nt''",
                3,
                "an input marker has to be in the outermost",
                "x: Annotated[T | None, …]",
            ),
            (
                "from typing import Annotated\nfrom hyperpy import Cookie\nx: Annotated[list[int], Cookie()]\nt''",
                3,
                "can't be taken from the request",
                "",
            ),
        ],
    )
    def test_annotations_that_can_not_be_injected(
        self, write: Write, source: str, line: int, what: str, hint: str
    ) -> None:
        with pytest.raises(RouteError) as caught:
            Hyper(routes=write({"index.py": source}), static=None)
        assert caught.value.place is not None
        assert caught.value.place.line == line
        assert what in caught.value.what
        assert hint in caught.value.hint

    def test_a_path_parameter_is_one_string(self, write: Write) -> None:
        with pytest.raises(RouteError, match="`items: list\\[int\\]` can't be taken") as caught:
            Hyper(routes=write({"{items}.py": "items: list[int]\nt''"}), static=None)
        assert "one string" in caught.value.hint


class TestAnswers:
    @pytest.mark.parametrize(
        "guard",
        [
            'redirect("/login")',
            'if True:\n    response = RedirectResponse("/login", 303)',
            'response: Response = redirect("/login")',
            'try:\n    redirect("/login")\nexcept Exception:\n    pass',
            'if True:\n    with nullcontext():\n        redirect("/login")',
            'x = (response := redirect("/login"))',
            '(response := redirect("/login"))',
            'def guard():\n    global response\n    response = redirect("/login")\nguard()',
            'async def load():\n    return redirect("/login")',
            'async def load():\n    global response\n    response = redirect("/login")',
        ],
    )
    async def test_an_explicit_answer_stops_the_body(self, site: Site, guard: str) -> None:
        imports = "from contextlib import nullcontext\nfrom hyperpy import Response, RedirectResponse, redirect\n"
        answer = await site(
            {"index.py": f"{imports}{guard}\n{'' if 'def' in guard or ':=' in guard else '1 / 0'}\nt'secret'"}
        ).get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert "secret" not in answer.text

    async def test_a_bare_http_exception_raises(self, site: Site) -> None:
        client = site({"index.py": "from hyperpy import HTTPException\nHTTPException(403, 'No entry')\nt'secret'"})
        answer = await client.get("/", headers={"accept": "*/*"})
        assert (answer.status_code, answer.text) == (403, "No entry")

    async def test_a_bare_render_answers_with_the_fragments(self, site: Site) -> None:
        source = """
            from hyperpy import Request, fragment, render
            request: Request
            title = "Now"
            if "hx-request" in request.headers:
                render(fragments=["b", "a"])
            t'''<h1>{title}</h1><p id="a" {fragment}>A {title}</p><p {fragment}="b">B</p>'''
            """
        client = site({"index.py": source})
        part = await client.get("/", headers={"hx-request": "true"})
        assert part.text == '<p>B</p><p id="a">A Now</p>'
        assert (await client.get("/")).text.startswith("<h1>Now</h1>")

    async def test_a_call_that_is_not_awaited_is_reported(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        source = "async def save(x): pass\nsave(1)\nt'<p>'"
        answer = await site({"index.py": source}, debug=True).get("/", headers=HTML)
        assert answer.status_code == 500
        assert "index.py:2  the call of save() is not awaited" in answer.text

    async def test_a_loader_that_returns_a_page_is_told_where_it_stands(self, site: Site) -> None:
        files = {
            "index.py": "async def load():\n    page = t'<p>'\n    return page",
            "form.py": "from hyperpy import POST\np = t'<p>'\nasync def load():\n    if POST:\n        return p\nt''",
        }
        client = site(files, debug=True)
        assert "write its t-string as a statement of its own" in (await client.get("/")).text
        assert "return HTMLResponse(html(t" in (await client.post("/form")).text

    async def test_a_call_that_returns_a_page_is_no_answer(self, site: Site) -> None:
        source = "page = [lambda: t'<p>'][0]\npage()"
        answer = await site({"index.py": source}, debug=True).get("/")
        assert "A call by itself is an answer only if it returns a Response" in answer.text

    async def test_a_loader_that_returns_something_else_is_reported(self, site: Site) -> None:
        answer = await site({"index.py": "x = 1\nasync def load():\n    return dict(a=x)\nt''"}, debug=True).get("/")
        assert "index.py:3  load() must return nothing or a Response, not dict" in answer.text

    async def test_a_request_that_reaches_no_template_is_reported(self, site: Site) -> None:
        answer = await site({"index.py": "q: str | None\nif q:\n    t'<p>'"}, debug=True).get("/")
        assert answer.status_code == 500
        assert "this GET request reached none of the templates (lines 3)" in answer.text

    async def test_status_headers_and_cookies_of_the_page(self, site: Site) -> None:
        source = """
            from hyperpy import Response
            response: Response
            response.status_code = 201
            response.headers["X-A"] = "1"
            response.set_cookie("a", "1")
            response.set_cookie("b", "2")
            t"<p>"
            """
        answer = await site({"index.py": source}).get("/")
        assert answer.status_code == 201
        assert answer.headers["x-a"] == "1"
        cookies = answer.headers.get_list("set-cookie")
        assert cookies == [f"{name}; HttpOnly; Path=/; SameSite=lax" for name in ("a=1", "b=2")]
        assert answer.headers["content-type"] == "text/html; charset=utf-8"


class TestTracebacks:
    @pytest.mark.parametrize(
        ("source", "line"),
        [
            ("x = 1\ny = 2\nz = x / 0\nt''", 3),
            ("zero = 0\nt'''\n<p>\n  {1 / zero}\n</p>'''", 4),
            ("zero = 0\nt'''\n<p>{[t'<b>{\n1 / zero}</b>' for _ in (1,)]}</p>'''", 4),
            ("zero = 0\nasync def load():\n    global x\n    x = 1 / zero\nt''", 4),
            ("zero = 0\ndef f():\n    return 1 / zero\nt'{f()}'", 3),
        ],
    )
    async def test_they_name_the_users_file_and_line(
        self, site: Site, source: str, line: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.ERROR, logger="hyperpy"):
            answer = await site({"index.py": source}).get("/", headers=HTML)
        assert answer.status_code == 500
        assert "division" not in answer.text
        assert re.search(rf'index\.py", line {line}, in ', caplog.text)


BROKEN: Mapping[str, str] = {
    "index.py": "t'<p>fine</p>'",
    "broken.py": "x = (",
    "raises.py": "import nothing_of_this_name\nt''",
    "unbalanced.py": "def Card(children): return children\nt'<{Card}>'",
}


class TestLoadErrors:
    def test_production_refuses_to_start_and_lists_all_errors(self, write: Write) -> None:
        with pytest.raises(HyperError) as caught:
            Hyper(routes=write(BROKEN), static=None)
        message = str(caught.value)
        assert "3 route files can't be loaded" in message
        assert "broken.py:1  Python can't read this: '(' was never closed" in message
        assert "raises.py:1  loading it raised ModuleNotFoundError: No module named 'nothing_of_this_name'" in message
        assert "unbalanced.py:2" in message

    async def test_debug_serves_the_error_at_its_url_and_the_other_routes_as_usual(self, site: Site) -> None:
        client = site(BROKEN, debug=True)
        assert (await client.get("/")).text == "<p>fine</p>"
        for path in ("/broken", "/raises", "/unbalanced"):
            answer = await client.get(path)
            assert answer.status_code == 500
            assert f"{path[1:]}.py:" in answer.text

    async def test_a_conflict_stops_everything(self, write: Write) -> None:
        with pytest.raises(RouteError, match="answers the same URLs"):
            Hyper(routes=write({"about.py": "t''", "about/index.py": "t''"}), debug=True)

    async def test_routes_below_static_are_refused(self, write: Write) -> None:
        with pytest.raises(RouteError, match="belong to the static files"):
            Hyper(routes=write({"static/x.py": "t''"}))


class TestStreams:
    async def test_a_posted_body_can_be_read_in_the_stream(self, site: Site) -> None:
        source = """
            from hyperpy import POST, Request
            request: Request
            if POST:
                pass
            async def stream():
                form = await request.form()
                yield ("name", form["name"])
                yield ("body", len(await request.body()))
            """
        client = site({"index.py": source})
        answer = await client.post("/", data={"name": "Ada <b>"})
        assert answer.text.split("\n\n")[0] == "event: name\ndata: Ada &lt;b&gt;"

    @pytest.mark.parametrize("rest", ["", "break"])
    async def test_a_loader_may_have_read_the_body_or_its_beginning(self, site: Site, rest: str) -> None:
        source = f"""
            import asyncio
            from hyperpy import POST, request
            read = []
            async def load():
                if POST:
                    async for part in request.stream():
                        read.append(part)
                        {rest}
            async def stream():
                if {bool(rest)}:
                    await asyncio.sleep(0)  # now the stream listens for a disconnect
                    read.append(await request.body())
                yield b"".join(read).decode()
            """

        async def parts() -> AsyncIterator[bytes]:
            for part in (b"one ", b"two"):
                yield part

        async with asyncio.timeout(PATIENCE):
            answer = await site({"index.py": source}).post("/", content=parts())
        assert answer.text.startswith("data: one two\n")


class TestBackground:
    @pytest.mark.parametrize(
        "answer", ["t'page'", "PlainTextResponse('page')", "async def stream():\n    yield 'page'"]
    )
    async def test_background_tasks_run_after_any_kind_of_answer(self, site: Site, answer: str) -> None:
        source = f"""
from typing import Final
from starlette.background import BackgroundTask
from hyperpy import PlainTextResponse, Request, Response
request: Request
response: Response
DONE: Final = []
response.background = BackgroundTask(DONE.append, request.method)
if request.url.query:
    PlainTextResponse(str(DONE))
{answer}
"""
        client = site({"index.py": source})
        assert "page" in (await client.get("/")).text
        assert (await client.get("/?done")).text == "['GET']"


async def test_an_error_page_replaces_a_missing_404_page(site: Site) -> None:
    source = "from hyperpy import HTTPException\nerror: HTTPException\nt'<p>{error.status_code}</p>'"
    client = site({"_error.py": source, "shop/_404.py": "t'<p>no such shop</p>'"})
    answers = [await client.get(path) for path in ("/nope", "/shop/nope")]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (404, "<p>404</p>"),
        (404, "<p>no such shop</p>"),
    ]


async def test_the_debug_page_begins_with_the_users_own_code(site: Site) -> None:
    client = site({"index.py": "x = int('seven')\nt'<p>{x}</p>'"}, debug=True)
    page = (await client.get("/", headers=HTML)).text
    assert re.search(r"most recent call last\):\n  File &#34;[^&]*index.py&#34;, line 1, in &lt;module&gt;", page)
    assert "hyperpy/" not in page


def test_a_missing_component_is_not_suggested_as_an_input(write: Write) -> None:
    with pytest.raises(RouteError) as caught:
        Hyper(routes=write({"index.py": "t'<{Card}>x</{Card}>'"}), static=None)
    assert caught.value.hint == "Import it, or define it in this file."


class TestUnfitValues:
    SOURCE = """
        link: str
        t'''
        <p>
          <a href={link} style="color: {link}">x</a>'''
        """

    async def test_they_become_harmless_and_are_logged(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        answer = await site({"index.py": self.SOURCE}).get("/?link=javascript:x()")
        assert answer.text == '<p>\n  <a href="#blocked" style="color: ">x</a>'
        assert "`href` of <a> can't be 'javascript:x()' (str), sent #blocked" in caplog.text

    async def test_developers_get_an_error_that_points_at_the_hole(self, site: Site) -> None:
        answer = await site({"index.py": self.SOURCE}, debug=True).get("/?link=javascript:x()")
        assert answer.status_code == 500
        assert "index.py:4  `href` of &lt;a&gt; can&#39;t be &#39;javascript:x()&#39; (str)" in answer.text
        assert "Otherwise #blocked is sent, and a warning logged" in answer.text


async def test_a_docstring_is_that_of_the_module(site: Site) -> None:
    client = site({"index.py": '"""Tasks."""\nt"{__doc__}"', "none.py": 't"{str(__doc__)}"'})
    assert [(await client.get(path)).text for path in ("/", "/none")] == ["Tasks.", "None"]
