"""For which methods a file may reach a template."""

import ast
from collections.abc import Sequence

from hyperpy.pages.analysis.methods.method_conditions import blocks_reached
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS


def page_methods(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> frozenset[str]:
    """The methods for which a template may be reached; HEAD is GET."""
    return frozenset(method for method in FLAGS if reaches_template(statements, method, vocabulary))


def reaches_template(statements: Sequence[ast.stmt], method: str, vocabulary: Vocabulary) -> bool:
    """Whether a request of a method can reach a template in a block of the module."""
    return any(
        is_template(statement)
        or any(reaches_template(block, method, vocabulary) for block in blocks_reached(statement, method, vocabulary))
        for statement in statements
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )
