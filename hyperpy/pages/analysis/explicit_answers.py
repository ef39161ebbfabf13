"""Which explicit answers and methods a route file has, and whether its body may block."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from hyperpy.pages.analysis.callables import own_nodes
from hyperpy.pages.analysis.method_conditions import flags_in, value_of
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.scopes import blocks, module_level
from hyperpy.pages.analysis.vocabulary import ANSWERS, QUICK_CALLS, RESPONSES, Vocabulary

# Calls of these never send a route to a worker thread. The list is published in docs/route-files.md.
_BUILTINS = """
    abs all any bin bool bytes chr dict divmod enumerate filter float format frozenset getattr hasattr hash hex id int
    isinstance issubclass iter len list map max min next oct ord pow range repr reversed round set slice sorted str sum
    tuple type zip
"""
QUICK_BUILTINS = frozenset(_BUILTINS.split())


def bare_calls(statements: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """Calls that are statements at module level: what they return may be the answer."""
    for statement in statements:
        for node in module_level(statement):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                yield node.value


def binds_response(statement: ast.stmt) -> bool:
    """Whether a simple statement assigns `response`."""
    if hasattr(statement, "body") or hasattr(statement, "cases"):
        return False
    return any(
        isinstance(node, ast.Name) and node.id == "response" and isinstance(node.ctx, ast.Store)
        for node in module_level(statement)
        if not (isinstance(statement, ast.AnnAssign) and statement.value is None)
    )


def explicit_answers(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> bool:
    """Whether a statement binds `response`, or a bare call makes a known response or renders fragments."""
    nested = [node for s in statements for node in module_level(s) if isinstance(node, ast.stmt)]
    known = any(vocabulary.public_name(call.func) in ANSWERS for call in bare_calls(statements))
    return known or any(binds_response(node) for node in nested)


def possible_answers(statements: Sequence[ast.stmt], loaders: Iterable[ast.AsyncFunctionDef]) -> bool:
    """Whether a bare call of any function, or the value that a loader returns, could be the answer."""
    return any(_returned(loader) for loader in loaders) or any(True for _ in bare_calls(statements))


def returns_data(loader: ast.AsyncFunctionDef, vocabulary: Vocabulary) -> bool:
    """Whether a loader returns something else than a known response, with which it may only refuse a request."""
    calls = (value.func if isinstance(value, ast.Call) else None for value in _returned(loader))
    return any(called is None or vocabulary.public_name(called) not in RESPONSES for called in calls)


def _returned(loader: ast.AsyncFunctionDef) -> list[ast.expr]:
    return [node.value for node in own_nodes(loader) if isinstance(node, ast.Return) and node.value is not None]


def flags_named(tree: ast.Module, vocabulary: Vocabulary) -> frozenset[str]:
    """The method flags that the file uses."""
    return frozenset(flags_in([tree], vocabulary))


def all_under_flags(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> bool:
    """Whether every template and explicit answer is under a condition that GET does not meet."""
    return all(_guarded(statement, vocabulary) for statement in statements)


def _guarded(statement: ast.stmt, vocabulary: Vocabulary) -> bool:
    if is_template(statement):
        return False
    if isinstance(statement, ast.If):
        value = value_of(statement.test, "GET", vocabulary)
        reached = [
            block for block, skipped in ((statement.body, False), (statement.orelse, True)) if value is not skipped
        ]
        return all(all_under_flags(block, vocabulary) for block in reached)
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if nested := blocks(statement):
        return all(all_under_flags(block, vocabulary) for block in nested)
    return not explicit_answers([statement], vocabulary)


def may_block(statements: Sequence[ast.stmt], bound: frozenset[str], vocabulary: Vocabulary) -> bool:
    """Whether statements or templates call anything not known to be quick. `bound` are the names that the file sets."""
    quick = QUICK_BUILTINS - bound
    calls = (
        node.func
        for statement in statements
        for node in module_level(statement, in_lambdas=True)  # a sort key is called
        if isinstance(node, ast.Call)
    )
    return any(
        vocabulary.public_name(called) not in QUICK_CALLS and not (isinstance(called, ast.Name) and called.id in quick)
        for called in calls
    )
