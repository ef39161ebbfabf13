"""Errors in the source of a template: at load with their place, at run time with the template's first words."""

import ast
import sys
from string.templatelib import Interpolation, Template
from typing import Any

import pytest

from hyperpy.app.loaded_routes import PUBLIC_NAMES
from hyperpy.exceptions import Place, TemplateError
from hyperpy.pages.loading.execution import Execution
from hyperpy.pages.loading.imports.imported_names import ImportedNames
from hyperpy.routing import URLPatterns
from hyperpy.templates import SourceText, fragment, html, render_template, render_text
from hyperpy.templates.at_load import literals as at_load_literals
from hyperpy.templates.at_load.fragment_extraction import extract_fragments
from hyperpy.templates.at_load.literals import Literals, certain_templates
from hyperpy.templates.syntax.holes import HoleShape
from hyperpy.templates.syntax.nodes import Document
from hyperpy.templates.syntax.parser import parse
from tests.templates.tables import check_each

DICT = 'Put a space between the braces: {}={{ {{"a": 1}} }}.'
NAME = "Spread a mapping, whose names are checked: { {name: value}:** }. Separate attributes with white space."
RAW = (
    "If these braces are part of the {0}, double them: {{{{ … }}}}.\n"
    "Otherwise write the value alone, or {1}(…) to send it unescaped."
)
BESIDE = 'Write "…" + {a}, or assign it first: const value = {a};'
TOP = f"Move the value to the top of the script. {BESIDE}"
NAMED = 'A value must be a whole expression: names[{a}], "item" + {a}.'
CSS = "Move the value out of it: set a class or a custom property, --x: {a}, or mark it as safe: {TrustedCSS(…)}."
ALONE = "Put the value into a separate attribute, data-value={…}, and read it from there."
WHOLE = "A t-string must contain whole tags. A `>` or a quote is missing."

