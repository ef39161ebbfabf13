"""Pages that were meant as a t-string, but have a letter or a bracket too few or too many."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

from hyperpy.exceptions import RouteError
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.file_index import FileIndex, blocks
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import always_has_template
from hyperpy.pages.facts import place_of

_PAGE: Final = lazy_pattern(r"\s*<[a-z!].*>\s*", re.IGNORECASE | re.DOTALL)
_COMMENT: Final = "If it is a comment, write it with `#`."


def check_forgotten_templates(parsed: ParsedFile) -> None:
    """Raises RouteError for a string of HTML that stands where the page would, in a block that has no other page."""
    for block in _blocks(parsed.tree.body):
        for statement in block:
            if isinstance(statement, ast.Expr) and _is_page(statement.value, parsed.index):
                is_comment = isinstance(statement.value, ast.Constant) and always_has_template(block, parsed.file)
                if not is_comment and (error := _problem(statement.value, parsed)):
                    raise error


def forgotten_template(parsed: ParsedFile) -> RouteError | None:
    """The error for a file without an answer that has a string which is almost a template."""
    body = parsed.tree.body
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.TemplateStr()) if name not in parsed.reads:
                hint = f"Write the t-string as a statement of its own, without `{name} =`."
                place = place_of(statement, parsed.file)
                return RouteError(f"nothing shows the t-string in `{name}`", place=place, hint=hint)
    statements = (s for s in body[1:] or body if isinstance(s, ast.Expr))
    return next((error for s in statements if (error := _problem(s.value, parsed))), None)


def _blocks(statements: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
    """The blocks of statements that run for a request."""
    yield statements
    for statement in statements:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in blocks(statement):
                yield from _blocks(block)


def _is_page(value: ast.expr, index: FileIndex) -> bool:
    """Whether an expression is all of an HTML text, or has a t-string and loses it."""
    match value:
        case ast.Constant(value=str(text)):
            return _PAGE.fullmatch(text) is not None
        case ast.JoinedStr(values=values):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in values)
            return _PAGE.fullmatch(text) is not None
        case ast.BinOp(left=left):
            return bool(index.of(ast.TemplateStr, inside=value)) or _is_page(left, index)
        case ast.Call(func=ast.Attribute(value=ast.Constant() | ast.JoinedStr() as text)):
            return _is_page(text, index)
        case ast.Tuple(elts=[ast.TemplateStr()]) | ast.IfExp(body=ast.TemplateStr()):
            return True
    return False


def _problem(value: ast.expr, parsed: ParsedFile) -> RouteError | None:
    match value:
        case ast.JoinedStr():
            what, hint = "this is an f-string, not a template", 'Write t"…".'
        case ast.BinOp() if parsed.index.of(ast.TemplateStr, inside=value):
            what = "a sum of t-strings is not a template"
            hint = 'Write one literal; adjacent t-strings join by themselves: t"…" t"…".'
        case ast.BinOp() | ast.Call() if _is_page(value, parsed.index):
            what = "this string is not a template"
            hint = 'Write one t-string with the values in braces: t"<h1>{title}</h1>".'
        case ast.IfExp(body=ast.TemplateStr()):
            what = "this condition is not a page, although its results are t-strings"
            hint = "Write `if …:` and `else:`, with a t-string as a statement in each."
        case ast.Tuple(elts=[ast.TemplateStr()]):
            what, hint = "the comma after this t-string makes a tuple, which is not a page", "Remove the comma."
        case ast.Constant(value=str(text)) if text.lstrip().startswith("<"):
            what, hint = "this string is not a template", f'Put a `t` in front of the quotes: t"""…""". {_COMMENT}'
        case _:
            return None
    return RouteError(what, place=place_of(value, parsed.file), hint=hint)
