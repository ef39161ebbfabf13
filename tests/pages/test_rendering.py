"""`render(…)` in a route file: the fragments, their page, and the expressions that are evaluated for them."""

import httpx
import pytest

from hyperpy import POST, render
from hyperpy.exceptions import AnswerError
from tests.support.sites import Site

EVENTS = {"accept": "text/event-stream"}


async def first_event(client: httpx.AsyncClient, path: str = "/") -> str:
    answer = await client.get(path, headers=EVENTS)
    assert answer.status_code == 200, answer.text
    return answer.text.split("\n\n")[0]


async def test_only_expressions_inside_are_evaluated_with_current_values(site: Site) -> None:
    source = """
        from hyperpy import fragment, render
        user = None
        calls = []
        def load_data(n):
            global user
            user = n
        def seen(name):
            calls.append(name)
            return name
        t'''<h1>{seen("title")} {user.name}</h1><p id="a" {fragment}>{user}</p><p id="b" {fragment}>{seen("b")}</p>'''
        async def stream():
            for n in range(2):
                load_data(n)
                yield render(fragments="a")
            yield render(fragments=["b", "a"])
            yield ("calls", calls)
        """
    answer = await site({"index.py": source}).get("/", headers=EVENTS)
    events = answer.text.split("\n\n")
    assert events[:4] == [
        'data: <p id="a">0</p>',
        'data: <p id="a">1</p>',
        'data: <p id="b">b</p><p id="a">1</p>',
        'event: calls\ndata: ["b"]',
    ]


@pytest.mark.parametrize(
    ("template", "name", "html"),
    [
        ("""t'<{Layout}><p id="a" {fragment}>{x}</p></{Layout}>'""", "a", '<p id="a">1</p>'),
        ("""t'<{Layout}>{x}</{Layout}>'""", "menu", '<nav id="menu">Menu</nav>'),
        ("""t'<ul>{[t"<li {fragment}={"i" + str(i)}>{i}</li>" for i in (1, 2)]}</ul>'""", "i2", "<li>2</li>"),
        ("""t'<ul>{[t"<li {fragment}=all>{i}</li>" for i in (1, 2)]}</ul>'""", "all", "<li>1</li><li>2</li>"),
        ("""t'{t"<p {fragment}=a>yes</p>" if x else t"<p {fragment}=a>no</p>"}'""", "a", "<p>yes</p>"),
    ],
)
async def test_where_fragments_are_found(site: Site, template: str, name: str, html: str) -> None:
    source = f"""
from hyperpy import fragment, render
x = 1
def Layout(children):
    return t'<nav id="menu" {{fragment}}>Menu</nav><main>{{children}}</main>'
{template}
async def stream():
    yield render(fragments="{name}")
"""
    assert await first_event(site({"index.py": source})) == f"data: {html}"


async def test_other_spellings_of_the_marker(site: Site) -> None:
    source = """
        import hyper
        t'<p id="a" {hyper.fragment}>1</p><b>'
        async def stream():
            yield hyper.render(fragments='a')
        """
    assert await first_event(site({"index.py": source})) == 'data: <p id="a">1</p>'


@pytest.mark.parametrize("big", ["0", "1"])
async def test_the_page_that_was_reached_is_rendered(site: Site, big: str) -> None:
    source = """
        from hyperpy import fragment, render
        big: int
        if big:
            t'<h1 id="a" {fragment}>big</h1>'
        else:
            t'<p id="a" {fragment}>small</p>'
        async def stream():
            yield render(fragments="a")
        """
    wanted = '<h1 id="a">big</h1>' if big == "1" else '<p id="a">small</p>'
    assert await first_event(site({"index.py": source}), f"/?big={big}") == f"data: {wanted}"


async def test_if_no_page_was_reached_the_first_with_the_fragment_is_rendered(site: Site) -> None:
    source = """
        from hyperpy import fragment, render
        q: str | None
        if q == "answer":
            render(fragments="b")
        if q == "never":
            t'<p id="a" {fragment}>a</p>'
        elif q:
            t'<p id="b" {fragment}>b</p>'
        """
    assert (await site({"index.py": source}).get("/?q=answer")).text == '<p id="b">b</p>'


async def test_without_names_the_whole_page_is_rendered(site: Site) -> None:
    source = "from hyperpy import render\nt'''\n<p>{1}</p>\n'''\nasync def stream():\n    yield ('page', render())"
    assert await first_event(site({"index.py": source})) == "event: page\ndata: <p>1</p>"


async def test_an_unknown_name_lists_the_valid_ones(site: Site) -> None:
    source = """
        from hyperpy import fragment, render
        render(fragments="stats")
        t'<p id="status" {fragment}>a</p>{[t"<b {fragment}={name}></b>" for name in ("x", "y")]}'
        """
    answer = await site({"index.py": source}, debug=True).get("/")
    assert answer.status_code == 500
    assert "the page has no fragment `stats`" in answer.text
    assert "It has `status`, `x`, `y`. Did you mean `status`?" in answer.text
    assert "index.py:2" in answer.text


async def test_a_page_without_fragments_says_how_to_mark_one(site: Site) -> None:
    answer = await site({"index.py": "from hyperpy import render\nrender(fragments='a')\nt'<p>'"}, debug=True).get("/")
    assert "Mark an element: &lt;div id=&#34;a&#34; {fragment}&gt;" in answer.text


def test_outside_a_request_there_is_no_page() -> None:
    with pytest.raises(AnswerError, match=r"render\(\) needs a request"):
        render(fragments="a")


