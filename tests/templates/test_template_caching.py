"""Caches: one function per literal, even if literals have equal strings; bounded sizes."""

from collections.abc import Callable
from string.templatelib import Interpolation, Template

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, fragment, render_template
from hyperpy.templates.escaping import url_values
from hyperpy.templates.rendering import render
from hyperpy.templates.syntax.contexts import context_of
from hyperpy.templates.syntax.holes import Context
from tests.templates.tables import check_each

VARIANTS = [
    (t"<p {'x'}></p>", None),
    (t"<p>{'<b>'}</p>", "<p>&lt;b&gt;</p>"),
    (t"<p>{'<b>'!r}</p>", "<p>&#39;&lt;b&gt;&#39;</p>"),
    (t"<p>{'<b>':>5}</p>", "<p>  &lt;b&gt;</p>"),
    (t"<p>{'<b>':safe}</p>", "<p><b></p>"),
    (t"<p>{'<b>'!r:safe}</p>", "<p>'<b>'</p>"),
    (t"<p>{'<b>'!s:>5}</p>", "<p>  &lt;b&gt;</p>"),
    (t"<p>{ {}:**}</p>", None),
]
a, b, mark = 1, {"b": 2}, fragment


def card(children: object = "") -> object:
    return children


def other(children: object = "") -> object:
    return children


NAMED = [
    (t"<p id=x {a}></p>", '<p id="x" a="1"></p>'),
    (t"<p id=x {b:**}></p>", '<p id="x" b="2"></p>'),
    (t"<p id=x {fragment}></p>", '<p id="x"></p>'),
    (t"<p id=x {mark}></p>", '<p id="x"></p>'),
    (t"<p id=x {a!r}></p>", None),
    (t"<p id=x {b}></p>", None),
    (t"<p id=x {a.real}></p>", None),
]
TAGS = [
    (t"<{card}>x</{card}>", "x"),
    (t"<{other}>x</{other}>", "x"),
    (t"<{card}>x</{other}>", None),
    (t"<{card}>x</{card}>", "x"),
]