# (the literal, with ⟦ ⟧ around the place of the error; the error; the hint)
ERRORS = [
    # unfinished
    ('t"a ⟦<p⟧"', "the template ends inside the tag `<p`", WHOLE),
    ('t"⟦<p⟧ title=\'a\'"', "the template ends inside the tag `<p`", WHOLE),
    ('t"<⟦{A}⟧ b"', "the template ends inside the tag `<{A}`", WHOLE),
    ("t\"<p title=⟦'⟧a {b}>\"", "the template ends inside the value of `title`", "Add the closing '."),
    ('t"a ⟦<!--⟧ b"', "the template ends inside this comment", "Close it with -->."),
    ('t"a ⟦<!--⟧ {b} -"', "the template ends inside this comment", "Close it with -->."),
    ('t"a ⟦<!⟧doctype"', "the template ends inside this tag", "Add the missing `>`, or write &lt; for text."),
    ('t"a ⟦</⟧p"', "the template ends inside this tag", "Add the missing `>`, or write &lt; for text."),
    ('t"⟦<script⟧>a"', "the template ends inside `<script>`", "Add </script>."),
    ('t"⟦<title⟧>{a}</titl>"', "the template ends inside `<title>`", "Add </title>."),
    ('t"⟦<script⟧ src=x />"', "`<script/>` is not self-closing in HTML", "Write <script …></script>."),
    ('t"a⟦\\0⟧b{c}"', "a template can't contain the character NUL", ""),
    # names
    ('t"<h⟦{a}⟧>"', "a tag's name can't be computed",
     ("Write each case out: {t'<h1>…</h1>' if level == 1 else t'<h2>…</h2>'}.\n"
     "For a component, write only the hole: <{Heading} level={level} />.")),
    ('t"<p ⟦{a}⟧=1>"', "an attribute's name can't be computed", NAME),
    ('t"<p data-⟦{a}⟧=1>"', "an attribute's name can't be computed", NAME),
    ('t"<p {a}⟦b⟧>"', "an attribute's name can't be computed", NAME),
    ('t"<p {a}⟦{b}⟧>"', "an attribute's name can't be computed", NAME),
    ('t"<p ⟦=⟧a>"', "there is no attribute name before this `=`", ""),
    ('t"<p a⟦<⟧b>"', "`<` is not allowed in an attribute name", "Is a quote or a `>` missing before it, in `<p`?"),
    ("t\"<p a='b' c⟦'⟧>\"", "`'` is not allowed in an attribute name",
     "Is a quote or a `>` missing before it, in `<p`?"),
    ('t"<p title⟦=⟧>"', "`title=` has no value", 'Write title="" for an empty one.'),
    ('t"<p ⟦{a.b}⟧>"', "`{a.b}` can't be an attribute: it is not a plain name",
     "Write name={value}, or {name}, which is short for name={name}, or {mapping:**}."),
    ('t"<p ⟦{a!r}⟧>"', "`{a}` can't be an attribute: it is not a plain name",
     "Write name={value}, or {name}, which is short for name={name}, or {mapping:**}."),
    ('t"<p ⟦{a:>5}⟧>"', "`{a}` can't be an attribute: it is not a plain name",
     "Write name={value}, or {name}, which is short for name={name}, or {mapping:**}."),
    ('t"<p ⟦{a!r:**}⟧>"', "a spread can't have a conversion", "Write {a:**}."),
    # components
    ('t"<p><⟦{A}⟧></p>"', "<{A}> is never closed",
     "Write </{A}> where it ends, or <{A} /> if it has no content."),
    ('t"<{A}><{B}></⟦{A}⟧>"', "</{A}> closes <{B}>", "Close the innermost component first: </{B}>."),
    ('t"<{Card}></⟦{Cart}⟧>"', "</{Cart}> closes <{Card}>", "Did you mean `Card`?"),
    ('t"<{Card}><h1>a</{Card}>⟦</h1>⟧"', "</h1> ends an element that begins inside <{Card}>",
     "Write </h1> before </{Card}>, or begin the element before <{Card}>."),
    ('t"<p><b><{A} /><{Card}>a⟦</b>⟧</{Card}></p>"',
     "</b> stands inside <{Card}>, and ends an element that begins outside",
     "Write </b> before <{Card}> or after </{Card}>."),
    ('t"<{A}><{B}><i></{B}></{A}>⟦</i >⟧"', "</i> ends an element that begins inside <{B}>",
     "Write </i> before </{B}>, or begin the element before <{B}>."),
    ('t"</⟦{A}⟧>"', "</{A}> closes a component that is not open",
     "Remove it, or write <{A}> where the component begins."),
    ('t"<{Page}><p>a⟦</Page>⟧"', "</Page> doesn't end <{Page}>", "Write </{Page}>."),
    ('t"<{A}>⟦<Page⟧ x=y><p></{Page}></{A}>"', "<Page> begins an HTML element, which </{Page}> doesn't end",
     "The tags of a component have its name in braces: <{Page}>…</{Page}>."),
    ('t"<{A}>a<⟦{A}⟧> "', "this <{A}> begins another one, and doesn't end the one before", "Write </{A}>."),
    ('t"<{A}></⟦{A}⟧ x>"', "a component's end tag can only contain its name", "Write </{Card}>."),
    ('t"<⟦{A!r}⟧ />"', "a component can't have a conversion or a format spec", "Write <{A}."),
    ('t"<⟦{A:x}⟧ />"', "a component can't have a conversion or a format spec", "Write <{A}."),
    # invalid positions of values
    ('t"<!doctype ⟦{a}⟧>"', "a declaration can't contain a value", "Write it out."),
    ('t"<?x ⟦{a}⟧>"', "a declaration can't contain a value", "Write it out."),
    ('t"<svg><![CDATA[ > ⟦{a}⟧ ]]></svg>"', "a CDATA section can't contain a value", "Write it out."),
    ('t"</p ⟦{a}⟧>"', "an end tag can't contain a value", "Write out its name: </p>."),
    ('t"</h⟦{a}⟧>"', "an end tag can't contain a value", "Write out its name: </p>."),
    ('t"<iframe>⟦{a}⟧</iframe>"', "`{a}` is inside `<iframe>`, which can't contain a computed value",
     "Put it into another element."),
    ('t"<noembed>⟦{a}⟧</noembed>"', "`{a}` is inside `<noembed>`, which can't contain a computed value",
     "Put it into another element."),
    ('t"<title>⟦<b⟧>{a}</title>"', "`<title>` can contain only text", "Write &lt; for the character."),
    ('t"<textarea>⟦<{⟧a}></textarea>"', "`<textarea>` can contain only text", "Write &lt; for the character."),
    ('t"<script>⟦<⟧!-- <script> --></script>"', "`<!-- <script` in a script keeps it open beyond its end tag",
     "Remove the comment."),
    ('t"<p _=⟦{a}⟧>"', "`_` runs as a script, so its value can't be computed", ALONE),
    ('t"<p hx-vars=\'a:⟦{a}⟧\'>"', "htmx can run what is in `hx-vars`, so its value can't be computed", ALONE),
    ('t"<p :onclick=⟦{a}⟧>"', "`:onclick` sets `onclick`, which can run its value, so the value can't be computed",
     ALONE),
    ('t"<p x-bind=⟦{a}⟧>"', "`x-bind` sets attributes whose names are not known, so its value can't be computed",
     "Bind each attribute alone: :title={title}."),
    ("t\"<p data-attr='{{onclick: ⟦{a}⟧}}'>\"", "`{a}` may be set as an attribute that runs it, in `data-attr`",
     "Bind each attribute alone."),
    ("t\"<p :href='⟦{a}⟧ + &quot;:b&quot;'>\"", "`{a}` stands before a `:`, which could make it the scheme of a URL",
     "Write the start of the URL out."),
    ("t\"<p hx-trigger='click[key == ⟦{a}⟧]'>\"", "`{a}` is inside a filter, which runs as JavaScript",
     "Compare with an attribute: data-key={a}."),
    ("t\"<p hx-vals='a:⟦{a}⟧'>\"", "`{a}` must be a part of JSON here",
     'Write JSON: {{"name": {a}}}, or a mapping alone.'),
    ('t"<p x-html=⟦{a}⟧>"', "`x-html` inserts its value as HTML, so the value can't be computed",
     "Interpolate the value as the element's content: <div>{value}</div>."),
    ('t"<p ⟦{_}⟧>"', "`_` runs as a script, so its value can't be computed", ALONE),
    ('t"<iframe srcdoc=\'<p>⟦{a}⟧\'></iframe>"', "`srcdoc` is a whole document, so it must be a single value",
     "Write a t-string: srcdoc={t'<p>{a}</p>'}."),
    # JavaScript, in elements and attributes
    ('t"<script>`⟦{a}⟧`</script>"', "`{a}` is inside a template literal", BESIDE),
    ('t"<script>`${{1}}⟦{a}⟧`</script>"', "`{a}` is inside a template literal", BESIDE),
    ('t"<p onclick=\'f(`⟦{a}⟧`)\'>"', "`{a}` is inside a template literal", BESIDE),
    ('t"<script>x = /⟦{a}⟧/g</script>"', "`{a}` is inside a regular expression",
     "Build it from a string: new RegExp({a})."),
    ('t"<p x-data=\'[/a/, /⟦{a}⟧/]\'>"', "`{a}` is inside a regular expression",
     "Build it from a string: new RegExp({a})."),
    ('t"<script>if (a) /⟦{a}⟧/</script>"', "`{a}` is inside a regular expression",
     "Build it from a string: new RegExp({a})."),
    ('t"<script>4 / /⟦{a}⟧/</script>"', "`{a}` is inside a regular expression",
     "Build it from a string: new RegExp({a})."),
    ('t"<script>{{}} / 2; x = ⟦{a}⟧</script>"',
     "`{a}` follows a `/` that may divide or start a regular expression, after `}`", TOP),
    ('t"<script>i++ / 2; x = ⟦{a}⟧</script>"',
     "`{a}` follows a `/` that may divide or start a regular expression, after `++`", TOP),
    ('t"<script>= /[/; x = ⟦{a}⟧</script>"',
     "`{a}` follows a `/` that may divide or start a regular expression, after `=`", TOP),
    ('t"<script>\'a; ⟦{a}⟧</script>"', "`{a}` follows a string that doesn't end on its line", TOP),
    ('t"<script><!-- a; ⟦{a}⟧</script>"',
     "`{a}` follows `<!--`, which starts a comment in a script but not in a module", TOP),
    ('t"<script>/**/ --> ⟦{a}⟧</script>"',
     "`{a}` follows `-->`, which starts a comment in a script but not in a module", TOP),
    ('t"<script>a.⟦{a}⟧ = 1</script>"', "`{a}` is in the middle of a name", NAMED),
    ('t"<script>item⟦{a}⟧()</script>"', "`{a}` is in the middle of a name", NAMED),
    ('t"<script>a.in⟦{a}⟧()</script>"', "`{a}` is in the middle of a name", NAMED),
    ('t"<script>f(⟦{a}⟧px)</script>"', "`{a}` is in the middle of a name", NAMED),
    ('t"<p hx-on:click=\'f(⟦{a}⟧{b})\'>"', "`{a}` is in the middle of a name", NAMED),
    ("t'<script>\"\\\\⟦{a}⟧\"</script>'", "`{a}` follows half an escape", "Remove the `\\`."),
    ("t'<script>\"\\\\u00⟦{a}⟧\"</script>'", "`{a}` follows half an escape", "Remove the `\\`."),
    ("t'<script>\"<⟦{a}⟧\"</script>'", "`{a}` follows a `<` and could become markup with it",
     r"Write the `<` as \u003C."),
    ("t'<script>\"</scr⟦{a}⟧\"</script>'", "`{a}` follows a `<` and could become markup with it",
     r"Write the `<` as \u003C."),
    ("t'<svg><script>\"&⟦{a}⟧\"</script></svg>'", "`{a}` follows a `&` and could become markup with it",
     r"Write the `&` as \u0026."),
    ('t"<p x-data=\'⟦{ open: false }⟧\'>"', "`{open:…}` has a format spec inside JavaScript",
     RAW.format("JavaScript", "TrustedJS")),
    ('t"<script>x = ⟦{a:safe}⟧</script>"', "`{a:…}` is marked as HTML inside JavaScript",
     RAW.format("JavaScript", "TrustedJS")),
    ('t"<script>x = ⟦{a:**}⟧</script>"', "`{a:…}` spreads a mapping inside JavaScript",
     RAW.format("JavaScript", "TrustedJS")),
    ('t"<script type=text/x-template>⟦{a}⟧</script>"',
     "a script of type `text/x-template` can't contain a computed value",
     "Use a <template> instead, or put the value into an attribute: data-value={…}."),
    ('t"<script ⟦type⟧={a}>{b}</script>"', "the `type` of a script with values in it must be written out", ""),
    ('t"<svg><script>f(&quot;⟦{a}⟧&quot;)</script></svg>"',
     "a script with values can't contain character references such as `&quot;`",
     "SVG decodes them, HTML doesn't. Write the character itself, or a JavaScript escape."),
    ("""t"<svg><script>f('&lt;⟦{a}⟧')</script></svg>\"""", "`{a}` follows a `<` and could become markup with it",
     r"Write the `<` as \u003C."),
    ('t"<svg><title>a</title><script>a ⟦<⟧ {b}</script></svg>"',
     "`<` starts a tag here: inside SVG and MathML, `<script>` is an ordinary element",
     "Move the <script> out of it."),
    ('t"<svg><desc><b></b></desc><style>a ⟦<⟧b></style></svg>"',
     "`<` starts a tag here: inside SVG and MathML, `<style>` is an ordinary element",
     "Move the <style> out of it."),
    # CSS
    ('t"<style>body ⟦{ margin: 0 }⟧</style>"', "`{margin:…}` has a format spec inside CSS",
     RAW.format("CSS", "TrustedCSS")),
    ("t\"<style>@import '⟦{a}⟧';</style>\"", "`{a}` would choose a style sheet to load", CSS),
    ("t\"<style>@import url(⟦{a}⟧);</style>\"", "`{a}` would choose a style sheet to load", CSS),
    ("t\"<p style='a: image-set(&quot;⟦{a}⟧&quot; 1x)'>\"", "`{a}` is inside a string that is a URL, in `image-set(…)`",
     "Write url('{a}')."),
    ("t\"<style>a {{ b: 'c⟦{a}⟧ }}\\n</style>\"", "`{a}` is inside a string that doesn't end on its line",
     "Close the string."),
    ("t\"<p style='a: &quot;\\\\2⟦{a}⟧&quot;'>\"", "`{a}` follows half an escape", "Remove the `\\`."),
    ("t'⟦<svg⟧><a>{a}</a>'", "`<svg>` is not closed",
     "Close it in the same t-string: </svg>. Scripts and style sheets are read in another way inside it."),
    ("t'<style>a {{ b: ⟦{a}⟧(1) }}</style>'", "`{a}` would name a function", CSS),
    ("t'<style>a {{ b: ⟦{a}⟧{b}-rl(/x) }}</style>'", "`{a}` would name a function", CSS),
    ("t'<style>a {{ b: ⟦{a}⟧\\\\6c(/x) }}</style>'", "`{a}` would name a function", CSS),
    ("t'<style>a {{ b: ⟦{a}⟧\\\\75 rl(/x) }}</style>'", "`{a}` would name a function", CSS),
    ("t'<style>a {{ b: \\\\75rl(/⟦{a}⟧) }}</style>'", "`{a}` is inside a function whose name has an escape", CSS),
    ('t"<style>a {{ b: url(⟦{a}⟧\' x) }}</style>"', "`{a}` is followed by `'` in a URL without quotes",
     "Write url('{a}')."),
    ('t"<p style=\'b: url( x⟦{a}⟧&quot; x)\'>"', "`{a}` is followed by `\"` in a URL without quotes",
     "Write url('{a}')."),
    ("t'<style>p {{ a: &#⟦{a}⟧; }}</style>'", "`{a}` directly follows `&#`", CSS),
    ("t'<style>@⟦{a}⟧ x</style>'", "`{a}` directly follows `@`", CSS),
    ("t'<style>a</sty⟦{a}⟧ x</style>'", "`{a}` directly follows `</sty`", CSS),
    ("t'<style>a /⟦{a}⟧* b</style>'", "`{a}` directly follows `/`", CSS),
    ('t"<meta http-equiv=⟦{a}⟧>"', "`http-equiv` must be static, and a `refresh` can't have a spread",
     'Write <meta http-equiv="refresh" content="0;url={url}">.'),
    ('t"<meta http-equiv=Refresh ⟦{a:**}⟧>"',
     "`http-equiv` must be static, and a `refresh` can't have a spread",
     'Write <meta http-equiv="refresh" content="0;url={url}">.'),
    # unintended format specs
    ("t\"<p style=⟦{'a': 1}⟧>\"", "Python reads this as 'a' with a format spec, not as a dict", DICT.format("style")),
    ("t\"<p style=⟦{{⟧'a': 1}}>\"", "Python reads `{{` as a literal brace, not as a dict", DICT.format("style")),
    ('t"<p title=⟦{a:**}⟧>"', "`:**` spreads a mapping over a tag and can't be used as a value",
     "Write {a:**} alone, or title={a}."),
    ('t"<p>⟦{a:**}⟧</p>"', "`:**` spreads a mapping over a tag and can't be used in text",
     "Write <div {a:**}>."),
    # fragments
    ('t"<p ⟦{fragment}⟧></p>"', "this fragment has no name",
     'Give the element an id, <div id="status" {fragment}>, or name it, <div {fragment}="status">.'),
    ('t"<p id ⟦{fragment}⟧></p>"', "this fragment has no name",
     'Give the element an id, <div id="status" {fragment}>, or name it, <div {fragment}="status">.'),
    ('t"<{A} ⟦{fragment}⟧ />"', "this fragment has no name",
     'Give the element an id, <div id="status" {fragment}>, or name it, <div {fragment}="status">.'),
    ('t"<p id=a {fragment} ⟦{fragment}⟧></p>"', "this element is marked as a fragment twice", ""),
    ('t"<p id=a ⟦{fragment:x}⟧></p>"', "the fragment marker can't have a conversion or a format spec", ""),
    ('t"⟦<li⟧ id=a {fragment}>a<li>b</li>"', "this fragment needs its end tag </li> in the same t-string",
     "Write <li {fragment}>…</li>, even if HTML lets you omit the end tag."),
    ('t"⟦<div⟧ id=a {fragment}/>"', "this fragment needs its end tag </div> in the same t-string",
     "Write <div {fragment}>…</div>, even if HTML lets you omit the end tag."),
    ('t"<{A}>⟦<p⟧ id=a {fragment}></{A}></p>"', "this fragment needs its end tag </p> in the same t-string",
     "Write <p {fragment}>…</p>, even if HTML lets you omit the end tag."),
]  # fmt: skip


