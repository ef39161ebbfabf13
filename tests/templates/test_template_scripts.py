"""Values in JavaScript, JSON and `srcdoc` documents."""

import dataclasses
import datetime
import json
import re
from itertools import product

import pytest
from pydantic import BaseModel

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup, TrustedJS
from tests.templates.tables import Render, check_each

HOSTILE = "</script>'\"`\\\n\u2028&<!--${1}"
VALUE = r'"\u003c/script\u003e' + r"'\"`\\\n\u2028\u0026\u003c!--${1}" + '"'
STRING = r"\u003c\u002fscript\u003e\u0027\u0022\u0060\u005c\u000a\u2028\u0026\u003c!--\u0024{1}"

# In attributes, where a browser library may read the code before JavaScript does.
QUOTED = (
    r"\u003c\u002fscript\u003e\u0027\u0022\u0060\u005c\u000a\u2028\u0026\u003c\u0021\u002d\u002d\u0024\u007b1\u007d"
)

# (code with a ⟦⟧ for the hole, the rendered code around the value, the value). Spaces separate adjacent tokens.
CODE = [
    ("⟦⟧", "⟦⟧", VALUE),
    ("var a = ⟦⟧", "var a = ⟦⟧", VALUE),
    ("var a =⟦⟧;", "var a =⟦⟧;", VALUE),
    ("f(⟦⟧, 1)", "f(⟦⟧, 1)", VALUE),
    ("[⟦⟧]", "[⟦⟧]", VALUE),
    ("{a:⟦⟧}", "{a:⟦⟧}", VALUE),
    ("{a: {b: ⟦⟧ }}", "{a: {b: ⟦⟧ }}", VALUE),
    ("return⟦⟧", "return ⟦⟧", VALUE),
    ("-⟦⟧", "- ⟦⟧", VALUE),
    ("!⟦⟧||1", "! ⟦⟧ ||1", VALUE),
    ("⟦⟧.length", "⟦⟧ .length", VALUE),
    ("f(...⟦⟧)", "f(... ⟦⟧)", VALUE),
    ("a/⟦⟧", "a/ ⟦⟧", VALUE),
    ("'⟦⟧'", "'⟦⟧'", STRING),
    ('"⟦⟧"', '"⟦⟧"', STRING),
    ("f('a ⟦⟧ b', \"c\")", "f('a ⟦⟧ b', \"c\")", STRING),
    (r"'\\⟦⟧'", r"'\\⟦⟧'", STRING),
    (r"'\'⟦⟧'", r"'\'⟦⟧'", STRING),
    ('"\'" + ⟦⟧', '"\'" + ⟦⟧', VALUE),
    ("'a\\\n⟦⟧'", "'a\\\n⟦⟧'", STRING),
    # comments
    ("1 // it's\n+ ⟦⟧", "1 // it's\n+ ⟦⟧", VALUE),
    ("/* it's */ ⟦⟧", "/* it's */ ⟦⟧", VALUE),
    ("/* // */ '⟦⟧'", "/* // */ '⟦⟧'", STRING),
    ("// /*\n'⟦⟧'", "// /*\n'⟦⟧'", STRING),
    ("1 // ⟦⟧'\n", "1 // ⟦⟧'\n", " "),
    ("/* ⟦⟧ */", "/* ⟦⟧ */", " "),
    ("/*⟦⟧/ ' */", "/*⟦⟧/ ' */", " "),
    # regular expressions, and divisions
    ("x = /'/; ⟦⟧", "x = /'/; ⟦⟧", VALUE),
    ("x = /[/']/g.test(⟦⟧)", "x = /[/']/g.test(⟦⟧)", VALUE),
    (r"x = /\/'/.test(⟦⟧)", r"x = /\/'/.test(⟦⟧)", VALUE),
    ("f(/'/, ⟦⟧)", "f(/'/, ⟦⟧)", VALUE),
    ("return /'/.test(⟦⟧)", "return /'/.test(⟦⟧)", VALUE),
    ("if (a) /'/.test(⟦⟧)", "if (a) /'/.test(⟦⟧)", VALUE),
    ("if (f(a)) /'/.test(⟦⟧)", "if (f(a)) /'/.test(⟦⟧)", VALUE),
    ("x.if(a) / 2 / '⟦⟧'", "x.if(a) / 2 / '⟦⟧'", STRING),
    ("(a + b) / '⟦⟧' / 2", "(a + b) / '⟦⟧' / 2", STRING),
    ("a[0] / ⟦⟧ / 2", "a[0] / ⟦⟧ / 2", VALUE),
    ("4 / ⟦⟧ / '2'", "4 / ⟦⟧ / '2'", VALUE),
    ("1.5e3 / '⟦⟧'", "1.5e3 / '⟦⟧'", STRING),
    ("a / b / '⟦⟧'", "a / b / '⟦⟧'", STRING),
    ("a /= '⟦⟧'", "a /= '⟦⟧'", STRING),
    ("x.return / '⟦⟧' / 1", "x.return / '⟦⟧' / 1", STRING),
    ("'a' / '⟦⟧'", "'a' / '⟦⟧'", STRING),
    ("/a/ / '⟦⟧'", "/a/ / '⟦⟧'", STRING),
    ("`a` / '⟦⟧'", "`a` / '⟦⟧'", STRING),
    ("/a/i + '⟦⟧'", "/a/i + '⟦⟧'", STRING),
    ("n --> ⟦⟧", "n --> ⟦⟧", VALUE),
    # template literals
    ("`'` + ⟦⟧", "`'` + ⟦⟧", VALUE),
    (r"`\`'` + ⟦⟧", r"`\`'` + ⟦⟧", VALUE),
    ("`$'${f('⟦⟧')}'`", "`$'${f('⟦⟧')}'`", STRING),
    ("`${⟦⟧}`", "`${⟦⟧}`", VALUE),
    ("`${{a: 1}.a}'` + ⟦⟧", "`${{a: 1}.a}'` + ⟦⟧", VALUE),
    ("`${`${1}'`}'` + ⟦⟧", "`${`${1}'`}'` + ⟦⟧", VALUE),
]  # fmt: skip


