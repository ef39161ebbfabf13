"""What `hyper dev` answers when a request fails."""

import re
import subprocess
import sys
from collections import deque
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper, Settings
from hyperpy.dev.browser import Updates
from hyperpy.dev.problems import Editor, ProblemLayer
from hyperpy.dev.problems.problem import problem_of
from hyperpy.dev.problems.values import HIDDEN, LONGEST, Redaction, looks_secret
from hyperpy.exceptions import ConfigError
from tests.support.sites import write_files

NAVIGATION = {"accept": "text/html", "sec-fetch-dest": "document"}
FILES = {
    "index.py": """
        from routes._prices import total
        from hyperpy import Query

        rows: int = Query(0)
        api_key = "the-key"
        name = "<b>Ada</b>"
        t"<p>{total(rows)}</p>"
        """,
    "_prices.py": """
        import json


        def total(rows):
            password = "hunter2"
            try:
                json.loads("{bad")
            except ValueError as error:
                raise LookupError("no <price>") from error
        """,
    "group.py": """
        async def load():
            raise ExceptionGroup("both", [ValueError("first"), ExceptionGroup("in", [KeyError("second")])])

        t"x"
        """,
    "broken.py": 't"<p>{nam"',
    "early.py": """
        from hyperpy import fragment, render

        print(render(fragments="names"))


        async def load():
            global names
            names = []


        t"<ul id=names {fragment}>{[t'<li>{name}</li>' for name in names]}</ul>"
        """,
    "below.py": """
        from hyperpy import fragment, htmx, render

        if not htmx:
            render(fragments="names")


        people = ["Ada"]


        def names():
            return [*people]


        t"<ul id=names {fragment}>{names()}</ul>"
        """,
    "forms.py": """
        from pydantic import BaseModel
        from hyperpy import POST, Form, request


        class Person(BaseModel):
            name: str


        form: Form[Person]
        if POST or form.is_valid or request.args:
            form.data
        t"x"
        """,
    "messages.py": """
        from hyperpy import channel


        async def stream():
            for message in channel("news").subscribe():
                yield message


        t"x"
        """,
    "session.py": "from hyperpy import session\nname = session['user']\nt'{name}'",
    "attribute.py": "from hyperpy import session\nname = session.user\nt'{name}'",
    "permanent.py": "from hyperpy import session\nsession.permanent = True\nt'{1}'",
    "category.py": "from hyperpy import flash\nflash('a', category='b')\nt'{1}'",
    "hinted.py": "user = {1: 2}\nt'<p>{user}</p>'",
    "lines.py": "x = [\n    1,\n    int(\n        'seven'\n    ),\n]\nt'{x}'",
    "looks.py": """
        async def load():
            global user
            user = 1
            yield

        t"{user}"
        """,
    "lost.py": """
        class Odd:
            def __repr__(self):
                raise RuntimeError("no")

        odd = Odd()
        long = "x" * 100_000
        login = {"user": "Ada", "password": "hunter2"}
        url = "postgresql://ada:hunter2@db/x"
        t"{1 / 0}"
        """,
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    write_files(tmp_path / "routes", FILES)
    monkeypatch.chdir(tmp_path)
    app = ProblemLayer(Hyper(debug=True), Editor("edit://{file}?{line}:{column}"), Updates())
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


async def test_the_page_begins_with_the_source_and_has_everything(client: httpx.AsyncClient, tmp_path: Path):
    secrets = {"cookie": "session=abcd.efgh; a=b", "authorization": "Bearer qwertz", "x-api-key": "asdfgh"}
    answer = await client.get("/?rows=2&token=uvwxyz", headers=NAVIGATION | secrets)
    page = answer.text
    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
    in_order = [
        f'<a href="edit://{tmp_path}/routes/_prices.py?9:9" title="Open in the editor">routes/_prices.py:9</a>',
        '<span data-line="4">def total(rows):</span>',
        "<mark>raise LookupError(&#34;no &lt;price&gt;&#34;) from error</mark>",
        "<h1>LookupError: no &lt;price&gt;</h1>",
        "<h2>Variables</h2>",
        "<dt>rows</dt><dd>2</dd>",
        f"<dt>password</dt><dd>{HIDDEN}</dd>",
        "<h2>Call stack, most recent call first</h2>",
        ">routes/index.py:7</a>",
        "{<mark>total(rows)</mark>}",
        "<h2>Caused by</h2>",
        ">routes/_prices.py:7</a>",
        "<h3>JSONDecodeError: Expecting property name",
        "frames in Python</summary>",
        "<h2>Request</h2>",
        "<dt>Path</dt><dd>/</dd>",
        f"<dt>?token</dt><dd>{HIDDEN}</dd>",
        "Log id: <code>",
    ]
    places = [page.find(each) for each in in_order]
    assert -1 not in places, [each for each, at in zip(in_order, places, strict=True) if at < 0]
    assert places == sorted(places)
    leaked = [secret for secret in ("abcd.efgh", "qwertz", "asdfgh", "uvwxyz") if secret in page]
    assert not leaked
    assert "http" not in re.sub(r"<dd>.*?</dd>", "", page.partition("</style>")[2])  # nothing from elsewhere


async def test_the_policy_of_the_page_allows_its_style_and_nothing_else(client: httpx.AsyncClient):
    answer = await client.get("/", headers=NAVIGATION)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "style=" not in answer.text
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/group", ["ExceptionGroup: both (2 exceptions)", "One of the group", "ValueError: first", "KeyError: "]),
        ("/broken", ["broken.py:1", "<mark>", "<h1>"]),
        ("/hinted", ["hinted.py:2", 'class="hint"', "<mark>user</mark>", "<dt>user</dt><dd>{1: 2}</dd>"]),
        ("/early", ["load(), line 6, sets it", "name &#39;names&#39; is not defined</h1>"]),
        ("/below", ["It is set at line 10, but line 4 needs it. Move line 10 above line 4."]),
        ("/forms", ["Write <code>form.ok</code>.", "<dd>&lt;Form: not submitted&gt;</dd>"]),
        ("/session", ["Write <code>session.get(&#39;user&#39;)</code>."]),
        ("/attribute", ["<code>session[&#34;user&#34;]</code>"]),
        ("/permanent", ["lasts for the setting <code>session-max-age</code>"]),
        ("/category", ["Write <code>kind=</code>"]),
        ("/messages?_stream", ["<code>async for message in messages:</code>"]),
        ("/lines", ['class="here" data-line="3"', 'data-line="5">    <mark>)</mark>', "invalid literal"]),
        (
            "/lost",
            ["Odd object, whose repr raises RuntimeError", "…", f"&#39;password&#39;: {HIDDEN}", "ada:(hidden)@db"],
        ),
    ],
)
async def test_pages(client: httpx.AsyncClient, path: str, expected: list[str]):
    answer = await client.get(path, headers=NAVIGATION)
    assert answer.status_code == 500
    missing = [each for each in expected if each not in answer.text]
    assert not missing, answer.text
    assert "x" * (LONGEST + 1) not in answer.text
    assert "outside a request" not in answer.text
    if path == "/lost":
        assert "hunter2" not in answer.text.partition("<h1>")[2]