def unmarked(text: str) -> tuple[str, int, int]:
    """The text without the marks, and the position and width of the text between them."""
    start, end = text.index("⟦"), text.index("⟧")
    return text.replace("⟦", "").replace("⟧", ""), start, end - start - 1


def literals(source: str, marker: str = "fragment") -> Literals:
    return Literals(SourceText("page.py", source), frozenset({marker}))


def error_at_load(source: str) -> TemplateError:
    node = ast.parse(source, mode="eval").body
    assert isinstance(node, ast.TemplateStr)
    with pytest.raises(TemplateError) as caught:
        extract_fragments(node, literals(source))
    return caught.value


def test_at_load() -> None:
    def check(marked: str, what: str, hint: str) -> None:
        source, column, width = unmarked(marked)
        error = error_at_load(source)
        assert error.hint == hint
        assert error.place == Place("page.py", 1, column, width)
        assert error.what == what

    check_each(ERRORS, check)


def test_at_run_time() -> None:
    def check(marked: str, what: str, hint: str) -> None:
        node = ast.parse(unmarked(marked)[0], mode="eval").body
        assert isinstance(node, ast.TemplateStr)
        with pytest.raises(TemplateError) as caught:
            render_template(Template(*map(evaluated, node.values)))
        assert caught.value.what.startswith(f'{what}, in t"')
        assert caught.value.hint == hint
        assert caught.value.place is None

    check_each(ERRORS, check)