def escaped(source: str, hole: str) -> str:
    """The source of a t-string of this text, with a hole in place of its mark."""
    braces = source.replace("\\", r"\\").replace("{", "{{").replace("}", "}}")
    return braces.replace("⟦⟧", hole)


def test_in_script_elements(render: Render) -> None:
    def check(tag: str, case: tuple[str, str, str]) -> None:
        code, around, sent = case
        rendered = render(escaped(f"{tag}{code}</script>", "{HOSTILE}"))
        assert rendered.partition(">")[2] == f"{around.replace('⟦⟧', sent)}</script>"

    tags = ["<script>", "<script type=module nonce=x>", '<SCRIPT TYPE=" text/JavaScript; charset=utf-8 ">']
    check_each(product(tags, CODE), check)


def test_in_handlers(render: Render) -> None:
    """The same code, decoded from the attribute."""

    def check(name: str, case: tuple[str, str, str]) -> None:
        code, around, sent = case
        rendered = render(escaped(f'<p {name}="{Markup.escape(code)}" id=x>', "{HOSTILE}"))
        written = re.fullmatch(rf'<p {name}="([^"<>]*)" id="x">', rendered)
        assert written
        in_attribute = {VALUE: f'"{QUOTED}"', STRING: QUOTED}.get(sent, sent)
        assert Markup(written[1]).unescape() == around.replace("⟦⟧", in_attribute)

    names = ["onclick", "hx-on::load", "@click", "x-data", "data-on-click", "v-if", ":class", "x-foo", "hx-foo"]
    check_each(product(names, CODE), check)


def test_json_islands(render: Render) -> None:
    data = {"</script>": [1, None, HOSTILE, float("nan"), {"on": True}], "<!--": "\ud7ff"}

    def check(kind: str) -> None:
        island = render(f"<script type={kind}>{{data}}</script>", data=data)
        island = island.partition(">")[2].removesuffix("</script>")
        assert not re.search("[<>&]", island)
        assert json.loads(island) == {"</script>": [1, None, HOSTILE, None, {"on": True}], "<!--": "\ud7ff"}
        island = render(f'<script type={kind}>{{{{"a": "x {{HOSTILE}}", "b": {{7}}}}}}</script>')
        assert json.loads(island.partition(">")[2].removesuffix("</script>")) == {"a": f"x {HOSTILE}", "b": 7}

    check_each(["application/json", "application/ld+json", "importmap", "speculationrules", "text/JSON"], check)


