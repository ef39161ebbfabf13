"""What functions return, as far as their code shows."""

import ast
import inspect
from collections.abc import Callable, Iterator, Sequence
from textwrap import dedent
from types import FunctionType
from typing import Final

from hyperpy.pages.analysis.file_index import OWNERS, Function, blocks, outcomes

RESPONSE: Final = "response"
NOTHING: Final = "nothing"  # `None` or `False`
VALUE: Final = "value"


def source_of(function: FunctionType) -> Function | None:
    """The tree of a function; None if its source is unknown, or that of another function, which a decorator wraps."""
    if hasattr(function, "__wrapped__"):
        return None
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except OSError, SyntaxError, TypeError:
        return None
    match tree.body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as definition] if definition.name == function.__name__:
            return definition
    return None


def returned_kinds(function: Function, kinds: Callable[[ast.expr], frozenset[str]]) -> frozenset[str]:
    """What a function may return, given what the calls and names that it returns are."""
    found: frozenset[str] = frozenset()
    for value in returned_values(function):
        match value:
            case ast.Constant(value=None | False):
                found |= {NOTHING}
            case ast.Call() | ast.Name() | ast.Attribute():
                found |= kinds(value)
            case _:
                found |= {VALUE}
    return found


def returned_values(function: Function) -> list[ast.expr]:
    """The expressions whose values a function may return, unless a flag decides, such as `as_json=False`.

    For a variable that is only set once and returned, it is what is assigned to it.
    """
    flags = _flags(function)
    return [
        settled
        for statement in _statements(function.body, flags)
        if isinstance(statement, ast.Return) and statement.value is not None
        for value in outcomes(statement.value)
        for settled in _settled(value, function)
    ]


def _flags(function: Function) -> frozenset[str]:
    """The parameters with a constant as their default."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(named) - len(arguments.defaults)) + arguments.defaults
    pairs = zip([*named, *arguments.kwonlyargs], [*defaults, *arguments.kw_defaults], strict=True)
    return frozenset(argument.arg for argument, default in pairs if isinstance(default, ast.Constant))


def _statements(block: Sequence[ast.stmt], flags: frozenset[str]) -> Iterator[ast.stmt]:
    """The statements of a block, without those in other functions and under a condition that only asks for flags."""
    for statement in block:
        yield statement
        if isinstance(statement, ast.If) and flags:
            names = [node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)]
            calls = [node for node in ast.walk(statement.test) if isinstance(node, ast.Call | ast.Attribute)]
            if names and flags.issuperset(names) and not calls:
                yield from _statements(statement.orelse, flags)
                continue
        if not isinstance(statement, OWNERS):
            for inner in blocks(statement):
                yield from _statements(inner, flags)


def _settled(value: ast.expr, function: Function) -> list[ast.expr]:
    """What is assigned to a returned variable, if nothing can have told that it isn't to be returned; or the value."""
    if not isinstance(value, ast.Name):
        return [value]
    nodes = list(ast.walk(function))
    harmless = {node.value for node in nodes if isinstance(node, ast.Return | ast.Attribute)}
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id == value.id]
    stores = [use for use in uses if isinstance(use.ctx, ast.Store)]
    if len(stores) != 1 or not harmless.issuperset(use for use in uses if use not in stores):
        return [value]
    assigned = [node.value for node in nodes if isinstance(node, ast.Assign) and node.targets == stores]
    return list(outcomes(assigned[0])) if assigned else [value]
