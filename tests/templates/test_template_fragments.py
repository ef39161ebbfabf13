"""Fragments: extracted from the syntax tree if possible, else captured while the page is rendered."""

import ast
from string.templatelib import Template

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.pages.loading.hidden_names import RENDER
from hyperpy.pages.loading.html_calls import TemplateCalls
from hyperpy.templates import Markup, SourceText, capture_fragments, fragment, html, render_template
from hyperpy.templates.at_load.fragment_extraction import extract_fragments
from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.rendering.fragments import collecting
from tests.templates.tables import Render, check_each, functions_of


class Evaluated(list[str]):
    """Records which attributes a template reads."""

    def __getattr__(self, name: str) -> str:
        self.append(name)
        return name


def Layout(children: Markup, side: object = None) -> Template:
    return t"<body><nav id='nav' {fragment}>nav</nav>{side}{children}</body>"


NAMES = {"fragment": fragment, "Layout": Layout, "html": html, "yes": True, "no": False, "items": ["a", "b"]}


class Page:
    """The t-string of this source, and its extracted fragments."""

    def __init__(self, source: str, marker: str = "fragment") -> None:
        self.node = ast.parse(source, mode="eval").body
        assert isinstance(self.node, ast.TemplateStr)
        self.literals = Literals(SourceText("page.py", source), frozenset({marker}))
        self.fragments = extract_fragments(self.node, self.literals)

    def as_template(self, name: str, v: Evaluated) -> str:
        code = compile(ast.fix_missing_locations(ast.Expression(self.fragments[name])), "page.py", "eval")
        return render_template(eval(code, NAMES | {"v": v}))

    def in_place(self, name: str, v: Evaluated) -> str:
        calls = TemplateCalls(self.literals)
        code = compile(ast.Expression(calls.call(self.fragments[name])), "page.py", "eval")
        html = eval(code, NAMES | functions_of(calls, self.literals.text) | {RENDER: render_template, "v": v})
        assert isinstance(html, str)
        return html