@dataclasses.dataclass
class Point:
    x: int
    name: str


class Shown:
    def __html__(self) -> str:
        return "<b>"


VALUES = [
    (None, "null", ""),
    (True, "true", ""),
    (7, "7", "7"),
    (-1.5, "-1.5", "-1.5"),
    (float("inf"), "null", "inf"),
    (2**70, str(2**70), str(2**70)),
    (datetime.date(2026, 5, 1), '"2026-05-01"', "2026-05-01"),
    (Markup("<b>"), r'"\u003cb\u003e"', r"\u003cb\u003e"),
    (Shown(), r'"\u003cb\u003e"', r"\u003cb\u003e"),
    (t"<b>{'<'}", r'"\u003cb\u003e\u0026lt;"', r"\u003cb\u003e\u0026lt;"),
    ("\ud800<", r'"\ud800\u003c"', r"\ud800\u003c"),
    ("é", '"é"', "é"),
    (TrustedJS("a < b"), "a < b", r"a \u003c b"),
]


def test_values(render: Render) -> None:
    def check(value: object, as_value: str, in_string: str) -> None:
        assert (
            render("<script>x={value};'{value}'</script>", value=value)
            == f"<script>x={as_value};'{in_string}'</script>"
        )
        written = render("<p onclick='[{value},&quot;{value}&quot;]'>", value=value)
        code = Markup(written.removeprefix('<p onclick="').removesuffix('">')).unescape()
        if isinstance(value, TrustedJS):
            assert code.startswith(f"[{as_value},")
        else:
            assert json.loads(code) == json.loads(f'[{as_value},"{in_string}"]')

    check_each(VALUES, check)


def test_compound_values(render: Render) -> None:
    value = [Point(1, "<"), {"a": (1, 2)}, {3}]
    assert render("<script>{value}</script>", value=value) == (
        r'<script>[{"x":1,"name":"\u003c"},{"a":[1,2]},[3]]</script>'
    )


class Named(BaseModel):
    name: str


HALF = "a\ud800"
HALVES = [
    ([HALF, 1, float("nan"), (HALF,)], r'["a\ud800",1,null,["a\ud800"]]'),
    ({HALF: {"b": HALF}, 1: {HALF}}, r'{"a\ud800":{"b":"a\ud800"},"1":["a\ud800"]}'),
    ([Named.model_construct(name=HALF), Point(1, HALF)], r'[{"name":"a\ud800"},{"x":1,"name":"a\ud800"}]'),
]


def test_lone_surrogates_inside_values(render: Render) -> None:
    def check(value: object, expected: str) -> None:
        assert render("<script>{value}</script>", value=value) == f"<script>{expected}</script>"
        assert render("<script type=application/json>{value}</script>", value=value).endswith(f">{expected}</script>")
        for name in ("onclick", "x-data", "hx-vals", ":title"):
            written = render(f"<p {name}={{value}}>", value=value)
            code = Markup(written.removeprefix(f'<p {name}="').removesuffix('">')).unescape()
            assert json.loads(code) == json.loads(expected)

    check_each(HALVES, check)
    with pytest.raises(TemplateError, match="can't be converted to JSON"):
        render("<script>{value}</script>", value=[HALF, object()])


