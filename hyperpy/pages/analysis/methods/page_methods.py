"""For which methods a file has a template, as far as its conditions tell."""

import ast
from collections.abc import Sequence

from hyperpy.pages.analysis.methods.method_conditions import value_of
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
            values = {method: value_of(statement.test, method, vocabulary) for method in methods}
            yes = frozenset(method for method, value in values.items() if value is not False)
            no = frozenset(method for method, value in values.items() if value is not True)
            found |= page_methods(statement.body, vocabulary, yes) | page_methods(statement.orelse, vocabulary, no)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for block in blocks(statement):
                found |= page_methods(block, vocabulary, methods)
    return found
