"""Random templates with hostile values: a value may change only text.

Templates are put together at random from elements, attributes of every context, scripts, style sheets and comments.
What can't be decided may be refused. What is rendered must have one structure, whatever the value.
"""

import re
from string.templatelib import Interpolation, Template

from hypothesis import event, example, given
from hypothesis import strategies as st

from hyperpy.exceptions import TemplateError
from hyperpy.templates import render_template
from hyperpy.templates.escaping.url_values import SCHEMES
from hyperpy.templates.syntax.contexts import context_of
from hyperpy.templates.syntax.holes import Context
from tests.templates import oracle

type Pieces = list[str | None]
"""Static text, and None for each hole."""

HARMLESS = "red"
PAYLOADS = [
    '"><script>pwned=1</script>',
    "' onload=1 x='",
    "</script><img src onerror=1>",
    "</style></title></textarea><b>",
    "--><b>",
    "*/pwned=1/*",
    "\n-->pwned=1",
    "javascript:pwned=1",
    ":pwned=1",
    "script:pwned=1",
    '";pwned=1//',
    "';pwned=1//",
    "`;pwned=1//",
    "${pwned=1}",
    "\\",
    "quot;",
    "apos;);pwned=1//",
    "#39;",
    "colon;pwned",
    "/script>",
    "!--",
    "--",
    "/",
    "//evil",
    "red;background:url(//evil)",
    "}body{",
    "url",
    "u",
    "",
    " ",
    "\0",
    "\u2028",
    "<",
]
TAGS = ["p", "div", "a", "img", "span", "li", "svg", "button", "input", "table", "select", "iframe", "meta", "noscript"]

WORDS = {
    Context.PLAIN: ["a", " ", "&", "&am", "&lt", "<", "=", "é", "/"],
    Context.CLASS: ["a", " ", "&"],
    Context.URL: ["/", "//h/", "x", "?", "?a=", "&b=", "#", "https://h/", "java", "script:", ":", "&colon;", "&#58",
                  "&", "data:image/png,", "\t", " ", "javascript"],
    Context.URL_SET: ["/a", " ", ", ", ",", " 1x", "2w", "?", "javascript:"],
    Context.STYLE: ["color: ", ";", "top:", "url(", ")", "'", '"', "/*", "*/", "a", "@", "--x:", "\\", "(", "&#34",
                    "/"],
    Context.SCRIPT: ["f(", ")", "'", '"', "`", "//", "/*", "*/", "\n", "x=", " ", "+", "/", "[", "]", "${", "}", "{",
                     "return ", "\\", "<", "</", "<!--", "-->", "a", "1", ";", "if (", ".", "&quot;", "&#39", "&",
                     "f('", "')", 'f("', '")', "f(", ", ", "x = ", "; y = "],
    Context.SRCDOC: ["<p>"],
}  # fmt: skip
WORDS[Context.HTMX_JSON] = ['{"a": ', '"', "}", ", ", "js:", "javascript:", "[", "]", " "]
NAMES = [
    "title", "id", "alt", "data-x", "aria-label", "class", "href", "src", "srcset", "action", "formaction", "poster",
    "ping", "hx-get", "xlink:href", "style", "onclick", "@click", "x-data", ":class", "hx-on:click", "data-on-click",
    "data-text", "hx-vals", "srcdoc", "content", "values",
]  # fmt: skip
# Realistic code, with ⟦⟧ for the holes.
IDIOMS = {
    Context.PLAIN: ["⟦⟧", "a ⟦⟧", "&⟦⟧;"],
    Context.CLASS: ["⟦⟧", "a ⟦⟧"],
    Context.URL: ["⟦⟧", "/⟦⟧", "/x/⟦⟧?a=⟦⟧&b=⟦⟧#⟦⟧", "⟦⟧⟦⟧", "java⟦⟧", "⟦⟧:x", "javascript&⟦⟧;x", "https://h/⟦⟧"],
    Context.URL_SET: ["⟦⟧ 1x, ⟦⟧ 2x", "⟦⟧", "/a ⟦⟧x"],
    Context.STYLE: ["color: ⟦⟧", "⟦⟧", "color: ⟦⟧; top: ⟦⟧px", "⟦⟧: red", "/*⟦⟧*/"],
    Context.SCRIPT: ["f('⟦⟧')", 'f("⟦⟧")', "x = ⟦⟧;", "f(⟦⟧, '⟦⟧')", "/* ⟦⟧ */", "// ⟦⟧\n", "x = '<b>⟦⟧</b>';", "'<⟦⟧'",
                     "'<⟦⟧--'", "'\\⟦⟧'", "f('&⟦⟧')", "f(&quot;⟦⟧&quot;)", "[⟦⟧]", "x = {a: ⟦⟧};", "a / ⟦⟧ / '⟦⟧'"],
    Context.SRCDOC: ["⟦⟧"],
    Context.HTMX_JSON: ['{"a": "⟦⟧", "b": ⟦⟧}', "⟦⟧", "js:{a: ⟦⟧}"],
}  # fmt: skip
for _same, _contexts in {
    Context.PLAIN: (Context.REFUSED, Context.ARIA),
    Context.URL: (Context.IMAGE_URL, Context.URL_LIST, Context.URL_STEPS, Context.REFRESH),
}.items():
    for _context in _contexts:
        WORDS[_context], IDIOMS[_context] = WORDS[_same], IDIOMS[_same]
