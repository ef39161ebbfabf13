"""Values in text."""

import dataclasses
import datetime
import enum
import functools
import ipaddress
import re
import types
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import PurePosixPath

import pydantic
import pytest
from markupsafe import _speedups

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, html, render_template, render_text
from hyperpy.templates import escape as escaping
from hyperpy.templates.rendering import writer
from tests.templates.tables import Render, check_each

HOSTILE = '"><script>pwned=1</script>'
ESCAPED = "&#34;&gt;&lt;script&gt;pwned=1&lt;/script&gt;"


class Hostile:
    def __str__(self) -> str:
        return HOSTILE

    def __repr__(self) -> str:
        return f"<Hostile {HOSTILE}>"

    def __format__(self, spec: str) -> str:
        return f"<{spec}>"


class Loud(str):
    def __str__(self) -> str:
        return str.upper(self)


class HostileInt(int):
    def __str__(self) -> str:
        return "<script>"

    __format__ = Hostile.__format__


class Badge:
    def __html__(self) -> str:
        return "<b>badge</b>"


class MarkupOfSubclass:
    def __html__(self) -> str:
        return Markup("<i>") + Markup("</i>")


class Colour(enum.StrEnum):
    RED = "<red>"


class Liar:
    """Claims to be a str, but has another type."""

    @property
    def __class__(self) -> type:
        return str

    def __str__(self) -> str:
        return "<liar>"


def letters() -> Iterator[str]:
    yield from "<b"


VALUES = [
    ("plain", "plain"),
    (HOSTILE, ESCAPED),
    ("it's", "it&#39;s"),
    ("", ""),
    (None, ""),
    (True, ""),
    (False, ""),
    (0, "0"),
    (-42, "-42"),
    (1.5, "1.5"),
    (Hostile(), ESCAPED),
    (HostileInt(7), "&lt;script&gt;"),
    (Loud("<a>"), "&lt;A&gt;"),
    (Colour.RED, "&lt;red&gt;"),
    (PurePosixPath("/a&b"), "/a&amp;b"),
    (Markup("<b>&amp;</b>"), "<b>&amp;</b>"),
    (Markup("<b>") + "<i>", "<b>&lt;i&gt;"),
    (Badge(), "<b>badge</b>"),
    (MarkupOfSubclass(), "<i></i>"),
    ([], ""),
    (["<", Markup("<br>"), None, 3, ["&"]], "&lt;<br>3&amp;"),
    (("<", ">"), "&lt;&gt;"),
    ({"<": 1}.keys(), "&lt;"),
    (range(3), "012"),
    (t"<p>{'<'}</p>", "<p>&lt;</p>"),
    ([t"<p>{n}</p>" for n in range(2)], "<p>0</p><p>1</p>"),
    ([t"<p>{1}</p>", t"<b>{2}</b>", "<", t"<p>{3}</p>"], "<p>1</p><b>2</b>&lt;<p>3</p>"),
    (t"{t'{t"<i>{'<'}</i>"}'}", "<i>&lt;</i>"),
]


def test_values(render: Render) -> None:
    def check(value: object, expected: str) -> None:
        assert render_text(value) == expected
        assert render("<div>{value}</div>", value=value) == f"<div>{expected}</div>"
        assert render("<title>{value}</title>", value=value) == f"<title>{expected}</title>"
        assert render("<textarea>{value}</textarea>", value=value) == f"<textarea>{expected}</textarea>"

    check_each(VALUES, check)


@dataclasses.dataclass
class Account:
    password: str = "secret"


class Model(pydantic.BaseModel):
    password: str = "secret"


class Shown(pydantic.BaseModel):
    name: str = "Ada"

    def __str__(self) -> str:
        return self.name


class Written:
    def __repr__(self) -> str:
        return "written"


class Kind(enum.Enum):
    NEW = 1


class Level(enum.IntEnum):
    LOW = 1


