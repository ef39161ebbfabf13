"""`htmx`: its side of a request, and of an answer."""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.exceptions import AnswerError, HyperError
from hyperpy.pages import current
from hyperpy.testing import client
from tests.support.clients import client_of
from tests.support.sites import write_files

HTMX_2 = {"HX-Request": "true", "HX-Current-URL": "http://site.example/page?a=1"}
HTMX_4 = HTMX_2 | {"HX-Source": "button#save", "HX-Request-Type": "partial", "Accept": "text/html, text/event-stream"}

ATTRIBUTES = ("request", "target", "trigger", "trigger_name", "boosted", "history_restore", "current_url", "prompt")
SHOW = f"""
from hyperpy import htmx, JSONResponse
JSONResponse({{name: getattr(htmx, name) for name in {(*ATTRIBUTES, "version")}}} | {{"bool": bool(htmx)}})
"""


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    return tmp_path / "routes"


def site(routes: Path, files: Mapping[str, str], **options: object) -> httpx.AsyncClient:
    return client_of(Hyper(write_files(routes, files), None, **options))


async def test_the_request(routes: Path) -> None:
    cases: list[tuple[Mapping[str, str], dict[str, object]]] = [
        ({}, {"bool": False, "version": 0}),
        ({"HX-Request": "false"}, {"bool": False, "version": 0}),
        (HTMX_2, {"bool": True, "version": 2, "current_url": "http://site.example/page?a=1"}),
        (HTMX_4, {"bool": True, "version": 4, "trigger": "save", "target": ""}),
        (HTMX_2 | {"HX-Target": "rows"}, {"target": "rows"}),
        (HTMX_2 | {"HX-Target": "#rows"}, {"target": "rows"}),
        (HTMX_2 | {"HX-Target": "%C3%A9%23", "HX-Target-URI-AutoEncoded": "true"}, {"target": ""}),
        (HTMX_2 | {"HX-Target": "%E2%82%AC", "HX-Target-URI-AutoEncoded": "true"}, {"target": "€"}),
        (HTMX_2 | {"HX-Target": "100%25"}, {"target": "100%25"}),
        (HTMX_4 | {"HX-Target": "tbody#rows"}, {"target": "rows"}),
        (HTMX_4 | {"HX-Target": "body"}, {"target": ""}),
        (HTMX_4 | {"HX-Target": "my-row#a%20b#c"}, {"target": "a b#c"}),
        (HTMX_4 | {"HX-Source": "a"}, {"trigger": "", "version": 4}),
        (HTMX_2 | {"HX-Trigger": "save", "HX-Trigger-Name": "button"}, {"trigger": "save", "trigger_name": "button"}),
        (HTMX_2 | {"HX-Prompt": "100%"}, {"prompt": "100%"}),
        (HTMX_4 | {"HX-Prompt": "a%20b"}, {"prompt": "a b"}),
        (HTMX_2 | {"HX-Boosted": "true"}, {"boosted": True, "bool": True}),
        (HTMX_2 | {"HX-History-Restore-Request": "true"}, {"history_restore": True, "bool": False, "request": False}),
        ({"HX-History-Restore-Request": "true"}, {"history_restore": True, "bool": False}),
    ]
    wrong = []
    async with site(routes, {"index.py": SHOW}) as http:
        for headers, expected in cases:
            seen = (await http.get("/", headers=headers)).json()
            if {name: seen[name] for name in expected} != expected:
                wrong.append((headers, seen))
    assert not wrong


async def test_what_is_read_is_in_vary(routes: Path) -> None:
    own = {
        "request": "HX-History-Restore-Request",
        "target": "HX-Target",
        "trigger": "HX-Source, HX-Trigger",
        "trigger_name": "HX-Trigger-Name",
        "boosted": "HX-Boosted",
        "history_restore": "HX-History-Restore-Request",
        "current_url": "HX-Current-URL",
        "prompt": "HX-Prompt",
        "version": "HX-Source",
        "fragment": "HX-Target, HX-Boosted, HX-History-Restore-Request",
    }
    pages = {f"{name}.py": f"from hyperpy import htmx\nhtmx.{name}\nhtmx.{name}\nt''" for name in own}
    typed = {"typed.py": "from hyperpy import HTMX\nx: HTMX\nt'{str(x.boosted)}'", "none.py": "t''"}
    answers = {"answer.py": "from hyperpy import htmx, HTMLResponse\nif htmx.boosted: HTMLResponse('x')\nt''"}
    wrong = []
    async with site(routes, pages | typed | answers) as http:
        for name, headers in (own | {"typed": "HX-Boosted", "answer": "HX-Boosted"}).items():
            if (seen := (await http.get(f"/{name}")).headers.get("vary")) != f"HX-Request, {headers}":
                wrong.append((name, seen))
        assert (await http.get("/answer", headers={"HX-Boosted": "true"})).headers["vary"] == "HX-Request, HX-Boosted"
        assert "vary" not in (await http.get("/none")).headers
    assert not wrong