def evaluated(node: ast.expr) -> Any:
    """A part of a literal at run time. All names but the marker are 1."""
    if isinstance(node, ast.Constant):
        return node.value
    assert isinstance(node, ast.Interpolation)
    value = fragment if node.str == "fragment" else 1
    return Interpolation(value, node.str, "r" if node.conversion > 0 else None, spec(node.format_spec))


def spec(node: ast.expr | None) -> str:
    """A literal spec, which Python interns."""
    return sys.intern(ast.unparse(node)[2:-1]) if node else ""


PLACES = [
    ('t"""é\n\n<p>ü{a}é\n  <b ⟦{b}⟧=1></b>"""', 4),
    ("t'\\x41\\u00e9\\N{LATIN SMALL LETTER A}\\\n\\101\\n{{}} <b ⟦{b}⟧=1>'", 2),
    ("rt'\\x41\\{a} <b ⟦{b}⟧=1>'", 1),
    ("Rt'\\'<b ⟦{b}⟧=1>'", 1),
    ('(t\'é{a!r:>{5}}\'\n  rt\'\\d{{\' # <p {x}=\'\n T"""<b\n ⟦{b}⟧=1>""")', 4),
    ("(t'<b ' \\\n t'⟦{b}⟧=1>')", 2),
    ('t"""\r\n<p>\r\n <b ⟦{b}⟧=1>"""', 3),
    ('t"""{a\n}\n <b ⟦{b}⟧=1>"""', 3),
    ("t'{t\"{a}\"} <b ⟦{b}⟧=1>'", 1),
    ("t'{[t\"é <b ⟦{b}⟧=1>\" for a in c]}'", 1),
    ("t'<b \\\n⟦{b}⟧=1>'", 2),
    ("(t'é' t'{a}' t'<b ⟦{b}⟧=1>' t'')", 1),
]


