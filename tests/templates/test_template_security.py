"""No value changes the structure of a page. Each template is rendered with a harmless value and with hostile ones.

Two HTML parsers must find the same elements and attributes in both.
"""

import logging
import re
from functools import partial
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperpy.exceptions import TemplateError
from tests.templates.oracle import second_structure, structure
from tests.templates.tables import Render, check_each
from tests.templates.vectors import HOSTILE, NAMES, PLACES


def check_harmless(render: Render, place: str, value: str) -> None:
    sent, calm = (render(PLACES[place], v=v, **NAMES) for v in (value, "red"))
    if "style=" in calm and "style=" not in sent:  # a style is dropped if all of it is unsafe
        calm = re.sub(r' style="[^"]*"', "", calm)
    assert structure(sent) == structure(calm)
    assert second_structure(sent) == second_structure(calm)
    assert not re.search(r'(?:href|src|srcset|to|values)="(?:[^"]*[;, ])?\s*javascript:', sent)


def test_hostile_values(render: Render) -> None:
    check_each(product(PLACES, HOSTILE), partial(check_harmless, render))


def test_hostile_values_compiled_in_place_give_the_same_html() -> None:
    as_template, in_place = Render(NAMES, in_place=False), Render(NAMES, in_place=True)

    def check(place: str, value: str) -> None:
        assert in_place(PLACES[place], v=value) == as_template(PLACES[place], v=value)

    check_each(product(PLACES, HOSTILE), check)


@given(
    place=st.sampled_from(sorted(PLACES)),
    value=st.text(
        st.sampled_from("<>\"'&=/!-; \t\n\r\0`:#javscript{}()x\\") | st.characters(codec="utf-8"), max_size=25
    ),
)
def test_any_value(render: Render, place: str, value: str) -> None:
    check_harmless(render, place, value)


@given(name=st.text(st.sampled_from("onclasrd-_:.@ />=\"'<&\t\nA1"), max_size=9))
def test_any_name(render: Render, name: str) -> None:
    """A name from a mapping is refused, or becomes one attribute that runs nothing."""
    try:
        sent = render("<p { {name: 'v'}:**}></p>", name=name)
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
URL_PLACES: dict[str, str] = {
    "a href": "<a href={v}></a>",
    "quoted": '<a HREF="{v}"></a>',
    "form action": "<form action={v}></form>",
    "button formaction": "<button formaction={v}></button>",
    "iframe src": "<iframe src={v}></iframe>",
    "object data": "<object data={v}></object>",
    "use xlink:href": "<svg><use xlink:href={v} /></svg>",
    "hx-get": "<p hx-get={v}></p>",
    "data-hx-post": "<p data-hx-post={v}></p>",
    "sse-connect": "<p sse-connect={v}></p>",
    "hx-sse:connect": "<p hx-sse:connect={v}></p>",
    "spread": "<a { {'href': v}:**}></a>",
    "spread, snake": "<a { {'hx_get': v}:**}></a>",
    "shorthand": "<a {href}></a>",
    "two holes": "<a href='{str(v)[:4]}{str(v)[4:]}'></a>",
    "hole and text": "<a href='{v}?x'></a>",
    "Markup": "<a href={Markup.escape(v)}></a>",
    "safe": "<a href={v:safe}></a>",
    "not a str": "<a href={Link(str(v))}></a>",
    "set": "<img srcset={v} alt>",
    "animation": "<svg><set to={v} /></svg>",
}


class Link:
    def __init__(self, url: str) -> None:
        self.url = url

    def __str__(self) -> str:
        return self.url


def test_blocked_urls(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(place: str, url: str) -> None:
        for _ in range(2):  # the cache must not let the second one pass
            caplog.clear()
            assert '="#blocked"' in render(URL_PLACES[place], v=url, href=url)
            (record,) = caplog.records
            assert (record.name, record.levelno) == ("hyperpy.templates", logging.WARNING)
            assert "sent #blocked" in record.getMessage()

    check_each(product(URL_PLACES, BLOCKED), check)


def test_passed_urls(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(place: str, url: str) -> None:
        for _ in range(2):
            assert f'="{url}' in render(URL_PLACES[place], v=url, href=url)
        assert not caplog.records

    check_each(product(URL_PLACES, PASSED), check)


def test_the_warning_names_the_template(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    render("<p><a href={'javascript:1'}>go</a></p>")
    (message,) = caplog.messages
    assert message.endswith(
        """t"<p><a href={'javascript:1'}>go</a></p>": `href` of <a> can't be 'javascript:1' (str), sent #blocked"""
    )


WHOLE_URLS = [
    # parts that are harmless on their own
    ("<a href='java{'script:1'}'>", '<a href="#blocked">'),
    ("<a href='{'java'}script:1'>", '<a href="#blocked">'),
    ("<a href='java&colon;{'x'}'>", '<a href="#blocked">'),
    ("<a href='java&Tab;script&#58;{'x'}'>", '<a href="#blocked">'),
    ("<a href='javascript&{'colon'};x'>", '<a href="#blocked">'),
    ("<a href='javascript&#{58};x'>", '<a href="#blocked">'),
    ("<a href='{'java'}&{'Tab'};script:x'>", '<a href="#blocked">'),
    # character references in a value are text
    ("<a href={'javascript&colon;x'}>", '<a href="javascript&amp;colon;x">'),
    # a safe static start needs no check
    ("<a href='/{'javascript:1'}'>", '<a href="/javascript:1">'),
    ("<a href='?q={'a:b'}'>", '<a href="?q=a%3Ab">'),
    ("<a href='https://x/{'a:b'}'>", '<a href="https://x/a:b">'),
    ("<a href='javascript:{1}'>", '<a href="#blocked">'),
    ("<a href='javascript:static'>{1}", '<a href="javascript:static">1'),
    # raster images on image elements
    ("<img src={'data:image/png;base64,AA'}>", '<img src="data:image/png;base64,AA">'),
    ("<video poster={'data:image/webp,AA'}>", '<video poster="data:image/webp,AA">'),
    ("<img srcset={'data:image/png;base64,AA 1x, /b 2x'}>", '<img srcset="data:image/png;base64,AA 1x, /b 2x">'),
    ("<img src={'data:image/svg+xml,AA'}>", '<img src="#blocked">'),
    ("<a href={'data:image/png;base64,AA'}>", '<a href="#blocked">'),
    ("<img srcset={'/a 1x, javascript:x 2x'}>", '<img srcset="#blocked">'),
    # values that htmx would run
    (
        """<p hx-vals={'{"a": 1}'} hx-headers={ {'a': [1, None]} }>""",
        '<p hx-vals="{&#34;a&#34;: 1}" hx-headers="{&#34;a&#34;:[1,null]}">',
    ),
    (
        "<p hx-vals={' js:1'} data-hx-vals='{'js:'} ' hx-request='JS:{1}'>",
        r'<p hx-vals="#blocked" data-hx-vals="&#34;js\u003a&#34; " hx-request="JS:1">',
    ),
    ("<a href={None}><a href={False}><a href={True}>", "<a><a><a href>"),
    ("<a href={7}>", '<a href="7">'),
    ("""<a href={t'/x/{"<"}'}>""", '<a href="/x/%3C">'),
    ("<a href='{None}'>", "<a>"),
]


def test_urls_are_checked_as_a_whole(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert render(source) == expected

    check_each(WHOLE_URLS, check)
