"""Values inside URLs: what each part of a URL makes of them, and of mappings, sets of URLs and refreshes."""

from string.templatelib import Template

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, TrustedURL, render_template

HOSTILE = 'a b/ü?c=1&d="2"#\'%41%zz<'
PATH = "a%20b/%C3%BC?c=1&amp;d=%222%22#&#39;%41%25zz%3C"
QUERY = "a%20b%2F%C3%BC%3Fc%3D1%26d%3D%222%22%23%27%2541%25zz%3C"

PARTS = [
    (t"<a href={HOSTILE}>", f'<a href="{PATH}">'),
    (t"<a href='{HOSTILE}'>", f'<a href="{PATH}">'),
    (t"<a href='{HOSTILE}/x'>", f'<a href="{PATH}/x">'),
    (t"<a href='/{HOSTILE}'>", f'<a href="/{PATH}">'),
    (t"<a href='/x/{HOSTILE}/y?q={HOSTILE}'>", f'<a href="/x/{PATH}/y?q={QUERY}">'),
    (t"<a href='/x?q={HOSTILE}&r={HOSTILE}'>", f'<a href="/x?q={QUERY}&r={QUERY}">'),
    (t"<a href='/x#{HOSTILE}'>", f'<a href="/x#{QUERY}">'),
    (t"<a href='/x&quest;q={HOSTILE}'>", f'<a href="/x&quest;q={QUERY}">'),
    (t"<a href='{'/x?a=1'}&q={HOSTILE}'>", f'<a href="/x?a=1&q={QUERY}">'),
    (t"<a href=//host/{HOSTILE}>", f'<a href="//host/{PATH}">'),
    (t"<img src='/i/{HOSTILE}'>", f'<img src="/i/{PATH}">'),
    (t"<form action='/x?{HOSTILE}'>", f'<form action="/x?{QUERY}">'),
    (t"<p hx-get='/x/{HOSTILE}?{HOSTILE}'>", f'<p hx-get="/x/{PATH}?{QUERY}">'),
    (t"<base href={HOSTILE}>", f'<base href="{PATH}">'),
    (t"<base href='/x/{HOSTILE}' target={'_top'}>", f'<base href="/x/{PATH}" target="_top">'),
    (t"<object data='/x/{HOSTILE}'></object>", f'<object data="/x/{PATH}"></object>'),
    # white space at the ends is dropped as a browser does, inside it is encoded
    (t"<a href={' \n/a\tb \0'}>", '<a href="/ab">'),
    (t"<a href='/x/{'a\tb'}'>", '<a href="/x/a%09b">'),
    (t"<a href='/x/{'\ud800'}?{'\ud800'}'>", '<a href="/x/%3F?%3F">'),
    # what is not text
    (t"<a href='/x/{7}?n={8}&f={1.5}&none={None}&b={True}'>", '<a href="/x/7?n=8&f=1.5&none=&b=">'),
    (t"<a href='/x/{Markup('a&amp;b')}?{Markup('&lt;')}'>", '<a href="/x/a&amp;b?%3C">'),
    (t"<a href='/x/{t'&lt;{7}>'}'>", '<a href="/x/%3C7%3E">'),
    # the host is the template's own
    (t"<a href='/{'/evil.example'}'>", '<a href="/evil.example">'),
    (t"<a href='/{'//evil.example'}/x'>", '<a href="/evil.example/x">'),
    (t"<a href='/{''}{'/evil.example'}'>", '<a href="/evil.example">'),
    (t"<a href=' /{'/evil.example'}'>", '<a href="/evil.example">'),
    (t"<a href='/{'\\evil.example'}'>", '<a href="/%5Cevil.example">'),
    (t"<a href='/{'\t/evil.example'}'>", '<a href="/%09/evil.example">'),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), PARTS)
def test_parts(template: Template, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):  # the second time from the memo
        assert render_template(template) == expected
    assert not caplog.records


