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
    "<svg>{t'<foreignObject></foreignObject><style>a {{ b: {1} }} /* <b> */</style>'}</svg>",
]
ALLOWED = [
    "<svg>{t'<script>if (i < a && go({1})) 1</script>'}{t'<title>{1}</title><b>2</b>'}</svg>",
    f"<svg><foreignObject>{{t'{SCRIPT}'}}</foreignObject></svg>",
    f"<svg><title>{{1}}</title><desc>{{t'{SCRIPT}'}}</desc></svg>",
    f"<svg>{{t'<foreignObject>{SCRIPT}</foreignObject>'}}</svg>",
    f"<svg></svg>{{t'{SCRIPT}'}}",
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