ELSEWHERE = [
    ("""<p onclick={TrustedJS("go('<')")}>""", '<p onclick="go(&#39;&lt;&#39;)">'),
    ("<p onclick={'alert(1)'}>", r'<p onclick="&#34;alert\u00281\u0029&#34;">'),
    (
        "<p onclick={None} x-show={False} x-data={ {'open': True} }>",
        '<p x-show="false" x-data="{&#34;open&#34;:true}">',
    ),
    ("<p hx-vals={Point(1, 'a')} hx-headers={None}>", '<p hx-vals="{&#34;x&#34;:1,&#34;name&#34;:&#34;a&#34;}">'),
    (
        r"""<p hx-vals='{{\"a\": \"{'"'}\", \"b\": {[1]}}}'>""",
        '<p hx-vals="{&#34;a&#34;: &#34;\\u0022&#34;, &#34;b&#34;: [1]}">',
    ),
    (
        r"""<p data-signals='{{a: {1}}}' data-text=\"'{'"'}'\">""",
        '<p data-signals="{a: 1}" data-text="&#39;\\u0022&#39;">',
    ),
    # a character reference can't begin in the template and end in a value
    (r"""<p onclick='f(\"&{'quot;);g('}\")'>""", r'<p onclick="f(&#34;&amp;quot\u003b\u0029\u003bg\u0028&#34;)">'),
    ("<p onclick='a &amp;&amp; f(&#39;{1}&#39;)'>", '<p onclick="a &amp;&amp; f(&#39;1&#39;)">'),
    ("<p onclick='f({1!r})'>", '<p onclick="f(&#34;1&#34;)">'),
    ("<script>a & &copy; {1}</script>", "<script>a & &copy; 1</script>"),
    ("<svg><script>f({'<'})</script></svg>", r'<svg><script>f("\u003c")</script></svg>'),
    ("<svg/><script>1 < {2}</script>", "<svg/><script>1 < 2</script>"),
    ("<svg></svg><script>1 < {2}</script>", "<svg></svg><script>1 < 2</script>"),
    (
        "<svg><foreignObject><script>1 < {2}</script></foreignObject></svg>",
        "<svg><foreignObject><script>1 < 2</script></foreignObject></svg>",
    ),
    # documents
    ("<iframe srcdoc={'<b>&'}></iframe>", '<iframe srcdoc="&amp;lt;b&amp;gt;&amp;amp;"></iframe>'),
    ("""<iframe srcdoc={t'<b>{"<"}</b>'}></iframe>""", '<iframe srcdoc="&lt;b&gt;&amp;lt;&lt;/b&gt;"></iframe>'),
    (
        """<iframe srcdoc={Markup('<b id="x">&amp;')}></iframe>""",
        '<iframe srcdoc="&lt;b id=&#34;x&#34;&gt;&amp;amp;"></iframe>',
    ),
    ("<iframe srcdoc={None}></iframe>", "<iframe></iframe>"),
    ("<iframe srcdoc={True}></iframe>", "<iframe srcdoc></iframe>"),
    # comments
    ("<!-- {'-->'} --><p>", "<!--   --><p>"),
    ("<!---{1}-><b>{2}--><p>", "<!--- -><b> --><p>"),
]


def test_whole_attributes_documents_and_comments(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert render(source) == expected

    check_each(ELSEWHERE, check)


REFUSED = [
    ("<script>{object()}</script>", "an object can't be converted to JSON: "),
    ("<button onClick={len}>", "a Python function can't run in the browser"),
    ("<button @click={''.join}>", "a Python function can't run in the browser"),
    ("<script>go({[lambda: 1]})</script>", "a Python function can't run in the browser"),
    ("<p x-data='{{ go: {print} }}'>", "a Python function can't run in the browser"),
    ("<script>{b'a'}</script>", "b'a' (bytes) is not text"),
    ("<p onclick='f({[object()]})'>", "a list can't be converted to JSON: "),
    (
        """<script>{TrustedJS('"</SCRIPT>"')}</script>""",
        "TrustedJS with `<script`, `</script` or `<!--` would",
    ),
    ("<p { {'x-data': {}}:**}>", "`x-data` runs as JavaScript, so a mapping can't set it"),
    ("<p { {'data-show': 1}:**}>", "`data-show` runs as JavaScript, so a mapping can't set it"),
    ("<iframe { {'srcdoc': 1}:**}></iframe>", "`srcdoc` is a whole document, so a mapping can't set it"),
]


def test_refused_values(render: Render) -> None:
    def check(source: str, what: str) -> None:
        with pytest.raises(TemplateError) as caught:
            render(source)
        assert caught.value.what.startswith(what)

    check_each(REFUSED, check)
