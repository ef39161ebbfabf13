"""Attributes that browser libraries read: which contexts they have, and what becomes of values in them."""

import logging

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates.syntax.contexts import context_of
from hyperpy.templates.syntax.holes import Context
from tests.templates.tables import Render, check_each

JS = "javascript:1"
BLOCKED = r"\u0023blocked"

NAMES = {
    Context.PLAIN: (
        "hx-target hx-target:inherited hx-target-404 hx-swap-oob hx-select-oob sse-swap x-ref x-cloak x-mask "
        "x-transition:enter-start x-sort:group v-cloak v-else data-bind data-bind:name data-ref data-ignore__self "
        "data-preserve-attr data-text-size data-show-more data-online data-on data-star-rating data-id hs-include"
    ),
    Context.URL: (
        "hx-get hx-get:inherited hx-post:inherited:append data-hx-put hx-action hx-query hx-sse:connect ws-connect "
        "hx-sse-connect hx-multipart:connect data-sse-connect hx-push-url"
    ),
    Context.HTMX_JSON: "hx-vals hx-vals:inherited hx-vals-append data-hx-vals:append hx-headers hx-request",
    Context.HTMX_TEXT: "hx-confirm hx-prompt data-hx-confirm:inherited",
    Context.HTMX_TRIGGER: "hx-trigger data-hx-trigger hx-sse:close hx-multipart:close hx-preload",
    Context.HTMX_SWAP: "hx-swap hx-swap:inherited data-hx-swap",
    Context.WORD: "hx-boost hx-boost:inherited",
    Context.SCRIPT: (
        "hx-on hx-on:click hx-on::load hx-on-click data-hx-on--load hx-live hx-live:title hx-unheard-of include-vals "
        "data-include-vals x-unheard-of "
        "x-data x-mask:dynamic x-mask.x:function x-mask:unheard-of x-sort:item x-sort:config x-bind:title :class :key "
        ".value @click @click.prevent #item v-if v-on:click v-unheard-of wire:sort:config data-text data-text__x "
        "data-star-text data-on:click data-on-click__delay.5s data-on-intersect data-on-signal-patch-filter "
        "data-signals data-signals:a__ifmissing data-class-done data-computed:x data-json-signals data-persist "
        "data-attr:title data-custom-validity"
    ),
    Context.BINDING: (
        ":href v-bind:href x-bind:href x-bind.camel:href .href hx-live:href :form-action.prop :xlink:href :hx-get "
        ":style data-attr:href data-attr-href data-attr:href__x data-style data-style:color"
    ),
    Context.BINDINGS: "v-bind data-attr data-attr__x",
    Context.REFUSED: (
        "x-html x-html. x-html- x-html^x x-html:x v-html :onclick .innerHTML :inner-html.prop :srcdoc :[name] x-bind "
        ":x-html :hx-vals hx-live:html hx-config hx-config:inherited hx-status:404 data-hx-vars _ script data-script "
        "data-attr:onclick data-attr-srcdoc v-bind:onclick"
    ),
}


def test_contexts() -> None:
    def check(name: str, context: Context) -> None:
        assert context_of("a", name) is context
        assert context_of("A", name.upper()) is context

    check_each([(name, context) for context, names in NAMES.items() for name in names.split()], check)


def test_a_mapping_can_not_set_what_runs(render: Render) -> None:
    def check(name: str) -> None:
        with pytest.raises(TemplateError):
            render("<p { {name: 'v'}:**}>", name=name)

    runs = (Context.SCRIPT, Context.BINDING, Context.BINDINGS, Context.REFUSED)
    names = [name for context in runs for name in NAMES[context].split()]
    check_each([name for name in names if "__" not in name], check)  # underscores become hyphens