def test_places() -> None:
    def check(marked: str, line: int) -> None:
        source, start, width = unmarked(marked)
        normal = source[:start].replace("\r\n", "\n")
        error = error_at_load(source)
        assert error.place == Place("page.py", line, start - source.rfind("\n", 0, start) - 1, width)
        assert normal.count("\n") + 1 == line

    check_each(PLACES, check)


def test_a_width_stays_on_its_line() -> None:
    error = error_at_load('t"""\n<b {a\n}=1>"""')
    assert error.place == Place("page.py", 2, 3, 2)


PAGE = '''
def Card(title):
    return t"<b>{title}<p"

def query(name):
    return t"select <{name}"

def row(item):
    if item:
        return [t"<li {item.x}>"]
    return t"<li>"

async def stream():
    yield t"<p>"
    %s

t"""<{row} item=1 />"""
'''


def checked(source: str, marker: str = "fragment") -> frozenset[ast.TemplateStr]:
    """The t-strings that are found to be templates in a file that imports `html` under this name."""
    nodes = list(ast.walk(ast.parse(source)))
    return certain_templates(nodes, literals(source, marker), lambda name: ast.unparse(name) == "html")


STATEMENTS = [
    ('yield t"<p"', 15),
    ('yield ("name", t"<p")', 15),
    ('yield {"event": "x", "data": t"<p"}', 15),
    ('yield html(t"<p")', 15),
    ('yield html(t"<p", 1)', 15),
    ('yield html(t"{t"<p"}")', 15),
    ('t"<p"', 15),
    ('execute(t"select <{name}")', 3),
    ("pass", 3),
    ('other.html(t"<p")', 3),
]