async def test_others_get_text_or_json(client: httpx.AsyncClient):
    for headers in ({}, {"accept": "text/html", "hx-request": "true"}, {"accept": "*/*"}):
        answer = await client.get("/", headers=headers)
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.text.startswith("routes/_prices.py:9  LookupError: no <price>\n\n")
        assert "> 9 |         raise LookupError" in answer.text
        assert re.search(r"\n\s+\^+\n", answer.text)
    json = (await client.get("/", headers={"accept": "application/json"})).json()
    assert json["detail"] == "LookupError: no <price>"
    assert (json["file"], json["line"], json["status"]) == ("routes/_prices.py", 9, 500)


FAR = [
    {"host": "site.example"},
    {"x-forwarded-for": "203.0.113.9"},
    {"x-forwarded-for": "127.0.0.1, 203.0.113.9"},
    {"forwarded": 'for="[2001:db8::1]:4711"'},
    {"forwarded": "for=127.0.0.1;host=site.example"},
    {"x-forwarded-host": "demo.ngrok.app"},
    {"cf-connecting-ip": "203.0.113.9"},
    {"x-real-ip": "unknown"},
    {"origin": "https://site.example", "sec-fetch-mode": "cors", "sec-fetch-site": "cross-site"},
    {"origin": "null", "sec-fetch-mode": "cors"},
]
NEAR = [
    {},
    {"host": "127.0.0.1:8000"},
    {"host": "[::1]:8000"},
    {"host": "site.localhost"},
    {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost:8000"},
    {"forwarded": 'for="[::1]"'},
    {"origin": "http://localhost:5173", "sec-fetch-mode": "cors", "sec-fetch-site": "same-site"},
    {"origin": "null", "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin"},
    {"origin": "https://login.example", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"},
]


async def test_only_the_developer_gets_the_page(client: httpx.AsyncClient):
    wrong = []
    for is_near, cases in ((True, NEAR), (False, FAR)):
        for headers in cases:
            for path in ("/", "/broken"):
                page = (await client.get(path, headers=NAVIGATION | headers)).text
                if ("data-line" in page) is not is_near or (".py" in page) is not is_near:
                    wrong.append((headers, path, page))
    assert not wrong


async def test_a_client_of_the_network_gets_no_source(client: httpx.AsyncClient):
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.client = ("192.168.1.7", 5000)
    answer = await client.get("/", headers=NAVIGATION)
    assert "Internal Server Error" in answer.text
    assert ".py" not in answer.text


def test_serving_imports_nothing_of_it():
    code = "import sys, hyperpy.cli; print([name for name in sys.modules if name.startswith('hyperpy.dev')])"
    # `hyper serve` shares the module of commands with `hyper dev`.
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_values():
    class Plain:
        pass

    class Secretive:
        def __repr__(self):
            return "Secretive(name='Ada', password='hunter2', api_key=\"abc def\", x={'auth-token': 'y'}, keyboard=1)"

    redaction = Redaction.of(["cookie-value", "", "abc"])
    shown = {
        "number": (42, "42"),
        "text": ("a cookie-value b", f"'a {HIDDEN} b'"),
        "rows": (list(range(1000)), f"[{', '.join(map(str, range(20)))}, … and 980 more]"),
        "deep": ([[[[[[1]]]]]], "[[[[[…]]]]]"),
        "one": ((1,), "(1,)"),
        "empty": ((set(), (), [], {}), "(set(), (), [], {})"),
        "queue": (deque([1]), "deque([1])"),
        "plain": (Plain(), f"<{__name__}.test_values.<locals>.Plain object>"),
        "secretive": (
            Secretive(),
            f"Secretive(name='Ada', password={HIDDEN}, api_key={HIDDEN}, x={{'auth-token': {HIDDEN}}}, keyboard=1)",
        ),
        "huge": (10**10_000, "<int object, whose repr raises ValueError>"),
        "token": ("x", HIDDEN),
        "nested": ({"a": {"clientSecret": "x", "b": b"\x00"}}, f"{{'a': {{'clientSecret': {HIDDEN}, 'b': b'\\x00'}}}}"),
    }
    wrong = {name: redaction.value(name, value) for name, (value, text) in shown.items()}
    assert wrong == {name: text for name, (_, text) in shown.items()}


def test_names_of_secrets():
    hidden = (
        "password Password user_password dbPassword SECRET_KEY apiKey api-key token accessToken csrftoken jwt key pwd"
    )
    shown = "monkey keyboard author name tokenizer passenger session user id secretary compass"
    assert [name for name in hidden.split() if not looks_secret(name)] == []
    assert [name for name in shown.split() if looks_secret(name)] == []


def test_editors():
    wrong = {}
    for given, environ, url in (
        (None, {}, "vscode://file/a%20b/x.py:3:5"),
        (None, {"EDITOR": "vim"}, "vscode://file/a%20b/x.py:3:5"),
        (None, {"EDITOR": "/usr/bin/subl -w"}, "subl://open?url=file:///a%20b/x.py&line=3&column=5"),
        (None, {"EDITOR": "vim", "VISUAL": "cursor --wait"}, "cursor://file/a%20b/x.py:3:5"),
        (None, {"EDITOR": '"'}, "vscode://file/a%20b/x.py:3:5"),
        ("PyCharm", {"EDITOR": "code"}, "pycharm://open?file=/a%20b/x.py&line=3&column=5"),
        ("code", {}, "vscode://file/a%20b/x.py:3:5"),
        ("my+ed://go/{file}#{line}", {}, "my+ed://go//a%20b/x.py#3"),
    ):
        made = Editor.of(Settings(editor=given), environ).url("/a b/x.py", 3, 4)
        if made != url:
            wrong[str(given), str(environ)] = made
    assert not wrong
    assert Editor().url("<string>", 1) == ""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("vscod", "Did you mean `vscode`?"),
        ("javascript:alert({file})", "not a URL of an editor"),
        ("{file}", "not a URL of an editor"),
        ("my://{line}", "lacks {file}"),
        ("my://{file}{row}", "unknown field"),
    ],
)
def test_unknown_editors(given: str, said: str):
    with pytest.raises(ConfigError) as caught:
        Editor.of(Settings(editor=given), {})
    assert said in str(caught.value)