HARMLESS = [
    ("<a :href={'/x'} :title={JS}>", r'<a :href="&#34;\u002fx&#34;" :title="&#34;javascript\u003a1&#34;">'),
    ("<a :href='{7}' :src={None}>", '<a :href="7">'),
    ("""<a :href="'/u/{'a/b ü?'}'">""", r'<a :href="&#39;/u/a\u002fb\u002520\u0025C3\u0025BC\u00253F&#39;">'),
    ("""<a :href="'/u/{JS}'">""", r'<a :href="&#39;/u/javascript\u003a1&#39;">'),
    ("""<a :href="'/' + {'/evil'}">""", r'<a :href="&#39;/&#39; + &#34;evil&#34;">'),
    ("""<a :href="'/{'//evil'}'">""", r'<a :href="&#39;/evil&#39;">'),
    ("""<a :href="`/${{{'/evil'}}}`">""", r'<a :href="`/${&#34;evil&#34;}`">'),
    ("""<a :href="ok ? {'/a'} : {'/b'}">""", r'<a :href="ok ? &#34;\u002fa&#34; : &#34;\u002fb&#34;">'),
    ("<a :href={TrustedURL(JS)}>", r'<a :href="&#34;javascript\u003a1&#34;">'),
    ("<a :href={TrustedJS('go()')}>", '<a :href="go()">'),
    ("<a data-attr={ {'href': '/x', 'title': JS} }>",
     r'<a data-attr="{&#34;href&#34;:&#34;\u002fx&#34;,&#34;title&#34;:&#34;javascript\u003a1&#34;}">'),
    ("""<a data-attr="{{title: {JS}, 'href': '{'/x'}'}}">""",
     r'<a data-attr="{title: &#34;javascript\u003a1&#34;, &#39;href&#39;: &#39;\u002fx&#39;}">'),
    ("<p :style={ {'color': 'red', '--x': 4} }>",
     r'<p :style="{&#34;color&#34;:&#34;red&#34;,&#34;\u002d\u002dx&#34;:4}">'),
    ("<p :style={'color: red; top: 0'}>", r'<p :style="&#34;color\u003a\u0020red\u003b\u0020top\u003a\u00200&#34;">'),
    ("<p data-text={'$100 🖕_'}>", r'<p data-text="&#34;\u0024100\u0020\ud83d\udd95\u005f&#34;">'),
    ("<p x-data={ {'__proto__': {'a': 1}} }>",
     r'<p x-data="{[&#34;\u005f\u005fproto\u005f\u005f&#34;]:{&#34;a&#34;:1}}">'),
    ("<p hx-vals={ {'__proto__': 1} }>", r'<p hx-vals="{&#34;\u005f\u005fproto\u005f\u005f&#34;:1}">'),
    ("<p hx-trigger='{'click'} delay:{5}s, load from:{'#a > .b'}'>",
     '<p hx-trigger="click delay:5s, load from:#a &gt; .b">'),
    ("""<p hx-trigger='{'click'}[x == "y"]'>""", '<p hx-trigger="click[x == &#34;y&#34;]">'),
    ("<p hx-confirm='Delete {JS}?' hx-prompt={'js'}>", '<p hx-confirm="Delete javascript:1?" hx-prompt="js">'),
    ("<p hx-swap='morph:{'innerHTML'} swap:{1}s'>", '<p hx-swap="morph:innerHTML swap:1s">'),
    ("<p hx-swap={'multi:#a-b,#c:outerHTML show:#d:top'}>",
     '<p hx-swap="multi:#a-b,#c:outerHTML show:#d:top">'),
    ("""<p hx-swap="morph:{{{{morphStyle:'innerHTML'}}}} swap:{'1s'}">""",
     """<p hx-swap="morph:{{morphStyle:'innerHTML'}} swap:1s">"""),
    ("""<a v-bind="{{title: {JS}, href: ok ? '/a' : f(1, [{'/b'}])}}">""",
     r'<a v-bind="{title: &#34;javascript\u003a1&#34;, href: ok ? &#39;/a&#39; : f(1, [&#34;\u002fb&#34;])}">'),
    ("""<a v-bind="ok ? {{alt: {JS}}} : {{...rest, 'alt': `${{{7}}}`}}">""",
     r'<a v-bind="ok ? {alt: &#34;javascript\u003a1&#34;} : {...rest, &#39;alt&#39;: `${7}`}">'),
    ("<p hx-boost={'true'}>", '<p hx-boost="true">'),
    ("""<p hx-vals="js:{{{{a: '{'}'}'}}}}">""", r'<p hx-vals="js:{{a: &#39;\u007d&#39;}}">'),
    ("<p hx-vals={TrustedJS('js:{a: 1}')}>", '<p hx-vals="js:{a: 1}">'),
    ("<p hx-unheard-of={TrustedJS('a')} hx-on:click='go({1})'>", '<p hx-unheard-of="a" hx-on:click="go(1)">'),
]  # fmt: skip


