"""Responses that a function makes and drops: `response = JSONResponse(…)` without `global response`."""

import ast
from collections.abc import Iterator

from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.callables import Function, own_nodes
from hyperpy.pages.analysis.explicit_answers import RESPONSE_ATTRIBUTES
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary


def check_lost_responses(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a local variable with a new response of which the function only sets headers or cookies."""
    for function in ast.walk(parsed.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for name, assignment in _made(function, vocabulary):
                if _is_lost(name, function):
                    raise _error(name, assignment, function, parsed.file)


def _made(function: Function, vocabulary: Vocabulary) -> Iterator[tuple[str, ast.stmt]]:
    """The variables to which a function assigns a new response."""
    for node in own_nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=made)):
                pass
            case _:
                continue
        kind = vocabulary.value(made)
        if isinstance(kind, type) and issubclass(kind, Response):
            yield name, node


def _is_lost(name: str, function: Function) -> bool:
    nodes = list(ast.walk(function))
    if any(argument.arg == name for argument in ast.walk(function.args) if isinstance(argument, ast.arg)):
        return False
    if any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in nodes):
        return False
    changed = {node.value for node in nodes if isinstance(node, ast.Attribute) and node.attr in RESPONSE_ATTRIBUTES}
    loads = (node for node in nodes if isinstance(node, ast.Name) and node.id == name)
    return all(isinstance(node.ctx, ast.Store) or node in changed for node in loads)


def _error(name: str, assignment: ast.stmt, function: Function, file: str) -> RouteError:
    what = f"{function.name}() makes a response in its variable `{name}`, and nothing sends it"
    hint = f"Return it: `return {name}`."
    if name == "response":
        hint = f"Return it: `return {name}`. To set the answer and go on, write `global response` first."
    return RouteError(what, place=place_of(assignment, file), hint=hint)
