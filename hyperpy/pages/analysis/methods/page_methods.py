"""For which methods a file has a template, as far as its conditions tell."""

import ast
from collections.abc import Sequence

from hyperpy.pages.analysis.callables import own_nodes
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.scopes import blocks
from hyperpy.pages.analysis.vocabulary import FLAGS, Vocabulary


def page_methods(
    statements: Sequence[ast.stmt], vocabulary: Vocabulary, methods: frozenset[str] = FLAGS
) -> frozenset[str]:
    """Those of the methods for which a template may be reached; HEAD is GET."""
    found: frozenset[str] = frozenset()
    for statement in statements:
        if is_template(statement):
            return methods
        if isinstance(statement, ast.If):
            yes = frozenset(method for method in methods if _holds(statement.test, method, vocabulary) is not False)
            no = frozenset(method for method in methods if _holds(statement.test, method, vocabulary) is not True)
            found |= page_methods(statement.body, vocabulary, yes) | page_methods(statement.orelse, vocabulary, no)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in blocks(statement):
                found |= page_methods(block, vocabulary, methods)
    return found


def _holds(test: ast.expr, method: str, vocabulary: Vocabulary) -> bool | None:
    """Whether a condition holds for a method; None if that depends on more than method flags."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _holds(operand, method, vocabulary)
            return None if inner is None else not inner
        case ast.BoolOp(op=operator, values=values):
            parts = [_holds(value, method, vocabulary) for value in values]
            decisive = isinstance(operator, ast.Or)
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
    flag = vocabulary.public_name(test)
    return flag == method if flag in FLAGS else None


def answer_line(loader: ast.AsyncFunctionDef | None) -> int:
    """Where a loader gives its answer: the line of its only `return` with a value, or else its first line."""
    if loader is None:
        return 0
    valued = [node.lineno for node in own_nodes(loader) if isinstance(node, ast.Return) and node.value is not None]
    return valued[0] if len(valued) == 1 else loader.lineno