def test_checked_templates() -> None:
    def check(statement: str, line: int) -> None:
        with pytest.raises(TemplateError) as caught:
            checked(PAGE % statement)
        assert caught.value.place is not None
        assert caught.value.place.line == line

    check_each(STATEMENTS, check)


COMPONENTS = [
    "def Card(): return t'<p'",
    "@decorated\ndef Card(): return t'<p'",
    "async def Card(): return t'<p'",
    "def Card():\n    yield t'<p'",
    "def rows():\n    yield t'<p'",
    "def Card():\n    with a: return t'<p'",
    "def Card(): return [t'<p']",
    "def Card(): return other(t'<p')",
    "class Site:\n    def Card(self): return t'<p'",
    "def card(): return t'<p'\nt'<{card} />'",
    "def page():\n    def card(): return t'<p'\n    return html(t'<{card} />')",
]


def test_components_of_every_kind_are_checked() -> None:
    def check(source: str) -> None:
        with pytest.raises(TemplateError, match="the template ends inside the tag `<p`"):
            checked(source)

    check_each(COMPONENTS, check)


CERTAIN = [
    ("t'a'", 1),
    ("html(t'a')", 1),
    ("html(t'{t'a'}')", 1),
    ("def Card(): return t'a'", 1),
    ("def Card(): return [t'a']", 0),
    ("def Card(): return other(t'a')", 0),
    ("def card(): return t'a'", 0),
    ("x = t'a'", 0),
    ("x = [(yield t'a'), (yield 'name', t'b'), (yield {'data': t'c', 'id': 1})]", 3),
]