PAGE = """
from hyperpy import fragment, htmx, render
from routes._base import Layout

if htmx.fragment:
    render(fragments=htmx.fragment)

items = ["a", "b"]
t'''
<{Layout}>
  <ul id="rows" {fragment}>{[t"<li>{item}</li>" for item in items]}</ul>
  <p id="count" {fragment}>{len(items)}</p>
  {[t'<p {fragment}={item}>{item}</p>' for item in items]}
</{Layout}>
'''
"""
BASE = """
from hyperpy import fragment

def Layout(children): return t'<nav id="menu" {fragment}>menu</nav><main id="main">{children}</main>'
"""


async def test_the_targeted_fragment(routes: Path) -> None:
    page = PAGE.replace('items = ["a", "b"]\n', "").replace("if htmx", 'items = ["a", "b"]\nif htmx')
    rows = '<ul id="rows"><li>a</li><li>b</li></ul>'
    whole = None
    cases: list[tuple[Mapping[str, str], str | None]] = [
        ({}, whole),
        ({"HX-Target": "rows"}, whole),
        (HTMX_2, whole),
        (HTMX_2 | {"HX-Target": "rows"}, rows),
        (HTMX_4 | {"HX-Target": "ul#rows"}, rows),
        (HTMX_4 | {"HX-Target": "p#count"}, '<p id="count">2</p>'),
        (HTMX_2 | {"HX-Target": "rows", "HX-History-Restore-Request": "true"}, whole),
        (HTMX_2 | {"HX-Target": "rows", "HX-Boosted": "true"}, whole),
        *(
            (HTMX_2 | {"HX-Target": name}, whole)
            for name in ("none", "main", "menu", "", "a", "row", "Rows", "__class__")
        ),
        *(
            (HTMX_4 | {"HX-Target": name}, whole)
            for name in ("rows", "p#", "#", "x#%FF", "x#%", "body", "x#" + "y" * 999)
        ),
    ]
    wrong = []
    async with site(routes, {"index.py": page, "_base.py": BASE}) as http:
        for headers, expected in cases:
            answer = await http.get("/", headers=headers)
            is_right = answer.text == expected if expected else answer.text.startswith("<nav")
            if not is_right or answer.status_code != 200 or "HX-Target" not in answer.headers["vary"]:
                wrong.append((headers, answer.status_code, answer.text[:80], answer.headers.get("vary")))
    assert not wrong


async def test_an_answer_by_fragments_varies(routes: Path) -> None:
    rows = "t'<p id=\"rows\" {fragment}>row</p>'"
    files = {
        "bare.py": f"from hyperpy import fragment, render\nrender(fragments='rows')\n{rows}",
        "loader.py": "from hyperpy import POST, fragment, render\nasync def load(): return render(fragments=['rows'])\n"
        f"if POST: pass\n{rows}",
        "response.py": "from hyperpy import HTMLResponse, fragment, render\n"
        f"response = HTMLResponse(render(fragments='rows'))\n{rows}",
        "both.py": f"from hyperpy import fragment, htmx, render\nif htmx: render(fragments='rows')\n{rows}",
    }
    async with site(routes, files) as http:
        vary = {name: (await http.get(f"/{name[:-3]}", headers=HTMX_2)).headers.get("vary") for name in files}
        assert vary.pop("both.py") == "HX-Request, HX-History-Restore-Request"
        assert set(vary.values()) == {"HX-Request"}
        assert "vary" not in (await http.post("/loader")).headers


