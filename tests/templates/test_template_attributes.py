"""What an attribute's value becomes, and which names a mapping may bring."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from string.templatelib import Template
from types import MappingProxyType

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, html, render_template, render_text

P = '"><script>pwned=1</script>'
E = "&#34;&gt;&lt;script&gt;pwned=1&lt;/script&gt;"
title, rest, class_, data_id = "<T>", {"id": "r", "title": "R"}, "c", 7


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        # values
        (t"<p title={P}>", f'<p title="{E}">'),
        (t"<p title='{P}'>", f'<p title="{E}">'),
        (t'<p title="{P}">', f'<p title="{E}">'),
        (t"<p title={'a onmouseover=1'}>", '<p title="a onmouseover=1">'),
        (t"<p title={"' onload=1 x='"}>", '<p title="&#39; onload=1 x=&#39;">'),
        (t'<p title="a {P} b {1} c">', f'<p title="a {E} b 1 c">'),
        (t"<p title=a{1}b>", '<p title="a1b">'),
        (t"<p title={'a\nb'}>", '<p title="a\nb">'),
        (t"<p title={''}>", '<p title="">'),
        (t"<p title={Markup('<b>&amp;"')}>", '<p title="&lt;b&gt;&amp;&#34;">'),
        (t"<p title='x {Markup('<b>&amp;"')}'>", '<p title="x &lt;b&gt;&amp;&#34;">'),
        (t"<p title={t'Hi {P}'}>", f'<p title="Hi {E}">'),
        (t"<p title='x {t'Hi {P}'}'>", f'<p title="x Hi {E}">'),
        (t"<p title={P:safe}>", '<p title="&#34;&gt;&lt;script&gt;pwned=1&lt;/script&gt;">'),
        (t"<p title={3.5} id={7}>", '<p title="3.5" id="7">'),
        (t"<p title={P!r:.3}>", '<p title="&#39;&#34;&gt;">'),
        (t"<p hidden={True} id={None} lang={False}>", "<p hidden>"),
        (t"<p title='{None}{True}{False}x'>", '<p title="x">'),
        (t"<p title='{None}'>", "<p>"),
        (t"<p title={object.__name__}>", '<p title="object">'),
        # static values keep what they say, between double quotes
        (t'<p a=1 b=\'2\' c="3" d e="" f=\'"\' {title}>', '<p a="1" b="2" c="3" d e="" f="&#34;" title="&lt;T&gt;">'),
        (t"<p\n  id='x'\n  title={P}\n>", f'<p\n  id="x"\n  title="{E}"\n>'),
        (t'<a href="x"title={1} / >', '<a href="x" title="1" >'),
        (t"<br title={1}/><br title={1} />", '<br title="1"/><br title="1" />'),
        (t"<a href=/x/>", '<a href="/x/">'),
        # class
        (t"<p class={'a b'}>", '<p class="a b">'),
        (t"<p class={['a', None, '', ['b', ('c',)], {'d': 1, 'e': 0}, False, True, 3]}>", '<p class="a b c d 3">'),
        (t"<p class={ {'a': True, 'b': False, '<': 1} }>", '<p class="a &lt;">'),
        (t"<p class={['a', {('b', 'c'): 1}]}>", '<p class="a b c">'),
        (t"<p class={[{'b': 1}, Markup('c')]}>", '<p class="b c">'),
        (t"<p class={OrderedDict(a=1, b=0)}>", '<p class="a">'),
        (t"<p class={('a', 'b')}>", '<p class="a b">'),
        (t"<p class={[]}><p class={ {} }><p class={None}><p class={''}>", '<p><p><p><p class="">'),
        (t"<p class='btn {['a', {'b': 1}]} {'c'} {None} x'>", '<p class="btn a b c  x">'),
        (t"<p class='btn-{'<'}'>", '<p class="btn-&lt;">'),
        (t"<p class={True}>", "<p class>"),
        (t"<p class={Markup('a"')}>", '<p class="a&#34;">'),
        # style
        (
            t"<p style={ {'color': 'red', '--x': 3, 'top': None, 'left': False, 'right': ''} }>",
            '<p style="color: red; --x: 3">',
        ),
        (t"<p style={'color: red; width: 3px;'}>", '<p style="color: red; width: 3px">'),
        (
            t"<p style='color: {'red'}; width: {50}px; height: {1.5}%; {None}'>",
            '<p style="color: red; width: 50px; height: 1.5%; ">',
        ),
        (t"<p style={ {} }><p style={None}><p style={True}>", "<p><p><p style>"),
        # data and aria
        (
            t"<p data={ {'user_id': 3, 'on': True, 'off': False, 'no': None, 'x-y': P} }>",
            f'<p data-user-id="3" data-on data-x-y="{E}">',
        ),
        (
            t"<p aria={ {'hidden': True, 'busy': False, 'label': P, 'x': None} }>",
            f'<p aria-hidden="true" aria-busy="false" aria-label="{E}">',
        ),
        (
            t"<p aria-hidden={True} aria-busy={False} aria-label={None} aria-x='{True}y'>",
            '<p aria-hidden="true" aria-busy="false" aria-x="y">',
        ),
        (t"<object data={'/x.png'}></object>", '<object data="/x.png"></object>'),
        (t"<p data='{1}{2}' aria={P}>", f'<p data="12" aria="{E}">'),
        # shorthand and spread
        (t"<p {title}>", '<p title="&lt;T&gt;">'),
        (t"<p {class_} {data_id}>", '<p class="c" data-id="7">'),
        (t"<p {title}/>", '<p title="&lt;T&gt;"/>'),
        (t"<p {rest:**} lang=en>", '<p id="r" title="R" lang="en">'),
        (t"<p {None:**}>", "<p>"),
        (t"<p {MappingProxyType({'a': 1}):**}>", '<p a="1">'),
        (
            t"<p { {'hx_get': '/x', 'data_n': 1, 'viewBox': 0, 'xml:lang': 'en', '_x': 2}:**}>",
            '<p hx-get="/x" data-n="1" viewBox="0" xml:lang="en" _x="2">',
        ),
        (
            t"<p { {'class': ['a', {'b': 1}], 'style': {'top': 0}, 'data': {'a': 1}, 'aria': {'b': True}}:**}>",
            '<p class="a b" style="top: 0" data-a="1" aria-b="true">',
        ),
        (t"<p { {'title': t'&lt;{P}', 'hidden': True, 'id': None}:**}>", f'<p title="&lt;{E}" hidden>'),
        # of one name the last one stays
        (t"<p title='a' title={1}>", '<p title="1">'),
        (t"<p title={1} TITLE='a'>", '<p TITLE="a">'),
        (t"<p title='a' title={None}>", "<p>"),
        (t"<p title='a' {title}>", '<p title="&lt;T&gt;">'),
        (t"<p id={1} {rest:**}>", '<p id="r" title="R">'),
        (t"<p {rest:**} ID={1}>", '<p ID="1" title="R">'),
        (t"<p {rest:**} { {'id': None}:**}>", '<p title="R">'),
        (t"<p data-a=1 data={ {'a': 2} }>", '<p data-a="2">'),
        (t"<p data={ {'a': 2} } data-a=1 >", '<p data-a="1" >'),
    ],
)
def test_attribute(template: Template, expected: str) -> None:
    assert render_template(template) == expected


class Evil(Mapping[object, object]):
    def __init__(self, name: object) -> None:
        self.name = name

    def __getitem__(self, name: object) -> object:
        return "v"

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter([self.name])

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    "name",
    ["a b", "a/b", "a>b", "a=b", "a\tb", "a\nb", "a\x0cb", 'a"b', "a'b", "a<b", "", " ", "a\0b", "é", "a&b", "{a}",
     "1", "-", "@click", ":x", "*x", "a\n", 3, None, b"a"],
)  # fmt: skip
@pytest.mark.parametrize("use", ["spread", "dict", "data"])
def test_names_from_a_mapping_are_checked(name: object, use: str) -> None:
    if use != "spread" and name in ("1", "-", "_"):
        return  # behind `data-` they are fine
    mapping = Evil(name) if use == "spread" else {name: "v"}
    template = t"<p data={mapping}>" if use == "data" else t"<p {mapping:**}>"
    with pytest.raises(TemplateError):
        render_template(template)


@pytest.mark.parametrize(
    "name",
    ["onclick", "ONCLICK", "OnLoad", "hx-on:click", "hx_on_click", "data-hx-on:x", "x-on:click", "data-on-click",
     "data-on:click", "data_on_click", "srcdoc", "_", "hx-vars", "x-data", "x-html",
     "x-bind:href", "x-model.lazy", "v-html"],
)  # fmt: skip
def test_names_that_run_scripts_are_refused(name: str) -> None:
    with pytest.raises(TemplateError):
        render_template(t"<p { {name: 'v'}:**}>")


@pytest.mark.parametrize(
    "template",
    [
        t"<base { {'href': '/x'}:**}>",
        t"<meta { {'http-equiv': 'refresh'}:**}>",
        t"<p data={ {'on-click': 'x'} }>",
        t"<p { {'data': {'on-click': 'x'}}:**}>",
    ],
)
def test_spreads_take_the_context_of_their_element(template: Template) -> None:
    with pytest.raises(TemplateError):
        render_template(template)


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (t"<p title={['a']}>", "an attribute can't be a list"),
        (t"<p title='x{('a',)}'>", "an attribute can't be a tuple"),
        (t"<p title={(x for x in 'a')}>", "an attribute can't be a generator"),
        (t"<p {rest}>", "a template can't show a dict"),
        (t"<p {['a']:**}>", "`:**` spreads a mapping, and this is a list"),
        (t"<p {P:**}>", "`:**` spreads a mapping, and this is '\"><script>pwned=1</script>' (str)"),
        (t"<p class={[t'<b>']}>", "a t-string can't be the name of a class"),
        (t"<p style={3}>", "`style` can't be 3 (int)"),
        (t"<p style={[1]}>", "`style` can't be a list"),
    ],
)
def test_values_no_attribute_takes(template: Template, what: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_text(template)
    assert caught.value.what.startswith(what)


@pytest.mark.parametrize(
    "value",
    ["red", "#fff", "#A0b1C2d3", "10px", "-1.5em", "50%", "1e3", ".5s", "1px solid red", "var(--x)", "a, b", "1 / 2",
     "rgb(1, 2, 3)", "rgb(0 0 0 / 50%)", "calc(100% - 3px * (1))".replace("(1)", "2"), "translate(1px, 2px) scale(2)",
     "bold !important", "--x", "-webkit-box", "linear-gradient(to right, red 0%, blue)", 3, 2.5, "_a"],
)  # fmt: skip
def test_fit_style_values(value: object, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(t"<p style='x: {value}'>") == f'<p style="x: {value}">'
    assert render_template(t"<p style={ {'x': value} }>") == f'<p style="x: {value}">'
    assert not caplog.records


@pytest.mark.parametrize(
    "value",
    ["url(javascript:1)", "URL(x)", "u\\72l(x)", "expression(1)", "</style>", "red;background:url(x)", "a:b", "'x'",
     '"x"', "/*", "*/", "a/**/b", "red}", "{", "@import", "rgb(1", ")", "a)b(", "image-set(x)", "<", "é",
     "!important x",
     "#ggg", "red\\", "src(x)", "-moz-element(#x)", "element(#x)", "a*b", "paint(x)"],
)  # fmt: skip
def test_unfit_style_values_vanish(value: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(t"<p style='x: {value}'>") == '<p style="x: ">'
    assert render_template(t"<p style={ {'x': value, 'top': 0} }>") == '<p style="top: 0">'
    assert render_template(t"<p { ({'style': {'x': value}}):**}>") == "<p>"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert caplog.records[0].name == "hyperpy.templates"


@pytest.mark.parametrize(
    ("style", "sent"),
    [
        ("color: red; background: url(x); top: 0", "color: red; top: 0"),
        ("co lor: red; top: 0", "top: 0"),
        ("color; top: 0", "top: 0"),
        ("a/**/b: red; top: 0", "top: 0"),
    ],
)
def test_unfit_declarations_vanish(style: str, sent: str) -> None:
    assert render_template(t"<p style={style}>") == f'<p style="{sent}">'


def test_unfit_properties_vanish(caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(t"<p style={ {'color:red;x': 'y', 'top': 0} }>") == '<p style="top: 0">'
    assert "`style` of <p> can't be 'color:red;x' (str), sent nothing" in caplog.text


def test_html_of_everything_together() -> None:
    assert html(t"<p {title} {rest:**}>{title}</p>") == '<p title="R" id="r">&lt;T&gt;</p>'