def test_harmless_values(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert not caplog.records

    check_each(HARMLESS, check)


UNSAFE = [
    ("<a :href={JS}>", f'<a :href="&#34;{BLOCKED}&#34;">'),
    ("<a v-bind:href='{JS}'>", f'<a v-bind:href="&#34;{BLOCKED}&#34;">'),
    ("<a :href={[JS]}>", f'<a :href="[&#34;{BLOCKED}&#34;]">'),
    ("""<a :href="{JS} + '?q=1'">""", f'<a :href="&#34;{BLOCKED}&#34; + &#39;?q=1&#39;">'),
    ("""<a :href="'java' + {'script:1'}">""", f'<a :href="&#39;java&#39; + &#34;{BLOCKED}&#34;">'),
    ("""<a :href="'{'java'}{'script:1'}'">""", f'<a :href="&#39;java{BLOCKED}&#39;">'),
    ("""<a :href="ok ? '{JS}' : '/b'">""", f'<a :href="ok ? &#39;{BLOCKED}&#39; : &#39;/b&#39;">'),
    ("<a data-attr={ {'href': JS} }>", f'<a data-attr="{{&#34;href&#34;:&#34;{BLOCKED}&#34;}}">'),
    ("""<a data-attr="{{href: {JS}}}">""", f'<a data-attr="{{href: &#34;{BLOCKED}&#34;}}">'),
    ("""<a data-attr="{{title: 'x', href: f(1, {JS})}}">""",
     f'<a data-attr="{{title: &#39;x&#39;, href: f(1, &#34;{BLOCKED}&#34;)}}">'),
    ("<p :style={ {'background': 'url(//evil)'} }>", '<p :style="{&#34;background&#34;:&#34;&#34;}">'),
    ("<p :style={'top: 0; background: url(//evil)'}>", r'<p :style="&#34;top\u003a\u00200&#34;">'),
    ("<p hx-trigger={'load[pwned=1]'}>", '<p hx-trigger="#blocked">'),
    ("<p hx-trigger='{'load[pwned=1]'} once'>", '<p hx-trigger=" once">'),
    ("<p { {'hx-trigger': 'load[pwned=1]'}:**}>", '<p hx-trigger="#blocked">'),
    ("<p hx-confirm={'js:1'}>", '<p hx-confirm="#blocked">'),
    ("<p hx-confirm='{'js:1'} now?'>", '<p hx-confirm="#blocked">'),
    ("<p hx-confirm='j{'s:1'}'>", '<p hx-confirm="#blocked">'),
    (r"<p hx-vals={'\ufeffjs:{a: 1}'}>", '<p hx-vals="#blocked">'),
    (r"<p hx-headers:inherited={'\xa0JavaScript :1'}>", '<p hx-headers:inherited="#blocked">'),
    ("<p hx-swap={'morph:pwned=1'}>", '<p hx-swap="#blocked">'),
    ("<p hx-swap='morph:{'pwned()'} swap:1s'>", '<p hx-swap="morph: swap:1s">'),
    ("<p hx-swap='{'morph:pwned--'}'>", '<p hx-swap="#blocked">'),
    ("""<p v-bind="{{style: {{background: {'url(//evil)'}}}}}">""",
     '<p v-bind="{style: {background: &#34;&#34;}}">'),
    ("""<p v-bind="ok ? {{title: 'x'}} : {{href: {JS}}}">""",
     f'<p v-bind="ok ? {{title: &#39;x&#39;}} : {{href: &#34;{BLOCKED}&#34;}}">'),
    ("<p hx-boost={'confirm:x'}>", '<p hx-boost="#blocked">'),
    ("<p hx-action={'js:1'} >", '<p hx-action="#blocked" >'),
]  # fmt: skip


def test_unsafe_values(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert [record.levelno for record in caplog.records] == [logging.WARNING]

    check_each(UNSAFE, check)


UNDECIDABLE = "`{JS}` may be set as an attribute that runs it, in `v-bind`"
REFUSED = [
    ("<p v-bind='{{...{JS}}}'>", UNDECIDABLE),
    ("<p v-bind='{{title: 1, ...{JS}}}'>", UNDECIDABLE),
    ("<p v-bind='ok ? {JS} : {{title: 1}}'>", UNDECIDABLE),
    ("<p v-bind='[{{title: 1}}, {JS}]'>", UNDECIDABLE),
    ("<p v-bind='attributes({JS})'>", UNDECIDABLE),
    ("<p v-bind='{{[name]: {JS}}}'>", UNDECIDABLE),
    ("<p v-bind='{{title: 1, [name]: {JS}}}'>", UNDECIDABLE),
    ("<p v-bind='{{\"on{JS}\": 1}}'>", UNDECIDABLE),
    ("<p v-bind='{{\"hr\\\\x65f\": {JS}}}'>", UNDECIDABLE),
    ("<p data-attr={'x'}>", "`data-attr` takes a mapping of attributes, not 'x' (str)"),
    ("<p data-attr={ {'onclick': 'x'} }>", "`data-attr` can't set 'onclick', which would run its value"),
    ("<p v-bind={ {'innerHTML': 'x'} }>", "`v-bind` can't set 'innerHTML', which would run its value"),
    ("<p v-bind={ {1: 'x'} }>", "`v-bind` can't set 1, which would run its value"),
]


def test_refused_values(render: Render) -> None:
    def check(source: str, what: str) -> None:
        with pytest.raises(TemplateError) as caught:
            render(source)
        assert caught.value.what.startswith(what)

    check_each(REFUSED, check)