async def test_fragments_have_the_status_of_the_page(routes: Path) -> None:
    page = "t'<p id=\"rows\" {fragment}>row</p>'"
    start = "from hyperpy import fragment, render, response\n"
    loader = "async def load():\n    response.status_code = 422\n    return render(fragments='rows')\n"
    files = {
        "bare.py": f"{start}response.status_code = 422\nrender(fragments='rows')\n{page}",
        "loader.py": f"{start}{loader}{page}",
    }
    async with site(routes, files) as http:
        assert {(await http.get(f"/{name[:-3]}")).status_code for name in files} == {422}


RESPONSES = (
    ("trigger_event('saved')", {"HX-Trigger": "saved"}),
    ("trigger_event('saved'); htmx.trigger_event('a:b')", {"HX-Trigger": "saved, a:b"}),
    (
        "trigger_event('saved'); htmx.trigger_event('show', {'id': 7, 'text': 'é😀\\r\\nX: y\\x7f'})",
        {"HX-Trigger": r'{"saved":{},"show":{"id":7,"text":"\u00e9\ud83d\ude00\r\nX: y\u007f"}}'},
    ),
    ("trigger_event('a', 1); htmx.trigger_event('b')", {"HX-Trigger": '{"a":1,"b":{}}'}),
    ("trigger_event('two words')", {"HX-Trigger": '{"two words":{}}'}),
    ("trigger_event('a', after='swap')", {"HX-Trigger-After-Swap": "a"}),
    (
        "trigger_event('a', after='settle'); htmx.trigger_event('b')",
        {"HX-Trigger-After-Settle": "a", "HX-Trigger": "b"},
    ),
    ("trigger_event('a', float('inf'))", {"HX-Trigger": '{"a":null}'}),
    ("location('/x')", {"HX-Location": '{"path":"/x"}'}),
    (
        "location('/x?q=é', target='#main', swap='outerHTML', select='#é', values={'a': 1}, push=False)",
        {
            "HX-Location": r'{"path":"/x?q=%C3%A9","target":"#main","swap":"outerHTML","select":"#\u00e9",'
            r'"values":{"a":1},"push":"false"}'
        },
    ),
    ("push_url('/x')", {"HX-Push-Url": "/x"}),
    ("push_url('?page=2')", {"HX-Push-Url": "FOLDER/deep?page=2"}),
    ("push_url('true')", {"HX-Push-Url": "FOLDER/true"}),
    ("push_url(False)", {"HX-Push-Url": "false"}),
    ("push_url('/x'); htmx.replace_url('/y')", {"HX-Replace-Url": "/y"}),
    ("replace_url('/x'); htmx.push_url('/y')", {"HX-Push-Url": "/y"}),
    ("reswap('beforeend show:bottom')", {"HX-Reswap": "beforeend show:bottom"}),
    ("retarget('#straße > a')", {"HX-Retarget": "#stra\\df e > a"}),
    ("reselect('.x')", {"HX-Reselect": ".x"}),
    ("refresh()", {"HX-Refresh": "true"}),
)


async def test_the_answer(routes: Path) -> None:
    files = {
        f"{kind}{number}/deep.py": f"from hyperpy import HTMLResponse, htmx\nhtmx.{calls}\n{end}"
        for number, (calls, _) in enumerate(RESPONSES)
        for kind, end in (("page", "t'<p>'"), ("answer", "HTMLResponse('<p>')"))
    }
    wrong = []
    async with site(routes, files) as http:
        for number, (calls, expected) in enumerate(RESPONSES):
            for kind in ("page", "answer"):
                headers = (await http.get(f"/{kind}{number}/deep", headers=HTMX_2)).headers
                seen = {name.title().replace("Hx-", "HX-"): text for name, text in headers.items() if name[:3] == "hx-"}
                wanted = {name: text.replace("FOLDER", f"/{kind}{number}") for name, text in expected.items()}
                if seen != wanted:
                    wrong.append((kind, calls, seen))
    assert not wrong


async def test_events_after_the_swap_of_htmx_4(routes: Path) -> None:
    """It knows one header of events, and fires them when it has swapped."""
    file = "from hyperpy import htmx\nhtmx.trigger_event('a', after='swap')\nhtmx.trigger_event('b', {'x': 1})\nt''"
    async with site(routes, {"index.py": file}) as http:
        headers = (await http.get("/", headers=HTMX_4)).headers
    assert json.loads(headers["hx-trigger"]) == {"a": {}, "b": {"x": 1}}
    assert not [name for name in headers if name.startswith("hx-trigger-after")]
    assert headers["vary"] == "HX-Request, HX-Source"


