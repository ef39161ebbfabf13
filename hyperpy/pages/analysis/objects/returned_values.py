"""What functions return, as far as their code shows."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from textwrap import dedent
from types import FunctionType

from hyperpy.pages.analysis.file_index import OWNERS, Function, blocks, outcomes


def source_values(function: FunctionType) -> list[ast.expr]:
    """The expressions whose values a function may return; none if its source is unknown."""
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except OSError, SyntaxError, TypeError:
        return []
    match tree.body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as definition]:
            return returned_values(definition)
    return []


def returned_values(function: Function) -> list[ast.expr]:
    """The same for a function's tree. For a variable, also what the function assigns to it."""
    statements = list(_statements(function.body))
    assigned = [statement for statement in statements if isinstance(statement, ast.Assign)]
    found: list[ast.expr] = []
    for statement in statements:
        if isinstance(statement, ast.Return) and statement.value is not None:
            for value in outcomes(statement.value):
                found.append(value)
                if isinstance(value, ast.Name):
                    found += [each for s in assigned if _binds(s, value.id) for each in outcomes(s.value)]
    return found


def _binds(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)


def _statements(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in block:
        yield statement
        if not isinstance(statement, OWNERS):
            for inner in blocks(statement):
                yield from _statements(inner)
