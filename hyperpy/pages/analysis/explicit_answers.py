"""Which explicit answers and methods a route file has, and whether its body may block."""

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence

from hyperpy.pages.analysis.callables import own_nodes
from hyperpy.pages.analysis.methods.method_conditions import flags_in, value_of
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.scopes import bindings, blocks, module_level
from hyperpy.pages.analysis.vocabulary import ANSWERS, QUICK_CALLS, RESPONSES, Vocabulary

# Calls of these never send a route to a worker thread. The list is published in docs/route-files.md.
_BUILTINS = """
    abs all any bin bool bytes chr dict divmod enumerate filter float format frozenset getattr hasattr hash hex id int
    isinstance issubclass iter len list map max min next oct ord pow range repr reversed round set slice sorted str sum
    tuple type zip
"""
QUICK_BUILTINS = frozenset(_BUILTINS.split())


RESPONSE_ATTRIBUTES = frozenset({"background", "delete_cookie", "headers", "raw_headers", "set_cookie", "status_code"})


def bare_values(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """What the bare expressions among the nodes may evaluate to: any of it may be the answer."""
    for node in nodes:
        if isinstance(node, ast.Expr):
            yield from _outcomes(node.value)


def _outcomes(value: ast.expr) -> Iterator[ast.expr]:
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_outcomes(body), *_outcomes(orelse))
        case ast.BoolOp(values=values):
            for part in values:
                yield from _outcomes(part)
        case ast.NamedExpr(value=inner) | ast.Await(value=inner):
            yield from _outcomes(inner)
        case ast.Constant() | ast.JoinedStr() | ast.TemplateStr() | ast.Compare() | ast.BinOp() | ast.UnaryOp():
            pass
        case _:
            yield value


def binds_response(statement: ast.stmt) -> bool:
    """Whether a statement assigns `response`, not counting the blocks in it."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return False
    parts: list[ast.AST] = (
        [statement] if not blocks(statement) else [n for n in ast.iter_child_nodes(statement) if not _is_block(n)]
    )
    if isinstance(statement, ast.Match):
        parts.extend(case.pattern for case in statement.cases)
    return any(name == "response" for part in parts for name, _ in bindings(part, deletes=False))


def _is_block(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case)


def worked_on(tree: ast.AST) -> frozenset[str]:
    """The names that the code uses as responses: `answer.set_cookie(…)`. Assigning a redirect to one doesn't end it."""
    return frozenset(
        node.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in RESPONSE_ATTRIBUTES
    )


def explicit_answers(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> bool:
    """Whether a statement binds `response`, or a known response or rendered fragments are its value or are raised."""
    nested = [node for s in statements for node in module_level(s) if isinstance(node, ast.stmt)]
    values = [*bare_values(nested)]
    for node in nested:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Raise):
            value = node.exc if isinstance(node, ast.Raise) else node.value
            values += [v for v in _outcomes(value) if _is_redirect(v, vocabulary)] if value else []
    known = any(isinstance(v, ast.Call) and vocabulary.public_name(v.func) in ANSWERS for v in values)
    return known or any(binds_response(node) for node in nested)


def _is_redirect(value: ast.expr, vocabulary: Vocabulary) -> bool:
    return isinstance(value, ast.Call) and vocabulary.public_name(value.func) == "redirect"


def possible_answers(tree: ast.Module, loaders: Collection[ast.AsyncFunctionDef], vocabulary: Vocabulary) -> bool:
    """Whether there may be another answer.

    It may be what a loader returns or always raises, a bare call at module level, or a known answer of a function.
    """
    own = [node for loader in loaders for node in own_nodes(loader)]
    returns = any(isinstance(node, ast.Return) and node.value is not None for node in own)
    raises = any(isinstance(node, ast.Raise) for node in (*tree.body, *(s for loader in loaders for s in loader.body)))
    bare = bare_values(node for statement in tree.body for node in module_level(statement))
    known = (v for v in bare_values(ast.walk(tree)) if isinstance(v, ast.Call))
    return (
        returns
        or raises
        or any(isinstance(value, _POSSIBLE) for value in bare)
        or any(vocabulary.public_name(value.func) in ANSWERS for value in known)
    )


def unknown_answers(loaders: Iterable[ast.AsyncFunctionDef]) -> bool:
    """Whether a bare call in a loader might give a response."""
    values = (value for loader in loaders for value in bare_values(own_nodes(loader)))
    return any(isinstance(value, _POSSIBLE) for value in values)


_POSSIBLE = (ast.Call, ast.Name, ast.Attribute, ast.Subscript)


def returns_data(loader: ast.AsyncFunctionDef, vocabulary: Vocabulary) -> bool:
    """Whether a loader returns something else than a known response, with which it may only refuse a request."""
    returned = [node.value for node in own_nodes(loader) if isinstance(node, ast.Return) and node.value is not None]
    calls = (value.func if isinstance(value, ast.Call) else None for value in returned)
    return any(called is None or vocabulary.public_name(called) not in RESPONSES for called in calls)


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


def may_block(
    statements: Sequence[ast.stmt],
    bound: frozenset[str],
    vocabulary: Vocabulary,
    forms: frozenset[str] = frozenset(),
) -> bool:
    """Whether statements or templates call anything not known to be quick.

    `bound` are the names that the file sets, and `forms` those of its forms, whose methods are quick.
    """
    quick = QUICK_BUILTINS - bound
    calls = (
        node.func
        for statement in statements
        for node in module_level(statement, in_lambdas=True)  # a sort key is called
        if isinstance(node, ast.Call) and not vocabulary.is_marker_function(node.func)  # made once, at load
    )
    return any(
        vocabulary.public_name(called) not in QUICK_CALLS
        and not (isinstance(called, ast.Name) and called.id in quick)
        and not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in forms)
        for called in calls
    )