ENTERED = "\nasync def f():\n    async with {}('a') as m: pass\nf().send(None)"
HINTS = {
    "async def f(): pass\nc = f()\ntry: c.append(1)\nfinally: c.close()": "Write `await` in front of the call",
    "async def f(): yield\nfor x in f(): pass": "`async for`",
    "from starlette.requests import Request\nRequest({'type': 'http'}).args": "Write `request.query_params`",
    "from starlette.requests import Request\nRequest({'type': 'http'}).nothing": "",
    "None.name": "",
    "'a' + 1": 'Write an f-string: f"text {value}".',
    "'5' * 1.2": "`float(value)`",
    "''.join([t'<b>'])": "A t-string isn't text. Interpolate it",
    "''.join(t'<b>{1}')": "A t-string isn't text. Interpolate it",
    "'<p>' + t'<b>'": "A t-string isn't text. Interpolate it",
    "t'<b>' + '</b>'": "A t-string isn't text. Interpolate it",
    "[k for k, v in {'a': 1}]": "come from `.items()`",
    "def f():\n    n += 1\nf()": "in the function first: `global n`",
    "async def f(): pass\nc = f()\ntry: memoryview(c)\nfinally: c.close()": "Write `await` in front of the call",
    "async def f(): pass\nc = f()\ntry: 1 + c\nfinally: c.close()": "Write `await` in front of the call",
    "class Subscription: pass\nfor x in Subscription(): pass": "",
    "class Channel: pass\nfor x in Channel(): pass": "",
    "from hyperpy import channel\nc = channel('a')\nfor m in c: pass": "`async for message in messages:`",
    "from hyperpy import channel\nwith channel('a') as m: pass": "`async for message in channel(…):`",
    f"from hyperpy import channel{ENTERED.format('channel')}": "`async with channel(…).subscribe() as messages:`",
    f"from hyperpy import queue{ENTERED.format('queue')}": "`async with queue(…).take() as item:`",
    "import datetime\ndatetime.now()": "Write `datetime.datetime.now()`, or import it as `from dat",
    "import pathlib\npathlib.cwd()": "Write `pathlib.Path.cwd()`, or import it as `from pathlib import Path`.",
    "import decimal\ndecimal.from_float(1.0)": "`decimal.Decimal.from_float()`",
    "import string\nstring.upper('a')": "It is a method of the value: `value.upper(…)`.",
    "import wsgiref\nwsgiref.handlers": "Write `import wsgiref.handlers`: importing a package",
    "import datetime\ndatetime.nwo()": "",
    "import json\njson.dmps(1)": "",
    "async def f(): await ''\nf().send(None)": "this is a str already. Remove `await`.",
    "from hyperpy import Markup\nasync def f(): await Markup('')\nf().send(None)": "this is a Markup already.",
    "async def f():\n    async for x in []: pass\nf().send(None)": "A list is iterated with `for`, without `async`.",
    "raise 404": "`raise HTTPException(404)`",
    "[].map(str)": "a comprehension: {[t",
    "''.length": "`len(…)`",
    "from io import BytesIO\nfrom hyperpy import UploadFile\nUploadFile(BytesIO()).save('x')": "`path.write_bytes(",
    "{}['user']": "",
    "user": "",
}
MESSAGES = {
    "user": "name 'user' is not defined",
    "pirnt": "name 'pirnt' is not defined. Did you mean: 'print'?",
    "usher = 1\nuser": "name 'user' is not defined. Did you mean: 'usher'?",
    "import json\njson.dmps(1)": "module 'json' has no attribute 'dmps'. Did you mean: 'dumps'?",
    "import pathlib\npathlib.cwd()": "module 'pathlib' has no attribute 'cwd'",  # not: 'pwd'
}


