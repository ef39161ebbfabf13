"""The tests of templates once more, with every t-string that they render rendered in place, as in a route file."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hyperpy import templates
from hyperpy.exceptions import Place, TemplateError
from hyperpy.pages.loading.runtime import stripped
from hyperpy.templates import RENDER, Inliner, Markup, SourceText

HERE = Path(__file__).parent
TABLES = ("values", "attributes", "components", "security", "urls", "scripts", "styles")
# What html() says of its caller, and what is about Templates themselves.
ELSEWHERE = {
    "test_the_quickest_escaper_is_used",
}


class Rendered:
    """Stands for the t-string of a table."""

    def __init__(self, call: Callable[[], str]) -> None:
        self.call = call

    def __html__(self) -> str:
        """What is rendered in place knows its file and line: the one difference, tested below."""
        try:
            return self.call()
        except TemplateError as error:
            error.place = None
            raise


def html(value: object) -> Markup:
    try:
        return stripped(value.__html__()) if isinstance(value, Rendered) else templates.html(value)
    except TemplateError as error:
        caller = sys._getframe(1)
        error.place = Place(caller.f_code.co_filename, caller.f_lineno)
        raise


def render_template(value: Any) -> str:
    return value.__html__() if isinstance(value, Rendered) else templates.render_template(value)


class InPlace(ast.NodeTransformer):
    """Replaces `html(t"…")`, `render_template(t"…")` and the t-strings of tables.

    What is no template stays, for the test to see it refused.
    """

    def __init__(self, inliner: Inliner) -> None:
        self.inliner = inliner
        self.count = 0

    def visit_Tuple(self, node: ast.Tuple | ast.List) -> ast.AST:
        self.generic_visit(node)
        node.elts = [self.rendered(item) if isinstance(item, ast.TemplateStr) else item for item in node.elts]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def rendered(self, node: ast.TemplateStr) -> ast.expr:
        try:
            call = self.inliner.call(node)
        except TemplateError:
            return node
        self.count += 1
        nothing = ast.arguments([], [], None, [], [], None, [])
        made = ast.Call(ast.Name(".Rendered", ast.Load()), [ast.Lambda(nothing, call)], [])
        return ast.fix_missing_locations(ast.copy_location(made, node))

    def visit_TemplateStr(self, node: ast.TemplateStr) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name("html" | "render_template" as name), args=[ast.TemplateStr() as template]):
                try:
                    call = self.inliner.call(template)
                except TemplateError:
                    return node
                self.count += 1
                helper = ast.Name(".html" if name == "html" else "str", ast.Load())
                return ast.fix_missing_locations(ast.copy_location(ast.Call(helper, [call], []), node))
        return node


def load(table: str) -> tuple[ModuleType, int]:
    file = HERE / f"test_template_{table}.py"
    source = file.read_text()
    inliner = Inliner(SourceText(str(file), source), frozenset({"fragment"}))
    in_place = InPlace(inliner)
    tree = in_place.visit(ast.parse(source))
    module = ModuleType(f"inlined_{table}")
    known = {".html": stripped, ".Rendered": Rendered, RENDER: templates.render_template, "__file__": str(file)}
    module.__dict__.update(known | inliner.functions)
    exec(compile(tree, str(file), "exec"), module.__dict__)
    module.__dict__.update({"html": html, "render_template": render_template})
    return module, in_place.count


def all_of(table: str) -> Iterator[tuple[str, object]]:
    module, _ = load(table)
    for name, value in vars(module).items():
        if name.lower().startswith("test") and name not in ELSEWHERE:
            yield f"{'Test' if isinstance(value, type) else 'test'}_{table}_{name}", value


for _table in TABLES:
    globals().update(all_of(_table))


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_do_render_in_place(table: str) -> None:
    assert load(table)[1] > 1


@pytest.mark.parametrize(
    ("hole", "line", "marked", "message"),
    [
        ("{b'x'}", 3, "b'x'", """b'x' (bytes) is no text, in t"<p> {b'x'}</p>\""""),
        ("{[t'<i class={b}>{n}</i>' for n in 'ab']}", 3, "b", 'is no text, in t"<i class={b}>{n}</i>"'),
        ("{(t'<i>{n}</i>' for n in [b])}", 3, "n", 'is no text, in t"<i>{n}</i>"'),
        ("{t'<i>{b}</i>' if b else None}", 3, "b", 'is no text, in t"<i>{b}</i>"'),
        ("{t'<i>{b}</i>' if not b else t'<u>{b!s}{b}</u>'}", 3, "b", 'is no text, in t"<u>{b}{b}</u>"'),
        ("{t'<i>{b}</i>'}", 3, "b", 'is no text, in t"<i>{b}</i>"'),
        ("<{card} />", 3, "card", "`card` needs content"),
        ("<{card} size={1}>x</{card}>", 3, "card", "`card` takes no `size`"),
        ("{b:.2}", 3, "b", "unsupported format string"),
    ],
)
def test_errors_point_at_the_hole(tmp_path: Path, hole: str, line: int, marked: str, message: str) -> None:
    file = tmp_path / "page.py"
    file.write_text(f"x = 1\nt'''<p>\n {hole}</p>'''\n")
    source = file.read_text()
    inliner = Inliner(SourceText(str(file), source), frozenset())
    template = ast.parse(source).body[1]
    assert isinstance(template, ast.Expr)
    assert isinstance(template.value, ast.TemplateStr)
    code = compile(ast.Expression(inliner.call(template.value)), str(file), "eval")

    def card(children: Markup) -> Markup:
        return children

    names = {"b": b"x", "card": card}
    with pytest.raises((TemplateError, TypeError)) as caught:
        eval(code, {**names, **inliner.functions})
    if isinstance(caught.value, TemplateError):
        place = caught.value.place
        assert place is not None
        written = source.splitlines()[place.line - 1]
        assert (place.line, written[place.column : place.column + place.width]) == (line, marked)
    assert caught.traceback[-1].lineno == line - 1 or isinstance(caught.value, TemplateError)
    assert message in str(caught.value)