SCRIPTS = ["<script>", "<script type=module>", "<script type='application/json'>", "<script type=text/template>"]


def code(words: list[str], idioms: list[str]) -> st.SearchStrategy[Pieces]:
    """Realistic or random code."""
    written = st.lists(st.sampled_from(idioms), min_size=1, max_size=2)
    wild = st.lists(st.sampled_from([*words, "⟦⟧", "⟦⟧"]), max_size=8)
    return (written | wild).map("".join).map(cut)


def cut(text: str) -> Pieces:
    return [piece if piece != "⟦⟧" else None for piece in re.split("(⟦⟧)", text) if piece]


@st.composite
def attribute(draw: st.DrawFn, tag: str) -> Pieces:
    name = draw(st.sampled_from(NAMES))
    context = context_of(tag, name)
    value = draw(code(WORDS[context], IDIOMS[context]))
    quote = draw(st.sampled_from(['"', "'", ""]))
    if not quote:
        value = [piece and "".join(piece.split()).replace(">", "") for piece in value] or ["x"]
    else:
        value = [piece and piece.replace(quote, f"&#{ord(quote)};") for piece in value]
    return [f" {name}={quote}", *value, quote]


@st.composite
def element(draw: st.DrawFn, children: st.SearchStrategy[Pieces]) -> Pieces:
    tag = draw(st.sampled_from(TAGS))
    pieces: Pieces = [f"<{tag}"]
    for part in draw(st.lists(attribute(tag), min_size=1, max_size=3)):
        pieces += part
    inside = [] if tag in ("img", "input", "meta", "iframe") else draw(children)
    end = "" if tag in ("img", "input", "meta") else f"</{tag}>"
    return [*pieces, ">", *inside, end]


def wrapped(start: st.SearchStrategy[str], inside: st.SearchStrategy[Pieces], end: str) -> st.SearchStrategy[Pieces]:
    return st.builds(lambda begin, middle: [begin, *middle, end], start, inside)


SCRIPT_WORDS, SCRIPT_IDIOMS = WORDS[Context.SCRIPT], IDIOMS[Context.SCRIPT]
STYLE_WORDS, STYLE_IDIOMS = WORDS[Context.STYLE], IDIOMS[Context.STYLE]
RULES = [f"p {{ {idiom} }}" for idiom in STYLE_IDIOMS] + ["#⟦⟧ {} ", "</⟦⟧ ", "@⟦⟧ x"]
# Blank text can change where the parser puts the next node, so no text is blank.
TEXT = wrapped(st.just("a"), code(["a", " ", "&", "&lt", "<", "é", "]]>"], ["⟦⟧", "a ⟦⟧", "&⟦⟧;", "<⟦⟧"]), "")
LEAVES = st.one_of(
    TEXT,
    wrapped(st.sampled_from(SCRIPTS), code(SCRIPT_WORDS, SCRIPT_IDIOMS), "</script>"),
    wrapped(st.just("<style>"), code([*STYLE_WORDS, "p {", "}", "<", "</sty", "color:"], RULES), "</style>"),
    wrapped(st.sampled_from(["<title>", "<svg><title>"]), TEXT, "</title>"),
    wrapped(st.just("<textarea>"), TEXT, "</textarea>"),
    wrapped(st.just("<!--"), code(["a", "-", "--", "!", ">", "<"], ["⟦⟧", "-⟦⟧-"]), "-->"),
)


