"""The rule for which t-strings of a file are certainly templates: they are checked when the file is loaded."""

import ast
from collections.abc import Callable, Iterable, Iterator

from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.syntax.nodes import Component, Fragment, Node


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
        components |= _component_names(literal.document.nodes)
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_component(function.name, components):
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


def _is_component(name: str, used: set[str]) -> bool:
    return name in used or name[:1].isupper()


def _component_names(nodes: Iterable[Node]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, Fragment):
            names |= _component_names(node.body)
        elif isinstance(node, Component):
            names |= {node.expression} | _component_names(node.children or ())
    return names