TEXTLESS = [
    (len, "the function `len` has no text"),
    (letters, "the function `letters` has no text"),
    ("".join, "the function `join` has no text"),
    (Written().__repr__, "the function `__repr__` has no text"),
    (Written, "the class `Written` has no text"),
    (Kind, "the class `Kind` has no text"),
    (object(), "an object has no text of its own"),
    (Account(), "an Account has no text of its own"),
    (Model(), "a Model has no text of its own"),
    (enum, "a module has no text of its own"),
    (re.compile("a"), "a Pattern has no text of its own"),
    (types.SimpleNamespace(a=1), "a SimpleNamespace has no text of its own"),
    (functools.partial(len), "a partial has no text of its own"),
    (..., "an ellipsis has no text of its own"),
]
WITH_TEXT = [
    (Written(), "written"),
    (Kind.NEW, "Kind.NEW"),
    (Level.LOW, "1"),
    (1j, "1j"),
    (Decimal("1.0"), "1.0"),
    (Fraction(1, 2), "1/2"),
    (datetime.date(2026, 5, 1), "2026-05-01"),
    (datetime.timedelta(days=1), "1 day, 0:00:00"),
    (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    (ipaddress.ip_address("::1"), "::1"),
    (ValueError("wrong"), "wrong"),
]


def test_values_without_text_are_refused(render: Render) -> None:
    places = ["<p>{v}</p>", "<p title={v}>", "<p title='a {v}'>", "<p class={[v]}>", "<a href='/x/{v}'>", "<p {d:**}>"]
    places += [
        "<p style='top: {v}'>",
        "<{echo} value='a {v}' />",
        "<p>{v:safe}</p>",
        "<p title={v:safe}>",
        "<p>{[v]}</p>",
    ]

    def check(place: str, case: tuple[object, str]) -> None:
        value, what = case
        with pytest.raises(TemplateError) as caught:
            render(place, v=value, d={"title": value}, echo=lambda value: value)
        assert caught.value.what.startswith(what)
        assert "secret" not in str(caught.value)

    check_each(product(places, TEXTLESS), check)


def test_values_with_text_of_their_own(render: Render) -> None:
    def check(value: object, text: str) -> None:
        assert render("<p title={v}>{v}</p>", v=value) == f'<p title="{text}">{text}</p>'
        assert render("<{echo} value='a {v}' />", v=value, echo=lambda value: value) == f"a {text}"

    check_each(WITH_TEXT, check)
    assert render("<p title={v}>", v=Shown()) == '<p title="Ada">'


def test_only_a_literal_spec_turns_escaping_off(render: Render) -> None:
    spec = str(b"safe", "ascii")  # as from a request: equal to the constant, but another object
    for source in ("<p>{b:{spec}}</p>", "<p title={b:{spec}}>", "<p>{b!s:{spec}}</p>", "<p>{b:sa{'fe'}}</p>"):
        with pytest.raises(ValueError, match="Invalid format specifier"):
            render(source, spec=spec, b="<b>")
    assert render("<p>{Hostile():{spec}}{Markup('<b>'):{''}}</p>", spec=spec) in (
        "<p>&lt;safe&gt;<b></p>",
        "<p>&lt;safe&gt;&lt;b&gt;</p>",
    )
    assert render("<p>{'<b>':safe}{'<b>'!s:safe}{'<b>':>{width}}</p>", width=4) == "<p><b><b> &lt;b&gt;</p>"


def test_a_false_class_attribute_is_ignored(render: Render) -> None:
    assert render("<p title={Liar()}>{Liar()}</p>") == '<p title="&lt;liar&gt;">&lt;liar&gt;</p>'


def test_iterators_are_rendered(render: Render) -> None:
    assert render("<p>{letters()}</p>{(n for n in [1, 2])}") == "<p>&lt;b</p>12"
    assert render("{(t'<i>{n}</i>' for n in '<>')}") == "<i>&lt;</i><i>&gt;</i>"
    assert render("{letters():safe}") == "<b"


def test_results_are_exact_strings() -> None:
    for value in (Loud("x"), Markup("x"), MarkupOfSubclass(), Colour.RED, "x", 1):
        assert type(render_text(value)) is str
        assert type(render_template(t"{value}")) is str
    assert type(html(t"<p>{1}</p>")) is Markup


CONVERSIONS_AND_SPECS = [
    ("{HOSTILE!s}", ESCAPED),
    ("{'<é>'!a}", "&#39;&lt;\\xe9&gt;&#39;"),
    ("{HOSTILE!r:.3}", "&#39;&#34;&gt;"),
    ("{Hostile()!r}", f"&lt;Hostile {ESCAPED}&gt;"),
    ("{Hostile():x}", "&lt;x&gt;"),
    ("{HostileInt(1):x}", "&lt;x&gt;"),
    ("{3.14159:.2f}", "3.14"),
    ("{7:>{'4'}}", "   7"),
    ("{7:}", "7"),
    ("{'<b>':safe}", "<b>"),
    ("""{['<b>', None, t'{"<"}']:safe}""", "<b>&lt;"),
    ("{None:safe}", ""),
    ("{True:safe}", ""),
    ("{Badge():safe}", "<b>badge</b>"),
    ("{Hostile():safe}", HOSTILE),
    ("{3!r:safe}", "3"),
    ("{HOSTILE=}", f"HOSTILE=&#39;{ESCAPED}&#39;"),
]


def test_conversions_and_specs(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert render(source) == expected

    check_each(CONVERSIONS_AND_SPECS, check)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (t"  <p>\n  {'x'}\n</p>\n", "<p>\n  x\n</p>"),
        ("  <x> ", "  &lt;x&gt; "),
        (Markup(" <b> "), " <b> "),
    ],
)
def test_html_strips_only_templates(template: object, expected: str) -> None:
    assert html(template) == expected


