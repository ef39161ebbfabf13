"""The rule for which t-strings of a file are certainly templates: they are checked when the file is loaded."""

import ast
from collections.abc import Callable, Iterator

from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.syntax.nodes import Component, walk


def certain_templates(
    tree: ast.AST, literals: Literals, is_html: Callable[[ast.expr], bool]
) -> frozenset[ast.TemplateStr]:
    """Parse and return the t-strings that stand alone, are yielded, passed to `html`, or returned by a component.

    Components are functions that a tag of these templates names, and those with a capital letter. All t-strings in what
    a component returns are parsed, but only a t-string that is the whole result is returned.

    `is_html` tells whether the function of a call is `html`. Raises TemplateError with its place.
    """
    certain = set(_written_templates(tree, is_html))
    components: set[str] = set()
    for literal in literals.within(*sorted(certain, key=lambda node: (node.lineno, node.col_offset))):
        components |= {node.expression for node in walk(literal.document.nodes) if isinstance(node, Component)}
    for function in ast.walk(tree):
        match function:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if (
                name in components or name[0].isupper()
            ):
                results = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
                literals.within(*results)
                certain.update(result for result in results if isinstance(result, ast.TemplateStr))
    return frozenset(certain)


def _written_templates(tree: ast.AST, is_html: Callable[[ast.expr], bool]) -> Iterator[ast.TemplateStr]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.TemplateStr() as template) | ast.Yield(value=ast.TemplateStr() as template):
                yield template
            case ast.Yield(value=ast.Tuple(elts=[_, ast.TemplateStr() as template])):
                yield template
            case ast.Yield(value=ast.Dict(values=values)):
                yield from (value for value in values if isinstance(value, ast.TemplateStr))
            case ast.Call(func=func, args=[ast.TemplateStr() as template, *_]) if is_html(func):
                yield template