def test_outside_a_request_there_is_no_method() -> None:
    with pytest.raises(AnswerError, match="`POST` can't be tested outside a request"):
        bool(POST)


async def test_flags_know_the_request_in_functions_and_threads(site: Site) -> None:
    source = """
        from hyperpy import GET, POST
        def which(): return "POST" if POST else "GET" if GET else "?"
        t"{which()}"
        """
    client = site({"index.py": source})
    assert (await client.get("/")).text == "GET"
    assert (await client.post("/")).text == "POST"
    assert (await client.head("/")).headers["content-length"] == "3"
    refused = await client.put("/")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    options = await client.options("/")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


COUNTED = """
from hyperpy import fragment, render
a, b = 0, 0
t'<p id="a" {{fragment}}>{{a}}</p><p id="b" {{fragment}}>{{b}}</p>'
async def stream():
    global a, b
    yield "begin"
    {statements}
"""


@pytest.mark.parametrize(
    ("statements", "events"),
    [
        ("for a in (1, 1, 2): yield render(fragments='a', if_changed=True)", ["a1", "a2"]),
        ("for a in (1, 1): yield render(fragments='a', if_changed=False)", ["a1", "a1"]),
        ("for a in (1, 2, 1): yield render(fragments='a', if_changed=True)", ["a1", "a2", "a1"]),
        ("for b in (1, 2): yield render(fragments='a', if_changed=True)", ["a0"]),
        ("for b in (1, 1, 2): yield render(fragments=['a', 'b'], if_changed=True)", ["a0b1", "a0b2"]),
        # Unconditional renderings count as well.
        (
            "for a, new in (1, True), (2, False), (2, True), (1, True): yield render(fragments='a', if_changed=new)",
            ["a1", "a2", "a1"],
        ),
        # A fragment is compared on its own, whichever others it is sent with.
        (
            "for a, names in (1, ['a']), (2, ['a', 'b']), (1, ['a']): yield render(fragments=names, if_changed=True)",
            ["a1", "a2b0", "a1"],
        ),
        ("for a in (1, 1, 2): yield render(if_changed=True)", ["a1b0", "a2b0"]),
        ("for a in (1, 1): yield 'x', render(fragments='a', if_changed=True) or 'same'", ["x:a1", "x:same"]),
    ],
)
async def test_only_changes_are_sent(site: Site, statements: str, events: list[str]) -> None:
    answer = await site({"index.py": COUNTED.format(statements=statements)}).get("/", headers=EVENTS)
    sent = answer.text.replace('<p id="', "").replace('">', "").replace("</p>", "")
    sent = sent.replace("event: x\ndata: ", "x:").replace("data: ", "")
    assert sent.split("\n\n")[1:-2] == events


async def test_each_request_remembers_what_it_has_rendered(site: Site) -> None:
    client = site({"index.py": COUNTED.format(statements="yield render(fragments='a', if_changed=True)")})
    for _ in range(2):
        assert '<p id="a">0</p>' in (await client.get("/", headers=EVENTS)).text


async def test_none_is_an_error_in_a_stream_without_if_changed(site: Site) -> None:
    answer = await site({"index.py": COUNTED.format(statements="yield None")}).get("/", headers=EVENTS)
    assert "event: stream-error" in answer.text


async def test_a_stream_without_changes_lets_other_tasks_run(site: Site) -> None:
    """The generator awaits nothing itself."""
    source = """
        import asyncio
        from hyperpy import fragment, render
        news = []
        async def note():
            news.append(1)
        t'<p id="a" {fragment}>{len(news)}</p>'
        async def stream():
            task = asyncio.ensure_future(note())
            while not news:
                yield render(fragments="a", if_changed=True)
            yield render(fragments="a", if_changed=True)
            await task
        """
    answer = await site({"index.py": source}).get("/", headers=EVENTS)
    assert answer.text.startswith('data: <p id="a">0</p>\n\ndata: <p id="a">1</p>\n\n')


YIELDED = "async def stream():\n    yield t'{late()}, {late()}'\n"


async def test_a_lone_surrogate_does_not_take_the_page_down(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    page = "name = 'a' + chr(0xD800)\nt'<p id=x title={name} {fragment}>ü{name}</p>'\n"
    files = {
        "index.py": f"from hyperpy import fragment\n{page}",
        "part.py": f"from hyperpy import fragment, render\n{page}render(fragments='x')\n",
        "late.py": f"async def late():\n    return name\n{page.replace('ü', '{late()}').replace(' {fragment}', '')}",
        "sent.py": f"async def late():\n    return 'a' + chr(0xD800)\n\n{YIELDED}",
    }
    async with site(files) as client:
        for path in ("/", "/part", "/late", "/sent"):
            caplog.clear()
            response = await client.get(path)
            assert response.status_code == 200
            assert response.text.count("a\ufffd") >= 2
            assert "the lone surrogate" in caplog.text


async def test_awaited_html_is_checked_inside_svg(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    page = "async def late(): return t'<style>TEXT</style>'\nt'<svg>{late()}<{late} /></svg>'\n"
    async with site({"good.py": page.replace("TEXT", "a < b"), "bad.py": page.replace("TEXT", "a<b")}) as client:
        assert (await client.get("/good")).text.count("<style>a < b</style>") == 2
        bad = await client.get("/bad")
    assert "<style>" not in bad.text
    assert "`<` starts a tag in `<style>` here" in caplog.text