EXTRACTED = [
        ("""t'{v.a}<p id="x" {fragment}>{v.b}</p>{v.c}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'<p id=x {fragment}>{v.b}</p>'""", "x", '<p id="x">b</p>', "b"),
        ("""t'<p {fragment}="x" class={v.c}>{v.b}</p>'""", "x", '<p class="c">b</p>', "cb"),
        ("""t'<p {fragment}=x>b</p>{v.a}'""", "x", "<p>b</p>", ""),
        ("""t'<p id="a&amp;b" {fragment}>b</p>'""", "a&b", '<p id="a&amp;b">b</p>', ""),
        ("""t'<input id="x" {fragment} value={v.b}>{v.a}'""", "x", '<input id="x" value="b">', "b"),
        ("""t'<div id=x {fragment}><div>{v.b}</div><DIV></div></div>{v.a}'""", "x",
         '<div id="x"><div>b</div><DIV></div></div>', "b"),
        ("""t'<i id=o {fragment}>{v.a}<b id=x {fragment}>{v.b}</b></i>'""", "x", '<b id="x">b</b>', "b"),
        ("""t'<i id=o {fragment}>{v.a}<b id=x {fragment}>{v.b}</b></i>'""", "o",
         '<i id="o">a<b id="x">b</b></i>', "ab"),
        ("""t'<{Layout} side={v.a}>{v.c}<p id=x {fragment}>{v.b}</p></{Layout}>'""", "x", '<p id="x">b</p>', "b"),
        ("""t'<{Layout} side={t"<p id=x {fragment}>{v.b}</p>"}>{v.c}</{Layout}>'""", "x", '<p id="x">b</p>', "b"),
        ("""t'<{Layout} {fragment}="x">{v.b}</{Layout}>{v.a}'""", "x",
         '<body><nav id="nav">nav</nav>b</body>', "b"),
        ("""t'<{Layout} {fragment} id=x side={v.b}/>{v.a}'""", "x", None, ""),
        ("""t'{t"<p id=x {fragment}>{v.b}</p>" if yes else t"{v.a}"}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'{t"<p id=x {fragment}>{v.b}</p>" if no else t"{v.a}"}'""", "x", "", ""),
        ("""t'{t"<p id=x {fragment}>{v.b}</p>" if no else t"<b id=x {fragment}>{v.c}</b>"}'""", "x",
         '<b id="x">c</b>', "c"),
        ("""t'{yes and t"<p id=x {fragment}>{v.b}</p>"}{v.a}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'{[t"<p id=x {fragment}>{i}{v.b}</p>{v.c}" for i in items if i != "a"]}'""", "x",
         '<p id="x">bb</p>', "b"),
        ("""t'{(t"<p id=x {fragment}>{i}</p>" for i in items)}'""", "x", '<p id="x">a</p><p id="x">b</p>', ""),
        ("""t'{[v.a, t"<p id=x {fragment}>{v.b}</p>", *[t"{v.c}"]]}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'{[*(t"<p id=x {fragment}>{v.b}</p>",)]}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'{t"<p id=x {fragment}>{v.b}</p>":safe}'""", "x", '<p id="x">b</p>', "b"),
        ("""t'<p id=x {fragment}>1</p>{v.a}<p id=x {fragment}>2</p>'""", "x", '<p id="x">1</p><p id="x">2</p>', ""),
        ("""t'<svg><g id=x {fragment}/>{v.a}</svg>'""", "x", '<g id="x"/>', ""),
        ("""t'<p id=x {fragment}><!--# {str(v.a)} -->{v.b}</p>'""", "x", '<p id="x">b</p>', "ab"),
        ("""t'<textarea id=x {fragment}>{v.b}</textarea>{v.a}'""", "x", '<textarea id="x">b</textarea>', "b"),
        ("""t'<style id=x {fragment}>p {{}}</style>{v.a}'""", "x", '<style id="x">p {}</style>', ""),
    ]  # fmt: skip


def test_extracted_fragments() -> None:
    def check(source: str, name: str, expected: str | None, evaluated: str) -> None:
        page = Page(source)
        for render in (page.as_template, page.in_place):
            v = Evaluated()
            if expected is None:
                with pytest.raises(TemplateError):
                    render(name, v)
                continue
            assert render(name, v) == expected
            assert "".join(v) == evaluated

    check_each(EXTRACTED, check)


NOT_EXTRACTED = [
    """t'<p {fragment}={v.a}>x</p>'""",
    """t'<p id={v.a} {fragment}>x</p>'""",
    """t'<p id="x-{v.a}" {fragment}>x</p>'""",
    """t'{html(t"<p id=x {fragment}>x</p>")}'""",
    """t'{map(lambda i: t"<p id=x {fragment}>{i}</p>", items)}'""",
    """t'{v.a or t"<p id=x {fragment}>x</p>"}'""",
    """t'{(n := 1)}<p id=x {fragment}>{n}</p>'""",
    """t'<p id=x {fragment}>x</p>{html(t"<p id=x {fragment}>x</p>")}'""",
    """t'<!--# <p id=x {fragment}> -->'""",
    """t'no fragment at all'""",
]


def test_other_fragments_are_not_extracted() -> None:
    def check(source: str) -> None:
        assert Page(source).fragments == {}

    check_each(NOT_EXTRACTED, check)


def test_other_markers() -> None:
    assert list(Page("""t'<p id=x {hyper.fragment}>x</p>'""", marker="hyper.fragment").fragments) == ["x"]


def test_the_tree_is_not_changed() -> None:
    source = """t'<{Layout}>{[t"<p id=x {fragment}>{i}</p>" for i in items]}</{Layout}>'"""
    assert ast.dump(Page(source).node) == ast.dump(ast.parse(source, mode="eval").body)