async def test_values_that_are_refused(routes: Path) -> None:
    """The author's values raise errors; a URL that a visitor may have chosen is a 400."""
    calls = {
        **{f"htmx.{name}(v)": 400 for name in ("location", "push_url", "replace_url")},
        **{f"htmx.{name}(v)": 500 for name in ("trigger_event", "reswap", "retarget", "reselect")},
        "htmx.trigger_event('a', object())": 500,
        "htmx.trigger_event('a', after=v)": 500,
        "htmx.location('/x', target=v)": 500,
        "htmx.push_url('//evil.example')": 500,
        "htmx.push_url(7)": 500,
    }
    lines = [f"if n == {number}: {call}" for number, call in enumerate(calls)]
    file = "\n".join(["from hyperpy import htmx", "n: int", "v: str", *lines, "t''"])
    values = ("a\r\nX-Evil: 1", "\0", "\n")
    urls = ("//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example", "", " /x")
    wrong = []
    async with site(routes, {"index.py": file}) as http:
        for number, (call, status) in enumerate(calls.items()):
            for value in (*values, *(urls if status == 400 else ())):
                answer = await http.get("/", params={"n": number, "v": value})
                if answer.status_code != status or "x-evil" in answer.headers:
                    wrong.append((call, value, answer.status_code))
    assert not wrong


async def test_it_is_too_late_once_the_headers_are_sent(routes: Path) -> None:
    files = {
        "stream.py": "from hyperpy import htmx\n\nasync def stream():\n    yield str(htmx.boosted)\n"
        "    try: htmx.trigger_event('late')\n    except Exception as error: yield type(error).__name__\n",
        "first.py": "from hyperpy import htmx, response\n\nasync def stream():\n"
        "    try: htmx.refresh()\n    except Exception as error: yield type(error).__name__\n"
        "    try: response.headers['x'] = '1'\n    except Exception as error: yield type(error).__name__\n",
    }
    async with client(write_files(routes, files)) as http:
        async with http.stream("/stream") as events:
            assert [event.data for event in await events.take(2)] == ["False", "HeadersSentError"]
        async with http.stream("/first") as events:
            assert [event.data for event in await events.take(2)] == ["HeadersSentError"] * 2


async def test_it_means_the_same_however_it_is_imported(routes: Path) -> None:
    show = "here = {name}.target\nt'{{here}} {{str(bool({name}))}}'"
    imports = {
        "renamed": ("from hyperpy import htmx as hx", "hx"),
        "module": ("import hyperpy as h", "h.htmx"),
        "short": ("from hyper import htmx", "htmx"),
        "star": ("from hyperpy import *", "htmx"),
        "again": ("from routes._own import mine", "mine"),
        "typed": ("from hyperpy import HTMX\nx: HTMX", "x"),
        "typed_again": ("from routes._own import Mine\nx: Mine", "x"),
        "optional": ("from hyperpy import HTMX\nx: HTMX | None", "x"),
        "needed": (
            "from hyperpy import HTMX, Depends\ndef same(htmx: HTMX): return htmx\nx: HTMX = Depends(same)",
            "x",
        ),
    }
    files = {f"{name}.py": f"{line}\n{show.format(name=used)}" for name, (line, used) in imports.items()}
    files["_own.py"] = "from hyperpy import HTMX as Mine, htmx as mine"
    async with site(routes, files) as http:
        for headers, expected in ((HTMX_2 | {"HX-Target": "a"}, "a True"), ({}, "False")):
            texts = {name: (await http.get(f"/{name}", headers=headers)).text.strip() for name in imports}
            assert set(texts.values()) == {expected}, texts


def test_a_cached_function_can_not_read_it(routes: Path) -> None:
    source = "from functools import cache\nfrom hyperpy import htmx\n@cache\ndef f(): return htmx.target\nt'{f()}'"
    with pytest.raises(HyperError, match="cache"):
        site(routes, {"index.py": source})


def test_outside_a_request() -> None:
    from hyperpy import htmx

    assert current.get(None) is None
    with pytest.raises(AnswerError, match="outside a request"):
        _ = htmx.target