def problem_in(source: str):
    with pytest.raises(Exception) as caught:  # noqa: PT011 (any)
        exec(source, {"__name__": "mistake"})  # noqa: S102
    return problem_of(caught.value, Redaction())


def test_hints_and_suggestions():
    hints = {source: problem_in(source).hint for source in HINTS}
    assert [
        source for source, hint in HINTS.items() if hint not in hints[source] or bool(hint) != bool(hints[source])
    ] == []
    assert {source: problem_in(source).message for source in MESSAGES} == MESSAGES


async def test_warnings_about_the_file_are_on_the_page(client: httpx.AsyncClient):
    page = (await client.get("/looks", headers=NAVIGATION)).text
    assert "<h2>Warnings about this file</h2>" in page
    assert "makes load() the stream of this file" in page


def test_chains_end():
    first, second = ValueError("a"), ValueError("b")
    first.__context__, second.__context__ = second, first
    shown = problem_of(first, Redaction())
    assert shown.related[0][1].message == "b"
    assert shown.related[0][1].related == ()


def test_what_python_says_of_an_exception():
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError

    noted = ValueError("wrong")
    noted.add_note("Try 7.")
    kinds = {
        "": (ValueError(), "ValueError", ""),
        "silent": (Silent(), Silent.__qualname__, "<exception str() failed>"),
        "noted": (noted, "ValueError", "wrong"),
        "key": (KeyError("a"), "KeyError", "'a'"),
    }
    wrong = {}
    for name, (error, kind, message) in kinds.items():
        problem = problem_of(error, Redaction())
        if (problem.kind, problem.message) != (kind, message):
            wrong[name] = (problem.kind, problem.message)
    assert not wrong
    assert problem_of(noted, Redaction()).hint == "Try 7."
