"""T-strings nested in SVG and MathML, where scripts and style sheets are ordinary elements; and newlines in `<pre>`."""

from string.templatelib import Template

import html5lib
import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.templates import Markup
from tests.templates.tables import Render, check_each

SCRIPT = "<script>if (i<a && go({1})) 1</script>"


def icon(children: Markup) -> Template:
    return t"<svg>{children}</svg>"


def plot() -> Template:
    return t"<style>p::after {{ content: '<b>'; top: {1} }}</style>"


REFUSED = [
    f"<svg>{{t'{SCRIPT}'}}</svg>",
    f"<math><mrow>{{t'<b>{{t'{SCRIPT}'}}</b>'}}</mrow></math>",
    f"<svg>{{[t'{SCRIPT}' for _ in 'ab']}}</svg>",
    f"<svg>{{t'{SCRIPT}' if True else t'x'}}</svg>",
    f"<svg>{{Markup('{SCRIPT}')}}</svg>",
    f"<svg>{{'{SCRIPT}':safe}}</svg>",
    f"<{{icon}}>{SCRIPT}</{{icon}}>",
    "<svg><{plot} /></svg>",
    "<svg><{plot}/></svg>",
    "<svg>{t'<textarea><b></textarea>'}</svg>",
    f"<svg><mi>{{t'{SCRIPT}'}}</mi></svg>",
    f"<math><desc>{{t'{SCRIPT}'}}</desc></math>",
    f"<math><annotation-xml>{{t'{SCRIPT}'}}</annotation-xml></math>",
    f"<math><annotation-xml encoding={{'text/html'}}>{{t'{SCRIPT}'}}</annotation-xml></math>",
    f"<svg>{{t'<mi>{SCRIPT}</mi>'}}</svg>",
    f"<math>{{t'<desc>{SCRIPT}</desc>'}}</math>",
    f"<math>{{t'<annotation-xml>{SCRIPT}</annotation-xml>'}}</math>",
    "<svg>{t'<foreignObject></foreignObject><style>a {{ b: {1} }} /* <b> */</style>'}</svg>",
]
ALLOWED = [
    "<svg>{t'<script>if (i < a && go({1})) 1</script>'}{t'<title>{1}</title><b>2</b>'}</svg>",
    f"<svg><foreignObject>{{t'{SCRIPT}'}}</foreignObject></svg>",
    f"<svg><title>{{1}}</title><desc>{{t'{SCRIPT}'}}</desc></svg>",
    f"<svg>{{t'<foreignObject>{SCRIPT}</foreignObject>'}}</svg>",
    f"<svg></svg>{{t'{SCRIPT}'}}",
    f"<math><mi>{{t'{SCRIPT}'}}</mi></math>",
    f"<math><annotation-xml encoding=Text/HTML>{{t'{SCRIPT}'}}</annotation-xml></math>",
    f"<math>{{t'<mi>{SCRIPT}</mi>'}}</math>",
    f"<math>{{t'<annotation-xml encoding=\"text/html\">{SCRIPT}</annotation-xml>'}}</math>",
    f"<{{icon}}><foreignObject>{SCRIPT}</foreignObject></{{icon}}>",
]


def test_scripts_inside_svg(render: Render) -> None:
    def refused(source: str) -> None:
        with pytest.raises(TemplateError, match=r"`<` starts a tag in `<(script|style|textarea)>` here"):
            render(source)

    check_each(REFUSED, refused)
    check_each(ALLOWED, render)


def test_the_newline_after_a_start_tag_is_kept(render: Render) -> None:
    def check(source: str) -> None:
        """html5lib drops a newline there, as browsers do."""
        text = "".join(html5lib.parseFragment(render(source), namespaceHTMLElements=False).itertext())
        assert text == "\nx"

    plain = ["{'\\nx'}", "{''}{'\\nx'}", "{None}\nx", "{t'\\nx'}", "{['\\nx']}", "<{html} value={'\\nx'} />"]
    nested = ["{''}<{html} value={'\\nx'} />", "<b>{'\\nx'}</b>"]
    sources = [f"<pre>{text}</pre>" for text in plain + nested] + [f"<textarea>{text}</textarea>" for text in plain[:3]]
    check_each([*sources, "<PRE id=a>{'\\nx'}</PRE>", "<listing>{'\\nx'}</listing>"], check)
    assert render("<pre>{'x'}</pre><pre>x{'\\n'}</pre>") == "<pre>x</pre><pre>x\n</pre>"


def test_static_scripts_inside_foreign_elements(render: Render) -> None:
    def check(element: str, inner: str, is_html: bool) -> None:
        source = f"<{element}><{inner}>{SCRIPT}</{inner.partition(' ')[0]}></{element}>"
        if is_html:
            render(source)
        else:
            with pytest.raises(TemplateError, match="`<` starts a tag here"):
                render(source)
        # A browser agrees: only in HTML is the script a single element without children.
        parsed = html5lib.parseFragment(f"<{element}><{inner}><script>a<x></script>", namespaceHTMLElements=False)
        (script,) = (each for each in parsed.iter() if str(each.tag).endswith("script"))
        assert (len(script) == 0) is is_html

    switching = {"svg": "foreignObject desc", "math": "mi mo mn ms mtext"}
    elements = [name for names in switching.values() for name in names.split()] + ["g", "mrow"]
    check_each([(kind, name, name in switching[kind].split()) for kind in switching for name in elements], check)
    encodings = {
        "": False,
        " encoding=text/html": True,
        " encoding='application/XHTML+xml'": True,
        " encoding=x": False,
    }
    check_each([("math", f"annotation-xml{text}", is_html) for text, is_html in encodings.items()], check)
