"""t-strings compiled in place: the same HTML and the same order of evaluation as with Templates."""

import ast
from collections.abc import Iterator
from string.templatelib import Template
from typing import Any

import pytest

from hyperpy.pages.loading.compiled.code import TemplateFunctions
from hyperpy.pages.loading.html_calls import TemplateCalls
from hyperpy.pages.loading.runtime import HELPERS
from hyperpy.templates import Markup, SourceText, fragment, render_template
from hyperpy.templates.at_load.literals import Literals
from tests.support.sites import Site


class World:
    """The names that the templates below use. It records the order of evaluation."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.xs: list[Any] = [1, "<2>"]

    def say(self, value: Any) -> Any:
        self.log.append(f"say {value}")
        return value

    def Card(self, children: object = "", title: object = "") -> Template:
        self.log.append(f"card {title}")
        self.xs.append("card")
        return t"<b title={title}>{children}</b>"

    def letters(self) -> Iterator[str]:
        for letter in "<b":
            self.log.append(f"letter {letter}")
            yield letter

    def names(self) -> dict[str, Any]:
        return {
            "Card": self.Card,
            "fragment": fragment,
            "letters": self.letters,
            "m": Markup("<u>&</u>"),
            "no": False,
            "none": None,
            "say": self.say,
            "xs": self.xs,
            "yes": True,
        }


@pytest.mark.parametrize(
    "source",
    [
        "t'<p>plain</p>'",
        "t'{xs}{xs.append(3)}'",
        "t'{xs!r}{xs.append(3)}'",
        "t'{t'{xs}'}{xs.append(3)}'",
        "t'{t'<i>{xs!r:>20}</i>'}{xs.append(3)}'",
        "t'{[t'<i>{n}</i>' for n in xs]}{xs.append(3)}'",
        "t'{(t'<i>{n}</i>' for n in xs)}{xs.append(3)}'",
        "t'{(t'<i>{say(n)}</i>' for n in xs)}{say(9)}'",
        "t'{[t'<i>{say(n)}</i>' for n in xs]}{say(9)}'",
        "t'{(t'<i>{n}{len(xs)}</i><{Card} title={n} />' for n in letters())}{len(xs)}'",
        "t'{[t'<i>{n}{len(xs)}</i><{Card} title={n} />' for n in letters()]}{len(xs)}'",
        "t'{t'<{Card} />'}{len(xs)}'",
        "t'<{Card} title={say(1)}>{say(2)}{[t'<i>{say(n)}</i>' for n in xs]}</{Card}>{say(3)}'",
        "t'<{Card} title={t'<i>{say(1)}</i>'} />{say(3)}'",
        "t'{[t'<tr>{[t'<td>{x}{y}</td>' for y in xs]}</tr>' for x in xs]}'",
        "t'{[t'<tr>{x}{[t'<td>{x!s:>3}{y!r}</td>' for y in xs if y]}</tr>' for x in xs if x]}'",
        "t'{[[t'<i>{n}</i>' for n in xs] for _ in xs]}'",
        "t'{[t'<i>{n}</i>' if n == 1 else None for n in xs]}'",
        "t'{[t'<i>{n}</i>' if n == 1 else t'<b>{n}{n}</b>' for n in xs]}'",
        "t'{[t'<hr>' for _ in xs]}{[t'{n!r}' for n in xs]}'",
        "t'{t'<i>{say(1)}</i>' if yes else None}{t'<i>{say(1)}</i>' if no else None}{t'x' if none else ''}'",
        "t'{t'<i>{say(1)}{say(2)}</i>' if yes else t'<b>{say(3)}</b>'}{t'a' if no else t'b'}'",
        "t'{t'{say(1)}' if no else say('<')}{say('>') if no else t'{m}'}{no and t'x'}{yes and t'{say(1)}'}'",
        "t'{t'{t'{t'<b>{say(1)}</b>'}{say(2)}'}'}{say(3)}'",
        "t'{say(1)}<!--# {say(2)} -->{say(3)}'",
        "t'<p id=x {fragment}>{say(1)}</p>'",
        't\'<p class={["a", say("b c"), {"on": say(yes), "off": no, "": yes}, none, ["d"], say("")]}>x</p>\'',
        't\'<p class={["a", {"on": no}]} title={say("<")}>x</p><p class={[none, "a"]}></p><p class={xs}></p>\'',
        't\'<p class={["<", *xs]}></p><p class="x {say(1)}"></p><p class={["a" "b", m]}></p>\'',
        "t'<a href={say('javascript:x')}>{none}{yes}{1.5}{m}</a>'",
        "t'<a href=\"/{say('é')}\" title={none} hidden={yes}></a>'",
        "t'" + "<{Card}>" * 30 + "{say(1)}" + "</{Card}>" * 30 + "'",
        "t'{" + "[" * 15 + "t'<i>{n}</i>'" + " for _ in (1,)]" * 14 + " for n in xs]}{say(1)}'",
        "t'{(n := say(4))}{n}{[t'{(k := n)}' for n in xs]}'",
        "t'{say(1):>{say(5)}}{say('<'):safe}{say(1):safe}'",
        "t'{[t'{n:>{w}}' for n, w in [(1, 2)]]}{(lambda: t'<i>{say(1)}</i>')()}'",
        't\'<title>{say("<")}</title><textarea>{xs}</textarea><p { {"title": say(1)}:**} {none:**}>{say(2)}</p>\'',
        "t'{dict(a=t'<i>{say(1)}</i>')['a']}{[*xs, t'<i>{say(2)}</i>']}'",
        "t'<p title={t'<i>{say(1)}</i>'} data={ {\"a\": t'{say(2)}'} }></p>'",
    ],
)
def test_the_result_is_the_same(source: str) -> None:
    results = []
    for inline in (False, True):
        world = World()
        node = ast.parse(source, mode="eval")
        names = world.names()
        if inline:
            assert isinstance(node.body, ast.TemplateStr)
            calls = TemplateCalls(Literals(SourceText("page.py", source), frozenset({"fragment"})))
            node = ast.Expression(calls.call(node.body))
            names.update(HELPERS)
            names.update(TemplateFunctions(calls.functions, {}).made("page.py", source))
        value = eval(compile(node, "page.py", "eval"), names)
        results.append((value if inline else render_template(value), world.log))
        assert type(results[-1][0]) is str
    assert results[0] == results[1]


async def test_what_a_stream_yields(site: Site) -> None:
    source = """
        import asyncio
        from hyperpy import html
        async def numbers():
            for n in range(2):
                await asyncio.sleep(0)
                yield n
        async def two():
            return "<2>"
        def Item(n):
            return t" <li>{n}</li> "
        async def stream():
            yield t'''
                <p>{await two()}</p>
            '''
            yield ("list", t"{[t'<i>{n}</i>' async for n in numbers()]}")
            yield {"event": "item", "data": t"<{Item} n={1} />"}
            yield ("html", html(t" <b>{html(t' {1} ')}</b> "))
            yield ("text", f"{t'{1}'.strings}")
        """
    answer = await site({"index.py": source}).get("/", headers={"accept": "text/event-stream"})
    assert answer.text.split("\n\n")[:5] == [
        "data: <p>&lt;2&gt;</p>",
        "event: list\ndata: <i>0</i><i>1</i>",
        "event: item\ndata: <li>1</li>",
        "event: html\ndata: <b>1</b>",
        "event: text\ndata: (&#39;&#39;, &#39;&#39;)",
    ]


async def test_components_of_private_files(site: Site) -> None:
    base = """
        from contextlib import contextmanager
        from string.templatelib import Template

        def Layout(children, title="<T>"):
            return t"<title>{title}</title>{[t'<i>{c}</i>' for c in 'ab']}{children}"

        def Outer(children):
            def inner():
                return t"{children}"
            assert isinstance(inner(), Template)
            return t"<div>{inner()}</div>"

        log = []

        @contextmanager
        def noted():
            log.append("in")
            yield
            log.append("out")

        class Late:
            def __html__(self):
                return f"<u>{log}</u>"

        def Guarded():
            log.clear()
            with noted():
                return t"{Late()}"

        def plain():
            return t"<b>{1}</b>"

        assert isinstance(plain(), Template)
        """
    page = """
        from ._base import Guarded, Layout, Outer, plain
        t"<{Layout}><{Outer}>{'<'}</{Outer}><{Guarded} />{plain()}{Layout('x')}</{Layout}>"
        """
    answer = await site({"_base.py": base, "index.py": page}).get("/")
    assert answer.text == (
        "<title>&lt;T&gt;</title><i>a</i><i>b</i><div>&lt;</div><u>['in', 'out']</u><b>1</b>"
        "<title>&lt;T&gt;</title><i>a</i><i>b</i>x"
    )


async def test_a_traceback_through_a_page_shows_the_hole(site: Site) -> None:
    source = """
        class Bad:
            def __str__(self):
                return 1 / 0
        bad = Bad()
        t'''
        <ul>
          {[t'<li title={n}>{bad}</li>' for n in 'ab']}
        </ul>'''
        """
    answer = await site({"index.py": source}, debug=True).get("/", headers={"accept": "text/html"})
    assert "index.py&#34;, line 7, in template\n    {[t&#39;&lt;li title={n}&gt;{bad}&lt;/li&gt;" in answer.text