def test_render_template_keeps_white_space() -> None:
    assert render_template(t" <p> ") == " <p> "


STATIC_TEXT = [
    ("a <!--# {HOSTILE} <b> --> b", "a  b"),
    ("a <!-- note --> b", "a <!-- note --> b"),
    ("<!doctype html><p>", "<!doctype html><p>"),
    ("1 < 2 & 3", "1 < 2 & 3"),
    ("a < {1}", "a < 1"),
    ("<br/><br /></p>", "<br/><br /></p>"),
    ("<style>a {{ b: c }}</style>", "<style>a { b: c }</style>"),
    ("<script>if (a < b) {{ '</p>' }}</script>{1}", "<script>if (a < b) { '</p>' }</script>1"),
    ("<SCRIPT>'</script'</SCRIPT >{1}", "<SCRIPT>'</script'</SCRIPT >1"),
    ("<svg><![CDATA[ > ]]></svg>{1}", "<svg><![CDATA[ > ]]></svg>1"),
    ("<!-->{1}<!--->{2}<!-- --!>{3}", "<!-->1<!--->2<!-- --!>3"),
    ("<?pi?>{1}</ >", "<?pi?>1</ >"),
    ("{1}{2}", "12"),
    ("", ""),
    ("{{{1}}}", "{1}"),
    (r"""'\"\\\n\u2028\x1b{1}""", "'\"\\\n\u2028\x1b1"),
    (r"\ud800{1}", "\ud8001"),
    (r"<section>\n  <h1>unbalanced", "<section>\n  <h1>unbalanced"),
]


def test_static_text_is_sent_unchanged(render: Render) -> None:
    def check(source: str, sent: str) -> None:
        assert render(source) == sent

    check_each(STATIC_TEXT, check)


async def page() -> str:
    return "page"


async def pages() -> AsyncIterator[str]:
    yield "page"


class NotText:
    def __html__(self) -> int:
        return 3


REFUSED_VALUES = [
    (b"x", "b'x' (bytes) is not text"),
    (bytearray(b"x"), "bytearray(b'x') (bytearray) is not text"),
    (memoryview(b"x"), "a memoryview is not text"),
    ({"a": 1}, "a template can't render a dict"),
    (page, "`page` must be awaited before it is rendered here"),
    (pages, "`pages` is an async iterable, which cannot be rendered here"),
    (NotText(), "`__html__` of a NotText returned 3 (int), not a str"),
]
PLACES = ["<p>{made}</p>", "<p title={made}></p>", "<p title='a {made}'></p>", "{[1, made]}", "{made:safe}"]


def test_refused_values(render: Render) -> None:
    def check(refused: tuple[object, str], place: str) -> None:
        value, what = refused
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(TemplateError) as caught:
                render(place, made=value() if value in (page, pages) else value)
        assert caught.value.what.startswith(what + ', in t"')

    check_each(product(REFUSED_VALUES, PLACES), check)


def test_a_method_that_returns_a_t_string() -> None:
    class Badge:
        def __html__(self) -> object:
            return t"<b>new</b>"

    with pytest.raises(TemplateError) as raised:
        html(t"<p>{Badge()}</p>")
    assert 'Return `html(t"…")`.' in raised.value.hint


def test_the_portable_escaper_agrees() -> None:
    for text in (HOSTILE, "", "é<\u2028", "a'b"):
        assert escaping.escape_portably(text) == _speedups._escape_inner(text)
        assert type(escaping.escape_portably(text)) is str


def test_the_fastest_escaper_is_used(request: pytest.FixtureRequest) -> None:
    expected = escaping.escape_portably if "portable" in request.node.name else _speedups._escape_inner
    assert escaping.escape_str is expected
    assert writer.escape_str is expected