def test_which_t_strings_are_certainly_templates() -> None:
    def check(source: str, count: int) -> None:
        assert len(checked(source)) == count

    check_each(CERTAIN, check)


ROUTE = '''
from hyperpy import fragment, html
def Row(item):
    return t"<li>{item}</li>"
saved = html(t"<b>{1}</b>")
t"""<ul>{[t"<{Row} item={i} />" for i in "ab"]}</ul><p id="x" {fragment}>{saved}</p>{t"<i id=y {fragment}>y</i>"}"""
async def stream():
    yield t"<hr>"
'''


def test_each_literal_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(strings: tuple[str, ...], shapes: tuple[HoleShape, ...]) -> Document:
        parsed.append("".join(strings))
        return parse(strings, shapes)

    monkeypatch.setattr(at_load_literals, "parse", counted)
    imported = ImportedNames(PUBLIC_NAMES, lambda tree: tree)
    execution = Execution(imported, ("routes", "routes"), URLPatterns(()))
    compiled = execution.route(ROUTE, "page.py", {"__package__": ""}).compiled
    assert sorted(compiled.templates[0].fragments) == ["x", "y"]
    assert sorted(parsed) == [
        "< item= />",
        "<b></b>",
        "<hr>",
        "<i id=y >y</i>",
        "<li></li>",
        '<ul></ul><p id="x" ></p>',
    ]


