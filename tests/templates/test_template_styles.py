"""Values in CSS: in `<style>` and in `style`, where a value may stand and where only a word may."""

from string.templatelib import Template

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, TrustedCSS, render_template

UNFIT = [
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


@pytest.mark.parametrize("value", VALUES)
def test_values(value: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(t"<style>p {{ color: {value}; top: 0 }}</style>") == (
        f"<style>p {{ color: {value}; top: 0 }}</style>"
    )
    assert render_template(t"<p style='color: {value}'>") == f'<p style="color: {value}">'
    assert not caplog.records


@pytest.mark.parametrize("value", UNFIT)
def test_unfit_values_vanish(value: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(t"<style>p {{ color: {value}; top: 0 }}</style>") == "<style>p { color: ; top: 0 }</style>"
    assert render_template(t"<p style='color: {value}'>") == '<p style="color: ">'
    assert [record.name for record in caplog.records] == ["hyperpy.templates"] * 2
    assert ": <style> can't be " in caplog.messages[0]


@pytest.mark.parametrize("value", [value for value in [*UNFIT, *VALUES] if value not in WORDS])
def test_outside_of_a_value_only_a_word_may_stand(value: str) -> None:
    assert render_template(t"<style>#{value} {{ top: 0 }}</style>") == "<style># { top: 0 }</style>"
    assert render_template(t"<p style='{value}: 1px'>") == '<p style=": 1px">'


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (t"<style>.item-{7}, #{'a'} {{ --{'x'}: {1.5}px }}</style>", "<style>.item-7, #a { --x: 1.5px }</style>"),
        (t"<style>a:hover {{ width: {1}{'px'} }} {'p'} {{}}</style>", "<style>a:hover { width: 1px } p {}</style>"),
        (t"<style>@media (min-width: {40}em) {{ p {{ top: {0} }} }}</style>",
         "<style>@media (min-width: 40em) { p { top: 0 } }</style>"),
        (t"<style>a {{ font: 12px/{2} 'x;y' }} /* {'*/'} */</style>",
         "<style>a { font: 12px/2 'x;y' } /*   */</style>"),
        (t"<style>{None}{True}{Markup('p')}</style>", "<style>p</style>"),
        (t"<style>p {{ {'color'}: {'red'} }}</style>", "<style>p { color: red }</style>"),
        (t"<p style='width: {1.234:.1f}%'>", '<p style="width: 1.2%">'),
        (t"<p style='color: &#114;ed; {'top'}: {1}'>", '<p style="color: red; top: 1">'),
        (t"<style>p {{ background: {TrustedCSS('url(/a.png)')} }}</style>",
         "<style>p { background: url(/a.png) }</style>"),
        (t"<p style='background: {TrustedCSS('url("/a")')}'>", '<p style="background: url(&#34;/a&#34;)">'),
        (t"<p style={TrustedCSS('a: "b"; c: d')}>", '<p style="a: &#34;b&#34;; c: d">'),
        (t"<p style={ {'background': TrustedCSS('url(/a)'), 'top': 0} }>", '<p style="background: url(/a); top: 0">'),
    ],
)  # fmt: skip
def test_places(template: Template, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    assert render_template(template) == expected
    assert not caplog.records


def test_trusted_css_stays_in_its_element() -> None:
    with pytest.raises(TemplateError, match="would end the style sheet"):
        render_template(t"<style>{TrustedCSS('a{}</STYLE>')}</style>")