class Lazy:
    """Renders a fragment with `html` when it is rendered itself."""

    def __html__(self) -> str:
        return html(t"<p {fragment}={n}>x</p>")


LAZY = Lazy()


def task(n: object) -> Template:
    return t"<li id='task-{n}' {fragment}>{n}</li>"


n = 5


CAPTURED = [
        (t"<ul>{[task(n) for n in range(2)]}</ul>", {"task-1"}, {"task-1": '<li id="task-1">1</li>'}, "task-0 task-1"),
        (t"<{Layout}><p id=x {fragment}>x</p></{Layout}>", {"nav", "x"},
         {"nav": '<nav id="nav">nav</nav>', "x": '<p id="x">x</p>'}, "nav x"),
        (t"<{Layout} side={LAZY} > </{Layout}>", {"5", "y"}, {"5": "<p>x</p>"}, "5 nav"),
        (t"<p id={n} {fragment}>x</p>", {"5"}, {"5": '<p id="5">x</p>'}, "5"),
        (t"<i id=a {fragment}>1<b id=b {fragment}>2</b></i>", {"b"}, {"b": '<b id="b">2</b>'}, "a b"),
        (t"<i id=a {fragment}>1</i>2<i {fragment}=a>3</i>", {"a"}, {"a": '<i id="a">1</i><i>3</i>'}, "a"),
        (t"<{Layout} {fragment}='all' >x</{Layout}>", ["all"],
         {"all": '<body><nav id="nav">nav</nav>x</body>'}, "all nav"),
        (t"<p>none</p>", {"a"}, {}, ""),
    ]  # fmt: skip


def test_captured_fragments() -> None:
    def check(template: Template, names: set[str], found: dict[str, str], known: str) -> None:
        assert capture_fragments(lambda: render_template(template), names) == (found, set(known.split()))

    check_each(CAPTURED, check)


def test_captured_fragments_of_one_name_are_in_page_order() -> None:
    def page(children: Markup) -> Template:
        return t"<i {fragment}='x'>zebra</i>{children}"

    assert capture_fragments(lambda: render_template(t"<{page}><i {fragment}='x'>ape</i></{page}>"), {"x"})[0] == {
        "x": "<i>zebra</i><i>ape</i>"
    }

    def empty(children: Markup) -> None:
        """Drops its content, whose fragments come last then."""

    dropped = t"<{empty}><i {fragment}='x'>ape</i></{empty}><i {fragment}='x'>zebra</i>"
    assert capture_fragments(lambda: render_template(dropped), {"x"})[0] == {"x": "<i>zebra</i><i>ape</i>"}


def test_capturing_ends() -> None:
    with pytest.raises(ZeroDivisionError):
        capture_fragments(lambda: render_template(t"<{(lambda: 1 / 0)} />"), {"x"})
    assert collecting.get() is None
    assert render_template(task(1)) == '<li id="task-1">1</li>'


def test_an_empty_name(render: Render) -> None:
    def check(name: object) -> None:
        with pytest.raises(TemplateError, match="the name of this fragment is empty, in"):
            render("<p {fragment}={name}></p>", name=name)

    check_each(["", None, False], check)


def test_the_marker_is_not_a_value(render: Render) -> None:
    def check(source: str) -> None:
        with pytest.raises(TemplateError, match="`fragment` marks an element; it is not a value"):
            render(source)

    check_each(["<p>{fragment}</p>", "<p title={fragment}></p>"], check)


def test_a_value_may_have_the_name_of_the_marker() -> None:
    def render(fragment: object) -> str:
        return render_template(t"<p id=x {fragment}>x</p>")

    assert render("f") == '<p id="x" fragment="f">x</p>'
    assert render(fragment) == '<p id="x">x</p>'
    assert render("f") == '<p id="x" fragment="f">x</p>'
    assert repr(fragment) == "fragment"
