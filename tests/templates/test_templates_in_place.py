"""t-strings compiled in place, as in a route file: unlike a Template, they know the place of an error."""

import ast
from pathlib import Path

import pytest

from hyperpy.exceptions import TemplateError
from hyperpy.pages.loading.html_calls import TemplateCalls
from hyperpy.templates import Markup, SourceText
from hyperpy.templates.at_load.literals import Literals
from tests.templates.tables import check_each, functions_of

# (a hole, the source at the place of the error, the message)
ERRORS = [
    ("{card.__name__}{card.__name__!r}{card.__name__:>9}{b}", "b", "is not text"),
    ("{b'x'}", "b'x'", """b'x' (bytes) is not text, in t"<p> {b'x'}</p>\""""),
    ("{[t'<i class={b}>{n}</i>' for n in 'ab']}", "b", 'is not text, in t"<i class={b}>{n}</i>"'),
    ("{(t'<i>{n}</i>' for n in [b])}", "n", 'is not text, in t"<i>{n}</i>"'),
    ("{t'<i>{b}</i>' if b else None}", "b", 'is not text, in t"<i>{b}</i>"'),
    ("{t'<i>{b}</i>' if not b else t'<u>{b!s}{b}</u>'}", "b", 'is not text, in t"<u>{b}{b}</u>"'),
    ("{t'<i>{b}</i>'}", "b", 'is not text, in t"<i>{b}</i>"'),
    ("<{card} />", "card", "`card` needs content"),
    ("<{card} size={1}>x</{card}>", "card", "`card` has no parameter `size`"),
    ("x" * 200 + "{b}", "b", "is not text"),
    ("v9 {card.__name__} \\n {{\\n {b} v1 }} \\f", "b", "is not text"),
    ("<i class={card.__name__} {b:**}></i>", "b", "spreads a mapping"),
    ("{b:.2}", "b", "unsupported format string"),
]


def test_errors_point_at_the_hole(tmp_path: Path) -> None:
    def card(children: Markup) -> Markup:
        return children

    def check(hole: str, marked: str, message: str) -> None:
        source = f"x = 1\nt'''<p>\n {hole}</p>'''\n"
        (tmp_path / "page.py").write_text(source)  # an error shows the line
        with pytest.raises((TemplateError, TypeError)) as caught:
            evaluate(str(tmp_path / "page.py"), source, {"b": b"x", "card": card})
        if isinstance(caught.value, TemplateError):
            place = caught.value.place
            assert place is not None
            assert place.line == 3
            assert source.splitlines()[2][place.column : place.column + place.width] == marked
        else:
            assert caught.traceback[-1].lineno == 2  # counted from 0
        assert message in str(caught.value)

    check_each(ERRORS, check)


def evaluate(file: str, source: str, names: dict[str, object]) -> object:
    """The t-string that is the second statement of the file, rendered in place."""
    statement = ast.parse(source).body[1]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.TemplateStr)
    text = SourceText(file, source)
    calls = TemplateCalls(Literals(text, frozenset()))
    code = compile(ast.Expression(calls.call(statement.value)), file, "eval")
    return eval(code, {**names, **functions_of(calls, text)})