def joined(parts: list[Pieces]) -> Pieces:
    return [piece for part in parts for piece in part]


NODES = st.recursive(LEAVES, lambda inner: st.lists(inner | element(inner), max_size=4).map(joined), max_leaves=4)


def template(pieces: Pieces, values: list[str]) -> Template:
    """A template whose holes cycle through the values."""
    arguments: list[str | Interpolation] = ["<!doctype html><body>a"]
    for piece in pieces:
        number = sum(isinstance(argument, Interpolation) for argument in arguments)
        arguments.append(Interpolation(values[number % len(values)], "value") if piece is None else piece)
    return Template(*arguments)


NASTY = "<>\"'&=/!-; \t\n\r\0`:#javscript{}()x\\*$%,u2"
PAGES = st.one_of(LEAVES, element(LEAVES), NODES).filter(lambda pieces: None in pieces)
VALUES = st.lists(
    st.sampled_from(PAYLOADS)
    | st.text(
        st.sampled_from("<>\"'&=/!-; \t\n\r\0`:#javscript{}()x\\*$%,u2") | st.characters(codec="utf-8"), max_size=9
    ),
    min_size=1,
    max_size=3,
)


@example(pieces=["<style>", "url(", None, "<", "</style>"], values=["</style><script>"])
@given(pieces=PAGES, values=VALUES)
def test_the_structure_is_that_of_the_template(pieces: Pieces, values: list[str]) -> None:
    try:
        calm = render_template(template(pieces, [HARMLESS]))
    except TemplateError:
        event("refused")
        return
    event(f"rendered with {min(pieces.count(None), 5)} values")
    sent = render_template(template(pieces, values))
    assert without_styles(oracle.structure(sent)) == without_styles(oracle.structure(calm))
    assert_same(calm, sent)
    for payload in PAYLOADS:
        assert_same(calm, render_template(template(pieces, [payload])))


def assert_same(calm: str, sent: str) -> None:
    assert without_styles(oracle.second_structure(sent)) == without_styles(oracle.second_structure(calm))
    for tag, shape in (("script", oracle.shape_of_script), ("style", oracle.shape_of_style)):
        for before, after in zip(oracle.contents(calm, tag), oracle.contents(sent, tag), strict=True):
            if oracle.can_read(before):
                assert shape(after) == shape(before)
    calm_attributes = [item for item in oracle.attributes(calm) if item[1] != "style"]
    sent_attributes = [item for item in oracle.attributes(sent) if item[1] != "style"]
    for before, after in zip(calm_attributes, sent_attributes, strict=True):
        assert before[:2] == after[:2]
        assert_attribute(before, after)


def assert_attribute(calm: tuple[str, str, str], sent: tuple[str, str, str]) -> None:
    tag, name, before = calm
    after = sent[2]
    match context_of(tag, name):
        case Context.SCRIPT if oracle.can_read(before):
            assert oracle.shape_of_script(after) == oracle.shape_of_script(before)
        case Context.URL:
            scheme = oracle.leads_to(after)[0]
            assert scheme in SCHEMES | {""} or scheme == oracle.leads_to(before)[0]


def without_styles(structure: oracle.Structure) -> oracle.Structure:
    """The structure without style attributes, which are dropped if all of their value is unsafe."""
    tag, attributes, children = structure
    return tag, tuple(name for name in attributes if name != "style"), tuple(map(without_styles, children))
