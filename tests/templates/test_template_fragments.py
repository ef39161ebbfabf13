"""Fragments: cut out of the syntax tree where that can be, found while rendering where not."""

import ast
from string.templatelib import Template

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, capture_fragments, fragment, html, plan_template, render_template
from hyperpy.templates.rendering.fragments import collecting


class Evaluated(list[str]):
    """Says which values a template has asked for."""

    def __getattr__(self, name: str) -> str:
        self.append(name)
        return name


def Layout(children: Markup, side: object = None) -> Template:
    return t"<body><nav id='nav' {fragment}>nav</nav>{side}{children}</body>"


NAMES = {"fragment": fragment, "Layout": Layout, "html": html, "yes": True, "no": False, "items": ["a", "b"]}


def plan(source: str) -> dict[str, ast.TemplateStr]:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.TemplateStr)
    found = plan_template(node.value, file="page.py", source=source, markers=frozenset({"fragment"}))
    return {part.name: part.node for part in found.fragments}


def run(node: ast.TemplateStr, v: Evaluated) -> str:
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "page.py", "eval")
    return render_template(eval(code, NAMES | {"v": v}))


@pytest.mark.parametrize(
    ("source", "name", "expected", "evaluated"),
    [
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
        ("""t'<p id=x {fragment}><!--# {v.a} -->{v.b}</p>'""", "x", '<p id="x">b</p>', "ab"),
        ("""t'<textarea id=x {fragment}>{v.b}</textarea>{v.a}'""", "x", '<textarea id="x">b</textarea>', "b"),
        ("""t'<style id=x {fragment}>p {{}}</style>{v.a}'""", "x", '<style id="x">p {}</style>', ""),
    ],
)  # fmt: skip
def test_cut_fragments(source: str, name: str, expected: str | None, evaluated: str) -> None:
    v = Evaluated()
    if expected is None:
        with pytest.raises(TemplateError):
            run(plan(source)[name], v)
        return
    assert run(plan(source)[name], v) == expected
    assert "".join(v) == evaluated


@pytest.mark.parametrize(
    "source",
    [
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
    ],
)
def test_what_can_not_be_cut_is_absent(source: str) -> None:
    assert plan(source) == {}


def test_other_markers() -> None:
    source = """t'<p id=x {hyper.fragment}>x</p>'"""
    node = ast.parse(source, mode="eval").body
    assert isinstance(node, ast.TemplateStr)
    found = plan_template(node, file="", source=source, markers=frozenset({"hyper.fragment"}))
    assert [part.name for part in found.fragments] == ["x"]


def test_the_tree_is_left_as_it_was() -> None:
    source = """t'<{Layout}>{[t"<p id=x {fragment}>{i}</p>" for i in items]}</{Layout}>'"""
    tree = ast.parse(source)
    before = ast.dump(tree)
    assert isinstance(tree.body[0], ast.Expr)
    assert isinstance(tree.body[0].value, ast.TemplateStr)
    plan_template(tree.body[0].value, file="", source=source, markers=frozenset({"fragment"}))
    assert ast.dump(tree) == before


class Lazy:
    """Renders when it is asked to, as a component that calls `html` does."""

    def __html__(self) -> str:
        return html(t"<p {fragment}={n}>x</p>")


LAZY = Lazy()


def task(n: object) -> Template:
    return t"<li id='task-{n}' {fragment}>{n}</li>"


n = 5


@pytest.mark.parametrize(
    ("template", "names", "found", "known"),
    [
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
    ],
)  # fmt: skip
def test_captured_fragments(template: Template, names: set[str], found: dict[str, str], known: str) -> None:
    assert capture_fragments(lambda: render_template(template), names) == (found, set(known.split()))


def test_captured_fragments_of_one_name_are_in_the_order_of_the_page() -> None:
    def page(children: Markup) -> Template:
        return t"<i {fragment}='x'>first</i>{children}"

    assert capture_fragments(lambda: render_template(t"<{page}><i {fragment}='x'>second</i></{page}>"), {"x"})[0] == {
        "x": "<i>first</i><i>second</i>"
    }


def test_capturing_ends() -> None:
    with pytest.raises(ZeroDivisionError):
        capture_fragments(lambda: render_template(t"<{(lambda: 1 / 0)} />"), {"x"})
    assert collecting.get() is None
    assert render_template(task(1)) == '<li id="task-1">1</li>'


@pytest.mark.parametrize("name", ["", None, False])
def test_an_empty_name(name: object) -> None:
    with pytest.raises(TemplateError, match="the name of this fragment is empty, in"):
        render_template(t"<p {fragment}={name}></p>")


@pytest.mark.parametrize("template", [t"<p>{fragment}</p>", t"<p title={fragment}></p>"])
def test_the_marker_is_no_value(template: Template) -> None:
    with pytest.raises(TemplateError, match="`fragment` marks an element and is no value"):
        render_template(template)


def test_the_marker_is_told_from_a_value_of_that_name() -> None:
    def render(fragment: object) -> str:
        return render_template(t"<p id=x {fragment}>x</p>")

    assert render("f") == '<p id="x" fragment="f">x</p>'
    assert render(fragment) == '<p id="x">x</p>'
    assert render("f") == '<p id="x" fragment="f">x</p>'
    assert repr(fragment) == "fragment"
