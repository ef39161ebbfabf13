"""No value changes the structure of a page: each template is rendered with a harmless value and with hostile ones, both
are parsed as a browser does, and what came of them must be the same elements with the same attributes.
"""

import logging
import re
from collections.abc import Callable
from string.templatelib import Template

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, render_template
from tests.templates.oracle import second_structure, structure
from tests.templates.vectors import HOSTILE, MAKERS


def assert_harmless(make: Callable[[str], Template], value: str) -> None:
    sent = render_template(make(value))
    calm = render_template(make("red"))
    if "style=" in calm and "style=" not in sent:  # an unfit style may vanish whole
        calm = re.sub(r' style="[^"]*"', "", calm)
    assert structure(sent) == structure(calm)
    assert second_structure(sent) == second_structure(calm)
    assert not re.search(r'(?:href|src|srcset|to|values)="(?:[^"]*[;, ])?\s*javascript:', sent)


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("place", MAKERS)
def test_hostile_values(place: str, value: str) -> None:
    assert_harmless(MAKERS[place], value)


@given(
    place=st.sampled_from(sorted(MAKERS)),
    value=st.text(
        st.sampled_from("<>\"'&=/!-; \t\n\r\0`:#javscript{}()x\\") | st.characters(codec="utf-8"), max_size=25
    ),
)
def test_any_value(place: str, value: str) -> None:
    assert_harmless(MAKERS[place], value)


@given(name=st.text(st.sampled_from("onclasrd-_:.@ />=\"'<&\t\nA1"), max_size=9))
def test_any_name(name: str) -> None:
    """A spread name is refused, or it is one attribute and runs nothing."""
    try:
        sent = render_template(t"<p { {name: 'v'}:**}></p>")
    except TemplateError:
        return
    _, _, (_, (_, _, (paragraph,))) = structure(sent)
    assert paragraph[0] == "p"
    assert len(paragraph[1]) == 1 or not name
    assert not paragraph[1][0].startswith("on")


BLOCKED = [
    "javascript:pwned=1",
    "JaVaScRiPt:1",
    " javascript:1",
    "\x01javascript:1",
    "\x00javascript:1",
    "java\tscript:1",
    "java\nscript:1",
    "j\ra\tv\na script:1".replace(" ", ""),
    "\tjavascript\t:1",
    "vbscript:1",
    "data:text/html,<script>1</script>",
    "data:image/svg+xml,<svg onload=1>",
    "data:,x",
    "file:///etc/passwd",
    "blob:x",
    "x:y",
    "feed:javascript:1",
    "about:blank",
]
PASSED = [
    "",
    "/x",
    "x",
    "//host/x",
    "?a:b",
    "#a:b",
    "/javascript:80/x",
    "./a:b",
    "http://x/",
    "HTTPS://x/",
    "mailto:a@b.c",
    "tel:+1",
    "/x?q=javascript:1",
]
URL_MAKERS: dict[str, Callable[[object], Template]] = {
    "a href": lambda v: t"<a href={v}></a>",
    "quoted": lambda v: t'<a HREF="{v}"></a>',
    "form action": lambda v: t"<form action={v}></form>",
    "button formaction": lambda v: t"<button formaction={v}></button>",
    "iframe src": lambda v: t"<iframe src={v}></iframe>",
    "object data": lambda v: t"<object data={v}></object>",
    "use xlink:href": lambda v: t"<svg><use xlink:href={v} /></svg>",
    "hx-get": lambda v: t"<p hx-get={v}></p>",
    "data-hx-post": lambda v: t"<p data-hx-post={v}></p>",
    "sse-connect": lambda v: t"<p sse-connect={v}></p>",
    "hx-sse:connect": lambda v: t"<p hx-sse:connect={v}></p>",
    "spread": lambda v: t"<a { {'href': v}:**}></a>",
    "spread, snake": lambda v: t"<a { {'hx_get': v}:**}></a>",
    "shorthand": lambda href: t"<a {href}></a>",
    "two holes": lambda v: t"<a href='{str(v)[:4]}{str(v)[4:]}'></a>",
    "hole and text": lambda v: t"<a href='{v}?x'></a>",
    "Markup": lambda v: t"<a href={Markup.escape(v)}></a>",
    "safe": lambda v: t"<a href={v:safe}></a>",
    "not a str": lambda v: t"<a href={Link(str(v))}></a>",
    "set": lambda v: t"<img srcset={v} alt>",
    "animation": lambda v: t"<svg><set to={v} /></svg>",
}