def test_literals_of_equal_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of them is compiled first."""

    def check(variants: list[tuple[Template, str | None]]) -> None:
        monkeypatch.setattr(render, "_renderers", {})
        monkeypatch.setattr(render, "_list_renderers", {})
        check_variants(variants)

    check_each([VARIANTS, NAMED, TAGS, VARIANTS[::-1], NAMED[::-1], TAGS[::-1]], check)


def check_variants(variants: list[tuple[Template, str | None]]) -> None:
    for _ in range(2):
        for template, expected in variants:
            if expected is None:
                with pytest.raises(TemplateError):
                    render_template(template)
                continue
            assert render_template(template) == expected
            assert render_template(t"{[template, template]}") == expected * 2
            assert render_template(t"{[template, *(made for made, good in variants if good)]}").startswith(expected)


def numbered(template: Callable[[object], Template], *numbers: object) -> list[object]:
    """Templates of one literal."""
    return [template(number) for number in numbers]


LISTS = [
    ([t"<b>{1}</b>", None, "<", t"<b>{2!r}</b>", t"<i>", [t"<b>{3}</b>"]], "<b>1</b>&lt;<b>2</b><i><b>3</b>"),
    (
        numbered(lambda n: t"<b>{n}</b>", 1, "<", None, 1.5, t"<i>", ["<", 2]),
        "<b>1</b><b>&lt;</b><b></b><b>1.5</b><b><i></b><b>&lt;2</b>",
    ),
    (
        [*numbered(lambda n: t"<b>{n}</b>", 1, 2), "<", *numbered(lambda n: t"<b>{n}</b>", 3)],
        "<b>1</b><b>2</b>&lt;<b>3</b>",
    ),
    (
        [*numbered(lambda n: t"<b>{n!r}</b>", "x"), *numbered(lambda n: t"<b>{n}</b>", "x")],
        "<b>&#39;x&#39;</b><b>x</b>",
    ),
    ([*numbered(lambda n: t"<b>{n}</b>", "x"), *numbered(lambda n: t"<b>{n:safe}</b>", "<i>")], "<b>x</b><b><i></b>"),
    (numbered(lambda n: t"<p id={n}></p>", 1, None, "<"), '<p id="1"></p><p></p><p id="&lt;"></p>'),
    (
        numbered(lambda n: t"<p id={n} title={n}>{n}</p>", "<", 1),
        '<p id="&lt;" title="&lt;">&lt;</p><p id="1" title="1">1</p>',
    ),
    (numbered(lambda n: t"{{{n}}}", 1, 2), "{1}{2}"),
    (numbered(lambda n: t"<hr>", 1, 2), "<hr><hr>"),
    (numbered(lambda n: t"{n}", 1, t"{2}"), "12"),
    (numbered(lambda n: t"", 1, 2), ""),
]


def test_lists() -> None:
    def check(items: list[object], expected: str) -> None:
        for _ in range(2):
            assert render_template(t"<ul>{items}</ul>") == f"<ul>{expected}</ul>"

    check_each(LISTS, check)


def test_items_are_rendered_once() -> None:
    calls: list[object] = []

    def Item(n: object) -> Template:
        calls.append(n)
        return t"{n}"

    items = numbered(lambda n: t"<b><{Item} n={n} /></b>", 1, 2)
    assert render_template(t"{[*items, t'<i>', *numbered(lambda n: t'<b><{Item} n={n!r} /></b>', 3)]}") == (
        "<b>1</b><b>2</b><i><b>3</b>"
    )
    assert calls == [1, 2, "3"]


def test_an_error_names_the_item() -> None:
    items = [t"<b>{1}</b>", t"<b>{b}</b>", t"<b>{a}</b>"]
    with pytest.raises(TemplateError, match=r"can't render a dict, in t\"<b>\{b\}"):
        render_template(t"{items}")


def test_format_specs_may_change_each_time() -> None:
    before = len(render._renderers)
    for width in range(20):
        assert render_template(t"<i>{1:{width}}</i>") == f"<i>{1:{width}}</i>"
    assert len(render._renderers) <= before + 2


def test_caches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "CACHE_SIZE", 10)
    monkeypatch.setattr(url_values, "CACHE_SIZE", 10)
    for n in range(50):
        made = Template(f"<p {n}=", Interpolation(n, "n"), ">")
        assert render_template(made) == f'<p {n}="{n}">'
        assert render_template(t"{[made]}") == f'<p {n}="{n}">'
        assert render_template(t"{Template('<p>', Interpolation(1, f'x{n}', 'r'), '</p>')}") == "<p>1</p>"
        assert render_template(t"<a href={f'/{n}'}>") == f'<a href="/{n}">'
    assert len(render._renderers) <= 10
    assert len(render._list_renderers) <= 10
    assert all(len(known) <= 10 for known in url_values.SAFE_TEXTS.values())


def test_long_urls_are_not_cached() -> None:
    long = "/" + "x" * 1000
    assert render_template(t"<a href={long}>") == f'<a href="{long}">'
    assert long not in url_values.SAFE_TEXTS[Context.URL]


def test_a_literal_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    real = render._compiled

    def counted(template: Template) -> object:
        compiled.append(template)
        return real(template)

    monkeypatch.setattr(render, "_compiled", counted)
    for n in range(5):
        render_template(t"<p {a} title={n}>{Markup('x')}</p>")
    assert len(compiled) == 1


CONTEXTS = [
    ("a", "href", Context.URL),
    ("A", "HREF", Context.URL),
    ("img", "src", Context.IMAGE_URL),
    ("iframe", "src", Context.URL),
    ("video", "poster", Context.IMAGE_URL),
    ("img", "srcset", Context.URL_SET),
    ("a", "ping", Context.URL_LIST),
    ("animate", "values", Context.URL_STEPS),
    ("p", "values", Context.PLAIN),
    ("p", "class", Context.CLASS),
    ("p", "style", Context.STYLE),
    ("p", "aria-label", Context.ARIA),
    ("p", "title", Context.PLAIN),
    ("p", "data-href", Context.PLAIN),
    ("p", "data-hx-get", Context.URL),
    ("p", "data-hx-on:click", Context.SCRIPT),
    ("p", "onclick", Context.SCRIPT),
    ("p", "@click.prevent", Context.SCRIPT),
    ("p", ":class", Context.SCRIPT),
    ("p", "v-slot:item", Context.SCRIPT),
    ("p", "x-model.lazy", Context.SCRIPT),
    ("p", "data-signals", Context.SCRIPT),
    ("p", "data-attr-href", Context.BINDING),
    ("p", "data-class:done", Context.SCRIPT),
    ("p", "data-show__when", Context.SCRIPT),
    ("p", "data-text-size", Context.PLAIN),
    ("p", "data-online", Context.PLAIN),
    ("p", "data-bind", Context.PLAIN),
    ("p", "x-ref", Context.PLAIN),
    ("p", "x-html", Context.REFUSED),
    ("p", "V-HTML", Context.REFUSED),
    ("p", "_", Context.REFUSED),
    ("iframe", "srcdoc", Context.SRCDOC),
    ("meta", "content", Context.PLAIN),
    ("base", "href", Context.URL),
]


def test_contexts() -> None:
    def check(tag: str, name: str, context: Context) -> None:
        assert context_of(tag, name) is context

    check_each(CONTEXTS, check)
