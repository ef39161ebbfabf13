"""Values in CSS, in `<style>` and `style`: in place of a value and of a word."""

import pytest

from hyperpy.exceptions import TemplateError
from tests.templates.tables import Render, check_each

UNSAFE = [
    "</style><script>pwned=1</script>",
    "url(javascript:pwned=1)",
    "red; background: url(//evil)",
    "red} body{display:none",
    "expression(1)",
    "/* */",
    "*/",
    "'",
    '"',
    "\\72",
    "<!--",
    "a:b",
    "@import",
    "#",
    "red\0",
    "é",
]
WORDS = ["red", "#abc", "#12345678", "-1.5em", "50%", "--gap", "a_b-c", "0", "1e3"]
VALUES = [*WORDS, "1px solid red", "rgb(1, 2, 3)", "calc(1px + var(--x))", "a, b"]


def test_values(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(value: str) -> None:
        caplog.clear()
        assert render("<style>p {{ color: {value}; top: 0 }}</style>", value=value) == (
            f"<style>p {{ color: {value}; top: 0 }}</style>"
        )
        assert render("<p style='color: {value}'>", value=value) == f'<p style="color: {value}">'
        assert not caplog.records

    check_each(VALUES, check)


def test_unsafe_values_are_dropped(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(value: str) -> None:
        caplog.clear()
        assert (
            render("<style>p {{ color: {value}; top: 0 }}</style>", value=value)
            == "<style>p { color: ; top: 0 }</style>"
        )
        assert render("<p style='color: {value}'>", value=value) == '<p style="color: ">'
        assert [record.name for record in caplog.records] == ["hyperpy.templates"] * 2
        assert ": <style> can't be " in caplog.messages[0]

    check_each(UNSAFE, check)


def test_only_words_are_allowed_outside_of_values(render: Render) -> None:
    def check(value: str) -> None:
        assert render("<style>#{value} {{ top: 0 }}</style>", value=value) == "<style>#!blocked { top: 0 }</style>"
        assert render("<p style='{value}: 1px'>", value=value) == '<p style="!blocked: 1px">'

    check_each([value for value in [*UNSAFE, *VALUES] if value not in WORDS], check)


PLACES = [
    # URLs
    ("<style>p {{ a: url('{'/a b).png'}') }}</style>", "<style>p { a: url('/a%20b%29.png') }</style>"),
    ("<style>p {{ a: url({'/a&b?c=1'}) }}</style>", r"<style>p { a: url(/a\26 b?c=1) }</style>"),
    ("<style>p {{ a: url( \"/i/{'a/b'}.png?v={'&'}\") }}</style>", '<style>p { a: url( "/i/a/b.png?v=%26") }</style>'),
    ("<style><!--url({'/*'}) p {{ a: b }}</style>", "<style><!--url(/*) p { a: b }</style>"),
    ("<style>p {{ a: {'linear'}-gradient(red) }}</style>", "<style>p { a: linear-gradient(red) }</style>"),
    ("<style>p {{ a: url(/{'//evil'}) url(/{'x'}/{'/y'}) }}</style>", "<style>p { a: url(/evil) url(/x//y) }</style>"),
    ("<p style='a: url({'/a&b'})'>", r'<p style="a: url(/a\26 b)">'),
    ("<p style='a: url(data:image/png;base64,{'AA=='})'>", '<p style="a: url(data:image/png;base64,AA==)">'),
    ("<p style='a: url({TrustedURL('blob:x')})'>", '<p style="a: url(blob:x)">'),
    # strings
    (
        '<style>p {{ content: "{\'a"}</style>\'}" }}</style>',
        r'<style>p { content: "a\22 \7d \3c \2f style\3e " }</style>',
    ),
    (
        "<style>[title='{'x]'}'] {{}} p {{ a: '{None}{7}{'ü, b'}' }}</style>",
        r"<style>[title='x\5d '] {} p { a: '7ü, b' }</style>",
    ),
    (r"<p style='content: &quot;{'\n&'}&quot;'>", r'<p style="content: &#34;\a \26 &#34;">'),
    (
        "<style>a:not({'.b'.strip('.')}) {{}} a:nth-child({'2n'}) {{}}</style>",
        "<style>a:not(b) {} a:nth-child(2n) {}</style>",
    ),
    # the attributes of SVG
    (
        "<svg><g fill={'red'} stroke={'url(#a)'} mask='url(#{'m-1'})' filter={'blur(2px)'} /></svg>",
        '<svg><g fill="red" stroke="url(#a)" mask="url(#m-1)" filter="blur(2px)" /></svg>',
    ),
    ("<svg><g fill={None} stroke={False} cursor={True} /></svg>", "<svg><g /></svg>"),
    ("<x-list filter={'a: url(b)'} fill='{':'}'>", '<x-list filter="a: url(b)" fill=":">'),
    ("<style>.item-{7}, #{'a'} {{ --{'x'}: {1.5}px }}</style>", "<style>.item-7, #a { --x: 1.5px }</style>"),
    ("<style>a:hover {{ width: {1}{'px'} }} {'p'} {{}}</style>", "<style>a:hover { width: 1px } p {}</style>"),
    (
        "<style>@media (min-width: {40}em) {{ p {{ top: {0} }} }}</style>",
        "<style>@media (min-width: 40em) { p { top: 0 } }</style>",
    ),
    ("<style>a {{ font: 12px/{2} 'x;y' }} /* {'*/'} */</style>", "<style>a { font: 12px/2 'x;y' } /*   */</style>"),
    ("<style>{None}{True}{Markup('p')}</style>", "<style>p</style>"),
    ("<style>p {{ {'color'}: {'red'} }}</style>", "<style>p { color: red }</style>"),
    ("<p style='width: {1.234:.1f}%'>", '<p style="width: 1.2%">'),
    ("<p style='color: &#114;ed; {'top'}: {1}'>", '<p style="color: red; top: 1">'),
    ("<style>p {{ background: {TrustedCSS('url(/a.png)')} }}</style>", "<style>p { background: url(/a.png) }</style>"),
    ("""<p style='background: {TrustedCSS('url("/a")')}'>""", '<p style="background: url(&#34;/a&#34;)">'),
    ("""<p style={TrustedCSS('a: "b"; c: d')}>""", '<p style="a: &#34;b&#34;; c: d">'),
    ("<p style={ {'background': TrustedCSS('url(/a)'), 'top': 0} }>", '<p style="background: url(/a); top: 0">'),
]


def test_places(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert not caplog.records

    check_each(PLACES, check)


BLOCKED = [
    ("<style>p{'#my-ID'} {{}} p:not({'.a'}) {{}}</style>", "<style>p!blocked {} p:not(!blocked) {}</style>"),
    (
        "<style>a:hover {'b, p'} {{}} @media {'screen, all'} {{}}</style>",
        "<style>a:hover !blocked {} @media !blocked {}</style>",
    ),
    ("<style>a{''} {{}}</style>", "<style>a!blocked {}</style>"),
    ("<style>a {{ b: #url({'/*'}) →url({'/*'}) }}</style>", "<style>a { b: #url() →url() }</style>"),
    ("<style>a\\\\' {{ b: {'/*'}; c: '{'/*'}' }}</style>", "<style>a\\' { b: ; c: '\\2f \\2a ' }</style>"),
    ("<style>p {{ border{'-x y'}: 0 }}</style>", "<style>p { border!blocked: 0 }</style>"),
    (
        "<style>p {{ a: url({'javascript:1'}) url('java{'script:1'}') }}</style>",
        "<style>p { a: url(#blocked) url('java#blocked') }</style>",
    ),
    ("<svg><g fill={'url(//evil)'} /></svg>", "<svg><g /></svg>"),
    ("<svg><g fill='red {'url(//evil)'}' /></svg>", '<svg><g fill="red " /></svg>'),
    ("<svg><g { {'mask': 'url(//evil)'}:**} /></svg>", "<svg><g /></svg>"),
]


def test_what_is_blocked_never_applies_to_more(render: Render, caplog: pytest.LogCaptureFixture) -> None:
    def check(source: str, expected: str) -> None:
        caplog.clear()
        assert render(source) == expected
        assert caplog.records

    check_each(BLOCKED, check)


def test_trusted_css_can_not_end_its_element(render: Render) -> None:
    with pytest.raises(TemplateError, match="would end the style sheet"):
        render("<style>{TrustedCSS('a{}</STYLE>')}</style>")