class Link:
    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return self.url


@pytest.mark.parametrize("url", BLOCKED)
@pytest.mark.parametrize("place", URL_MAKERS)
def test_blocked_urls(place: str, url: str, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):  # a memo must not let the second one pass
        caplog.clear()
        assert '="#blocked"' in render_template(URL_MAKERS[place](url))
        (record,) = caplog.records
        assert (record.name, record.levelno) == ("hyperpy.templates", logging.WARNING)
        assert "sent #blocked" in record.getMessage()


@pytest.mark.parametrize("url", PASSED)
@pytest.mark.parametrize("place", URL_MAKERS)
def test_passed_urls(place: str, url: str, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        sent = render_template(URL_MAKERS[place](url))
        assert f'="{url}' in sent
    assert not caplog.records


def test_the_warning_names_the_template(caplog: pytest.LogCaptureFixture) -> None:
    render_template(t"<p><a href={'javascript:1'}>go</a></p>")
    (message,) = caplog.messages
    assert message.endswith(
        """t"<p><a href={'javascript:1'}>go</a></p>": `href` of <a> can't be 'javascript:1' (str), sent #blocked"""
    )


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        # halves that are harmless alone
        (t"<a href='java{'script:1'}'>", '<a href="#blocked">'),
        (t"<a href='{'java'}script:1'>", '<a href="#blocked">'),
        (t"<a href='java&colon;{'x'}'>", '<a href="#blocked">'),
        (t"<a href='java&Tab;script&#58;{'x'}'>", '<a href="#blocked">'),
        (t"<a href='javascript&{'colon'};x'>", '<a href="#blocked">'),
        (t"<a href='javascript&#{58};x'>", '<a href="#blocked">'),
        (t"<a href='{'java'}&{'Tab'};script:x'>", '<a href="#blocked">'),
        # entities in a value are text to the browser
        (t"<a href={'javascript&colon;x'}>", '<a href="javascript&amp;colon;x">'),
        # a settled beginning needs no check
        (t"<a href='/{'javascript:1'}'>", '<a href="/javascript:1">'),
        (t"<a href='?q={'a:b'}'>", '<a href="?q=a%3Ab">'),
        (t"<a href='https://x/{'a:b'}'>", '<a href="https://x/a:b">'),
        (t"<a href='javascript:{1}'>", '<a href="#blocked">'),
        (t"<a href='javascript:static'>{1}", '<a href="javascript:static">1'),
        # raster images, on what shows images
        (t"<img src={'data:image/png;base64,AA'}>", '<img src="data:image/png;base64,AA">'),
        (t"<video poster={'data:image/webp,AA'}>", '<video poster="data:image/webp,AA">'),
        (t"<img srcset={'data:image/png;base64,AA 1x, /b 2x'}>", '<img srcset="data:image/png;base64,AA 1x, /b 2x">'),
        (t"<img src={'data:image/svg+xml,AA'}>", '<img src="#blocked">'),
        (t"<a href={'data:image/png;base64,AA'}>", '<a href="#blocked">'),
        (t"<img srcset={'/a 1x, javascript:x 2x'}>", '<img srcset="#blocked">'),
        # what htmx would run
        (
            t"<p hx-vals={'{"a": 1}'} hx-headers={ {'a': [1, None]} }>",
            '<p hx-vals="{&#34;a&#34;: 1}" hx-headers="{&#34;a&#34;:[1,null]}">',
        ),
        (
            t"<p hx-vals={' js:1'} data-hx-vals='{'js:'} ' hx-request='JS:{1}'>",
            '<p hx-vals="#blocked" data-hx-vals="&#34;js:&#34; " hx-request="JS:1">',
        ),
        (t"<a href={None}><a href={False}><a href={True}>", "<a><a><a href>"),
        (t"<a href={7}>", '<a href="7">'),
        (t"<a href={t'/x/{"<"}'}>", '<a href="/x/%3C">'),
        (t"<a href='{None}'>", "<a>"),
    ],
)
def test_urls_are_judged_whole(template: Template, expected: str) -> None:
    assert render_template(template) == expected