@pytest.mark.parametrize(
    ("mapping", "sent"),
    [
        ({"a": 1, "b c": "d&e=f"}, "a=1&amp;b%20c=d%26e%3Df"),
        ({"tag": ["x", "y"], "none": None, "on": True, "empty": ""}, "tag=x&amp;tag=y&amp;on=true&amp;empty="),
        ({"n": [None, 2]}, "n=2"),
        ({}, ""),
        ({1: Markup("&lt;")}, "1=%3C"),
    ],
)
def test_mappings_become_parameters(mapping: dict[object, object], sent: str) -> None:
    assert render_template(t"<a href='/x?{mapping}'>") == f'<a href="/x?{sent}">'
    assert render_template(t"<a href='/x?z=1&{mapping}#y'>") == f'<a href="/x?z=1&{sent}#y">'


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (t"<img srcset='{'/a b,c'} 1x, {'/d'} {2}x'>", '<img srcset="/a%20b%2Cc 1x, /d 2x">'),
        (t"<img srcset='/a/{','}?{', '} 1x,{'/b'} {'100w'}'>", '<img srcset="/a/%2C?%2C%20 1x,/b 100w">'),
        (t"<img srcset='{'/a'}, {'/b'}'>", '<img srcset="/a, /b">'),
        (t"<link imagesrcset='{'/a'} 1x'>", '<link imagesrcset="/a 1x">'),
        (t"<img srcset='{'data:image/png;base64,AA='} 1x'>", '<img srcset="data:image/png;base64,AA= 1x">'),
        (t"<a ping='/a {'/b c,d'} /e?{'?'}'>", '<a ping="/a /b%20c%2Cd /e?%3F">'),
        (t"<meta http-equiv=refresh content='5;url={'/a b'}'>", '<meta http-equiv="refresh" content="5;url=/a%20b">'),
        (t"<meta http-equiv=refresh content='{5}; URL = &quot;{"/'\""}?q={"'"}&quot;'>",
         '<meta http-equiv="refresh" content="5; URL = &quot;/%27%22?q=%27&quot;">'),
        (t"<meta content={'3; url=/x'} http-equiv=Refresh>", '<meta content="3; url=/x" http-equiv="Refresh">'),
        (t"<meta http-equiv=refresh content={10}>", '<meta http-equiv="refresh" content="10">'),
        (t"<meta http-equiv=refresh content>", '<meta http-equiv="refresh" content>'),
        (t"<meta http-equiv=refresh>{1}", '<meta http-equiv="refresh">1'),
        (t"<meta http-equiv=x-y content='{'a:b'}'>", '<meta http-equiv="x-y" content="a:b">'),
        (t"<meta http-equiv content='{'a:b'}'>", '<meta http-equiv content="a:b">'),
    ],
)  # fmt: skip
def test_sets_lists_and_refreshes(template: Template, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(template) == expected
    assert not caplog.records


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (t"<img srcset='/a {'1x, javascript:1 2x'}'>", '<img srcset="/a ">'),
        (t"<img srcset='{'javascript:1'} 1x, /b 2x'>", '<img srcset="#blocked">'),
        (t"<a ping='/a {'javascript:1'}'>", '<a ping="#blocked">'),
        (t"<base href={'javascript:1'}>", '<base href="#blocked">'),
        (t"<object data={'data:image/svg+xml,<svg>'}>", '<object data="#blocked">'),
        (t"<meta http-equiv=refresh content='{'0;url=//evil'};url=/x'>",
         '<meta http-equiv="refresh" content=";url=/x">'),
        (t"<meta http-equiv=refresh content='0;url={'javascript:1'}'>",
         '<meta http-equiv="refresh" content="#blocked">'),
        (t"<meta http-equiv=refresh content={"0;'javascript:1"}>", '<meta http-equiv="refresh" content="#blocked">'),
        (t"<meta http-equiv=refresh content={'0,url=data:text/html,x'}>",
         '<meta http-equiv="refresh" content="#blocked">'),
        (t"<meta http-equiv=refresh content={'x'}>", '<meta http-equiv="refresh" content="#blocked">'),
    ],
)  # fmt: skip
def test_what_is_unfit(template: Template, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(template) == expected
    assert "sent " in caplog.text


JS = TrustedURL("javascript:go('a')&1")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (t"<a href={JS}>", '<a href="javascript:go(&#39;a&#39;)&amp;1">'),
        (t"<a href='{JS};{'a b'}'>", '<a href="javascript:go(&#39;a&#39;)&amp;1;a%20b">'),
        (t"<a href='/x?{TrustedURL('a=b&c')}'>", '<a href="/x?a=b&amp;c">'),
        (t"<a { {'href': JS}:**}>", '<a href="javascript:go(&#39;a&#39;)&amp;1">'),
        (t"<meta http-equiv=refresh content={TrustedURL('0;url=data:,')}>",
         '<meta http-equiv="refresh" content="0;url=data:,">'),
        # half a scheme is no word for the other half
        (t"<a href='{TrustedURL('java')}{'script:1'}'>", '<a href="#blocked">'),
        (t"<a href='{'java'}{TrustedURL('script:1')}'>", '<a href="#blocked">'),
        (t"<a href='{str(JS)}'>", '<a href="#blocked">'),
        (t"<p title={JS}>{JS}", '<p title="javascript:go(&#39;a&#39;)&amp;1">javascript:go(&#39;a&#39;)&amp;1'),
    ],
)  # fmt: skip
def test_trusted_urls(template: Template, expected: str) -> None:
    assert render_template(template) == expected


def test_trust_does_not_rub_off() -> None:
    assert type(JS + "x") is str
    assert repr(TrustedURL("x")) == "TrustedURL('x')"


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (t"<a href='/x/{ {'a': 1} }'>", "a mapping becomes the parameters of a URL, and here they can't stand"),
        (t"<a href={ {'a': 1} }>", "a template can't show a dict"),
        (t"<a href='/x/{['a']}'>", "an attribute can't be a list"),
        (t"<a href='/x/{b'a'}'>", "b'a' (bytes) is no text"),
        (t"<base { {'href': '/x'}:**}>", "`<base href>` changes what the whole page does, so no mapping may bring it"),
    ],
)
def test_what_no_url_takes(template: Template, what: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render_template(template)
    assert caught.value.what.startswith(what)
