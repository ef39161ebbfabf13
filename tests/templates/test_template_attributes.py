"""Attributes: their values, and the names that a mapping may set."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, html
from tests.templates.tables import Render, check_each

P = '"><script>pwned=1</script>'
E = "&#34;&gt;&lt;script&gt;pwned=1&lt;/script&gt;"
title, rest, class_, data_id, x_, zero = "<T>", {"id": "r", "title": "R"}, "c", 7, 1, 0
ordered, frozen = OrderedDict(a=1, b=0), MappingProxyType({"a": 1})


ATTRIBUTES = [
    # values
    ("<p title={P}>", f'<p title="{E}">'),
    ("<p title='{P}'>", f'<p title="{E}">'),
    ('<p title="{P}">', f'<p title="{E}">'),
    ("<p title={'a onmouseover=1'}>", '<p title="a onmouseover=1">'),
    ("""<p title={"' onload=1 x='"}>""", '<p title="&#39; onload=1 x=&#39;">'),
    ('<p title="a {P} b {1} c">', f'<p title="a {E} b 1 c">'),
    ("<p title=a{1}b>", '<p title="a1b">'),
    (r"<p title={'a\nb'}>", '<p title="a\nb">'),
    ("<p title={''}>", '<p title="">'),
    ("""<p title={Markup('<b>&amp;"')}>""", '<p title="&lt;b&gt;&amp;&#34;">'),
    ("""<p title={Markup("it's")}>""", '<p title="it&#39;s">'),
    ("""<p title='x {Markup('<b>&amp;"')}'>""", '<p title="x &lt;b&gt;&amp;&#34;">'),
    ("<p title={t'Hi {P}'}>", f'<p title="Hi {E}">'),
    ("<p title='x {t'Hi {P}'}'>", f'<p title="x Hi {E}">'),
    ("<p title={P:safe}>", '<p title="&#34;&gt;&lt;script&gt;pwned=1&lt;/script&gt;">'),
    ("<p title={3.5} id={7}>", '<p title="3.5" id="7">'),
    ("<p title={P!r:.3}>", '<p title="&#39;&#34;&gt;">'),
    ("<p hidden={True} id={None} lang={False}>", "<p hidden>"),
    ("<p title='{None}{True}{False}x'>", '<p title="x">'),
    ("<p title='{None}'>", "<p>"),
    ("<p title={object.__name__}>", '<p title="object">'),
    # static values are kept, in double quotes
    ("""<p a=1 b='2' c="3" d e="" f='"' {title}>""", '<p a="1" b="2" c="3" d e="" f="&#34;" title="&lt;T&gt;">'),
    (r"<p\n  id='x'\n  title={P}\n>", f'<p\n  id="x"\n  title="{E}"\n>'),
    ('<a href="x"title={1} / >', '<a href="x" title="1" >'),
    ("<br title={1}/><br title={1} />", '<br title="1"/><br title="1" />'),
    ("<a href=/x/>", '<a href="/x/">'),
    # boolean attributes, which a value that is false leaves out
    ("<input checked={0} disabled='{''}' required={False} readonly={None} hidden={ [] }>", "<input>"),
    ("<input checked={0.0} disabled={Markup('')} required={t''} hidden={ {} }>", "<input>"),
    (
        "<input checked={1} disabled={['a']} required={rest} readonly={True} hidden={-1}>",
        "<input checked disabled required readonly hidden>",
    ),
    (
        "<input checked={'checked'} disabled={Markup('<b>')} hidden={t'{'until-found'}'}>",
        '<input checked="checked" disabled="&lt;b&gt;" hidden="until-found">',
    ),
    ("<input CHECKED={0} disabled=' {0}' {zero}>", '<input disabled=" 0" zero="0">'),
    (
        "<input { {'checked': 0, 'disabled': '', 'open': 0, 'hidden': [], 'required': 1, 'readonly': 'x'}:**}>",
        '<input open="0" required readonly="x">',
    ),
    (
        "<option selected={0}><select multiple={0}><details open={0}><dialog open={''}><video loop={0} controls={1}>",
        "<option><select><details><dialog><video controls>",
    ),
    (
        "<marquee loop={0}><x-tabs selected={0} disabled={0}><p value={0} min={0} open={0}>",
        '<marquee loop="0"><x-tabs selected="0"><p value="0" min="0" open="0">',
    ),
    ("<p hx-preserve={0} data-hx-preserve={''} hx-ignore={True}>", "<p hx-ignore>"),
    # attributes that say yes and no by words
    (
        "<p draggable={True} contenteditable={False} spellcheck={0} translate={True}>",
        '<p draggable="true" contenteditable="false" spellcheck="false" translate="yes">',
    ),
    (
        "<form autocomplete={False} translate='{0}' draggable={None}><input autocomplete={'email'} autocorrect={1}>",
        '<form autocomplete="off" translate="no"><input autocomplete="email" autocorrect="on">',
    ),
    (
        "<p hx-boost={True} data-hx-push-url={False} hx-boost:inherited={0} hx-replace-url={'/a'}>",
        '<p hx-boost="true" data-hx-push-url="false" hx-boost:inherited="false" hx-replace-url="/a">',
    ),
    (
        "<p hx-swap-oob={True} hx-history={False}><p hx-swap-oob={False}><p hx-swap-oob={'beforeend'}>",
        '<p hx-swap-oob="true" hx-history="false"><p><p hx-swap-oob="beforeend">',
    ),
    (
        "<p { {'draggable': True, 'hx_boost': False, 'translate': 0, 'hx_push_url': 1, 'spellcheck': None}:**}>",
        '<p draggable="true" hx-boost="false" translate="no" hx-push-url="true">',
    ),
    (
        "<math displaystyle={True}><mo stretchy={False}></mo></math><p stretchy={False} data-x={False} data-y={True}>",
        '<math displaystyle="true"><mo stretchy="false"></mo></math><p data-y>',
    ),
    # class
    ("<p class={'a b'}>", '<p class="a b">'),
    ("<p class={['a', None, '', ['b', ('c',)], {'d': 1, 'e': 0}, False, True, 3]}>", '<p class="a b c d 3">'),
    ("<p class={ {'a': True, 'b': False, '<': 1} }>", '<p class="a &lt;">'),
    ("<p class={['a', {('b', 'c'): 1}]}>", '<p class="a b c">'),
    ("<p class={[{'b': 1}, Markup('c')]}>", '<p class="b c">'),
    (
        "<p class={['a', {'b': 1, '': 1, 'c': 1}]}><p class={['a', {'': 1}, 'b', ['c']]}>",
        '<p class="a b c"><p class="a b c">',
    ),
    ("<a class={ordered} href='{'/'}' title={None} {data_id}>", '<a class="a" href="/" data-id="7">'),
    ("<a class={['<', {'b': 1}]} href='{'/'}' title={'t'}>", '<a class="&lt; b" href="/" title="t">'),
    (
        "<a class={[]} href='{'/'}' title={'t'}><a class={['', {'b': 0}]} title={'t'}>",
        '<a href="/" title="t"><a title="t">',
    ),
    ("<a class={['a', ordered]} href={'/'} title={'t'}>", '<a class="a a" href="/" title="t">'),
    ("<p class={ordered}>", '<p class="a">'),
    ("<p class={('a', 'b')}>", '<p class="a b">'),
    ("<p class={[]}><p class={ {} }><p class={None}><p class={''}>", '<p><p><p><p class="">'),
    ("<p class='btn {['a', {'b': 1}]} {'c'} {None} x'>", '<p class="btn a b c  x">'),
    ("<p class='btn-{'<'}'>", '<p class="btn-&lt;">'),
    ("<p class={True}>", "<p class>"),
    ("""<p class={Markup('a"')}>""", '<p class="a&#34;">'),
    # style
    (
        "<p style={ {'color': 'red', '--x': 3, 'top': None, 'left': False, 'right': ''} }>",
        '<p style="color: red; --x: 3">',
    ),
    ("<p style={'color: red; width: 3px;'}>", '<p style="color: red; width: 3px">'),
    (
        "<p style='color: {'red'}; width: {50}px; height: {1.5}%; {None}'>",
        '<p style="color: red; width: 50px; height: 1.5%; ">',
    ),
    ("<p style={ {} }><p style={None}><p style={True}>", "<p><p><p style>"),
    # data and aria
    (
        "<p data={ {'user_id': 3, 'on': True, 'off': False, 'no': None, 'x-y': P} }>",
        f'<p data-user-id="3" data-on data-x-y="{E}">',
    ),
    (
        "<p aria={ {'hidden': True, 'busy': False, 'label': P, 'x': None} }>",
        f'<p aria-hidden="true" aria-busy="false" aria-label="{E}">',
    ),
    (
        "<p aria-hidden={True} aria-busy={False} aria-label={None} aria-x='{True}y'>",
        '<p aria-hidden="true" aria-busy="false" aria-x="y">',
    ),
    ("<object data={'/x.png'}></object>", '<object data="/x.png"></object>'),
    ("<p data='{1}{2}' aria={P}>", f'<p data="12" aria="{E}">'),
    # shorthand and spread
    ("<p {title}>", '<p title="&lt;T&gt;">'),
    ("<p {class_} {data_id}>", '<p class="c" data-id="7">'),
    ("<p {x_}>", '<p x="1">'),
    ("<p {title}/>", '<p title="&lt;T&gt;"/>'),
    ("<p {rest:**} lang=en>", '<p id="r" title="R" lang="en">'),
    ("<p {None:**}>", "<p>"),
    ("<p {frozen:**}>", '<p a="1">'),
    (
        "<p { {'hx_get': '/x', 'data_n': 1, 'viewBox': 0, 'xml:lang': 'en', '_x': 2}:**}>",
        '<p hx-get="/x" data-n="1" viewBox="0" xml:lang="en" _x="2">',
    ),
    (
        "<p { {'class': ['a', {'b': 1}], 'style': {'top': 0}, 'data': {'a': 1}, 'aria': {'b': True}}:**}>",
        '<p class="a b" style="top: 0" data-a="1" aria-b="true">',
    ),
    ("<p { {'title': t'&lt;{P}', 'hidden': True, 'id': None}:**}>", f'<p title="&lt;{E}" hidden>'),
    # if a name occurs more than once, the last one wins
    ("<p title='a' title={1}>", '<p title="1">'),
    ("<p title={1} TITLE='a'>", '<p TITLE="a">'),
    ("<p title='a' title={None}>", "<p>"),
    ("<p title='a' {title}>", '<p title="&lt;T&gt;">'),
    ("<p id={1} {rest:**}>", '<p id="r" title="R">'),
    ("<p {rest:**} ID={1}>", '<p ID="1" title="R">'),
    ("<p {rest:**} { {'id': None}:**}>", '<p title="R">'),
    ("<p data-a=1 data={ {'a': 2} }>", '<p data-a="2">'),
    ("<p data={ {'a': 2} } data-a=1 >", '<p data-a="1" >'),
]