def test_functions_used_as_components_are_checked() -> None:
    source = (PAGE % "pass").replace('{title}<p"', '{title}"')
    with pytest.raises(TemplateError) as caught:
        checked(source)
    assert caught.value.place == Place("page.py", 10, 22, 8)


def test_other_t_strings_are_not_checked() -> None:
    source = (PAGE % "pass").replace('{title}<p"', '{title}"').replace("<li {item.x}>", "<li>")
    checked(source)


def test_renamed_markers() -> None:
    source = 't"<p {mark}=a></p>"'
    with pytest.raises(TemplateError):
        checked(source)
    checked(source, marker="mark")


FIRST_WORDS = [
    (t"{b'x'}", "t\"{b'x'}\""),
    (t"  <p>\n  {b'x'}\n", "t\"<p> {b'x'}\""),
    (t"<p>{1}{2}{b'x'} and so on, and on, and on, and on", "t\"<p>{1}{2}{b'x'} and so on, and on, and o…\""),
    (t"{'a' * 30}{'b' * 30}{'c' * 30}{'d' * 30}{b'x'}", "t\"{'a' * 30}{'b' * 30}{'c' * 30}{'d' * 30}…\""),
]


def test_first_words() -> None:
    def check(template: Template, words: str) -> None:
        with pytest.raises(TemplateError) as caught:
            render_template(template)
        assert caught.value.what == f"b'x' (bytes) is not text, in {words}"

    check_each(FIRST_WORDS, check)


def test_html_adds_the_file_and_line_of_its_caller() -> None:
    with pytest.raises(TemplateError) as caught:
        html(t"<p>{b'x'}</p>")
    assert caught.value.place is not None
    assert caught.value.place.file == __file__
    assert 'html(t"<p>{b' in caught.value.place.excerpt()
    with pytest.raises(TemplateError) as caught:
        html(b"x")
    assert caught.value.what == "b'x' (bytes) is not text"
    assert caught.value.place is not None


def test_render_text_has_no_place() -> None:
    with pytest.raises(TemplateError) as caught:
        render_text([b"x"])
    assert str(caught.value) == "b'x' (bytes) is not text\n  Decode it: {value.decode()}."