def test_attributes(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert render(source) == expected

    check_each(ATTRIBUTES, check)


class Evil(Mapping[object, object]):
    def __init__(self, name: object) -> None:
        self.name = name

    def __getitem__(self, name: object) -> object:
        return "v"

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter([self.name])

    def __len__(self) -> int:
        return 1


INVALID_NAMES = [
    "a b",
    "a/b",
    "a>b",
    "a=b",
    "a\tb",
    "a\nb",
    "a\x0cb",
    'a"b',
    "a'b",
    "a<b",
    "",
    " ",
    "a\0b",
    "é",
    "a&b",
    "{a}",
    "1",
    "-",
    "@click",
    ":x",
    "*x",
    "a\n",
    3,
    None,
    b"a",
]


def test_names_from_a_mapping_are_checked(render: Render) -> None:
    def check(name: object, use: str) -> None:
        if use != "spread" and name in ("1", "-", "_"):
            return  # valid after `data-`
        mapping = Evil(name) if use == "spread" else {name: "v"}
        with pytest.raises(TemplateError):
            render("<p data={mapping}>" if use == "data" else "<p {mapping:**}>", mapping=mapping)

    check_each(product(INVALID_NAMES, ["spread", "dict", "data"]), check)


SCRIPT_NAMES = [
    "onclick",
    "ONCLICK",
    "OnLoad",
    "hx-on:click",
    "hx_on_click",
    "data-hx-on:x",
    "x-on:click",
    "data-on-click",
    "data-on:click",
    "data_on_click",
    "srcdoc",
    "_",
    "hx-vars",
    "x-data",
    "x-html",
    "x-bind:href",
    "x-model.lazy",
    "v-html",
]


def test_names_that_run_scripts_are_refused(render: Render) -> None:
    def check(name: str) -> None:
        with pytest.raises(TemplateError):
            render("<p { {name: 'v'}:**}>", name=name)

    check_each(SCRIPT_NAMES, check)


REFUSED_SPREADS = [
    "<base { {'href': '/x'}:**}>",
    "<meta { {'http-equiv': 'refresh'}:**}>",
    "<p data={ {'on-click': 'x'} }>",
    "<p { {'data': {'on-click': 'x'}}:**}>",
]


def test_spreads_take_the_context_of_their_element(render: Render) -> None:
    def check(source: str) -> None:
        with pytest.raises(TemplateError):
            render(source)

    check_each(REFUSED_SPREADS, check)


REFUSED_VALUES = [
    ("<p title={['a']}>", "an attribute value can't be a list"),
    ("<p hidden={len}>", "the function `len` has no text"),
    ("<p hidden={(x for x in 'a')}>", "a generator is always true"),
    ("<p title='x{('a',)}'>", "an attribute value can't be a tuple"),
    ("<p title={(x for x in 'a')}>", "an attribute value can't be a generator"),
    ("<p {rest}>", "a template can't render a dict"),
    ("<p {['a']:**}>", "`:**` spreads a mapping, not a list"),
    ("<p {P:**}>", "`:**` spreads a mapping, not '\"><script>pwned=1</script>' (str)"),
    ("<p class={[t'<b>']}>", "a class name can't be a t-string"),
    ("<p style={3}>", "`style` can't be 3 (int)"),
    ("<p style={[1]}>", "`style` can't be a list"),
]


def test_refused_values(render: Render) -> None:
    def check(source: str, what: str) -> None:
        with pytest.raises(TemplateError) as caught:
            render(source)
        assert caught.value.what.startswith(what)

    check_each(REFUSED_VALUES, check)


SAFE_STYLE_VALUES = [
    "red",
    "#fff",
    "#A0b1C2d3",
    "10px",
    "-1.5em",
    "50%",
    "1e3",
    ".5s",
    "1px solid red",
    "var(--x)",
    "a, b",
    "1 / 2",
    "rgb(1, 2, 3)",
    "rgb(0 0 0 / 50%)",
    "calc(100% - 3px * (1))".replace("(1)", "2"),
    "translate(1px, 2px) scale(2)",
    "bold !important",
    "--x",
    "-webkit-box",
    "linear-gradient(to right, red 0%, blue)",
    3,
    2.5,
    "_a",
]


def test_safe_style_values(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(value: object) -> None:
        caplog.clear()
        assert render("<p style='x: {value}'>", value=value) == f'<p style="x: {value}">'
        assert render("<p style={ {'x': value} }>", value=value) == f'<p style="x: {value}">'
        assert not caplog.records

    check_each(SAFE_STYLE_VALUES, check)


UNSAFE_STYLE_VALUES = [
    "url(javascript:1)",
    "URL(x)",
    "u\\72l(x)",
    "expression(1)",
    "</style>",
    "red;background:url(x)",
    "a:b",
    "'x'",
    '"x"',
    "/*",
    "*/",
    "a/**/b",
    "red}",
    "{",
    "@import",
    "rgb(1",
    ")",
    "a)b(",
    "image-set(x)",
    "<",
    "é",
    "!important x",
    "#ggg",
    "red\\",
    "src(x)",
    "-moz-element(#x)",
    "element(#x)",
    "a*b",
    "paint(x)",
]


def test_unsafe_style_values_are_dropped(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(value: str) -> None:
        caplog.clear()
        assert render("<p style='x: {value}'>", value=value) == '<p style="x: ">'
        assert render("<p style={ {'x': value, 'top': 0} }>", value=value) == '<p style="top: 0">'
        assert render("<p { ({'style': {'x': value}}):**}>", value=value) == "<p>"
        assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
        assert caplog.records[0].name == "hyperpy.templates"

    check_each(UNSAFE_STYLE_VALUES, check)


UNSAFE_DECLARATIONS = [
    ("color: red; background: url(x); top: 0", "color: red; top: 0"),
    ("co lor: red; top: 0", "top: 0"),
    ("color; top: 0", "top: 0"),
    ("a/**/b: red; top: 0", "top: 0"),
]


def test_unsafe_declarations_are_dropped(render: Render) -> None:
    def check(style: str, sent: str) -> None:
        assert render("<p style={style}>", style=style) == f'<p style="{sent}">'

    check_each(UNSAFE_DECLARATIONS, check)


def test_unsafe_properties_are_dropped(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    assert render("<p style={ {'color:red;x': 'y', 'top': 0} }>") == '<p style="top: 0">'
    assert "`style` of <p> can't be 'color:red;x' (str), sent nothing" in caplog.text


def test_html_with_shorthand_and_spread() -> None:
    assert html(t"<p {title} {rest:**}>{title}</p>") == '<p title="R" id="r">&lt;T&gt;</p>'


class Shouting(str):
    def __str__(self) -> str:
        return self.upper()


def test_equal_mappings_of_other_types_are_written_again(render: Render) -> None:
    """Attributes that were spread before are known, by everything that decides them."""
    mappings = [
        ({"tabindex": 1}, '<p tabindex="1">'),
        ({"tabindex": True}, "<p tabindex>"),
        ({"tabindex": 1.0}, '<p tabindex="1.0">'),
        ({"tabindex": 0}, '<p tabindex="0">'),
        ({"tabindex": False}, "<p>"),
        ({"title": "<a>"}, '<p title="&lt;a&gt;">'),
        ({"title": Markup("<a>")}, '<p title="&lt;a&gt;">'),
        ({"title": Shouting("a")}, '<p title="A">'),
        ({"title": "a"}, '<p title="a">'),
        ({"title": "a", "lang": "b"}, '<p title="a" lang="b">'),
        ({"lang": "b", "title": "a"}, '<p lang="b" title="a">'),
        ({"aria_hidden": True}, '<p aria-hidden="true">'),
        ({"aria-hidden": True}, '<p aria-hidden="true">'),
        ({}, "<p>"),
    ]

    def check(mapping: Mapping[str, object], expected: str) -> None:
        assert render("<p {rest:**}>", rest=mapping) == expected

    check_each(mappings * 2, check)
