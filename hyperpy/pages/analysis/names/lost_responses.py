"""Responses that a function makes and drops: `response = JSONResponse(…)` without `global response`."""

import ast
from collections.abc import Iterator

from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.explicit_answers import RESPONSE_ATTRIBUTES
from hyperpy.pages.analysis.file_index import FileIndex, Function, parameters
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of


def check_lost_responses(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a local variable with a new response of which the function only sets headers or cookies."""
    for function in parsed.index.functions:
        for name, assignment in _made(function, parsed.index, vocabulary):
            if _is_lost(name, function, parsed.index):
                raise _error(name, assignment, function, parsed.file)


def _made(function: Function, index: FileIndex, vocabulary: Vocabulary) -> Iterator[tuple[str, ast.stmt]]:
    """The variables to which a function assigns a new response."""
    for node in index.owned(function, ast.Assign, ast.AnnAssign):
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


def _is_lost(name: str, function: Function, index: FileIndex) -> bool:
    outer = index.of(ast.Global, ast.Nonlocal, inside=function)
    if name in parameters(function) or any(name in node.names for node in outer):
        return False
    attributes = index.of(ast.Attribute, inside=function)
    changed = {attribute.value for attribute in attributes if attribute.attr in RESPONSE_ATTRIBUTES}
    uses = (node for node in index.of(ast.Name, inside=function) if node.id == name)
    return all(isinstance(use.ctx, ast.Store) or use in changed for use in uses)


def _error(name: str, assignment: ast.stmt, function: Function, file: str) -> RouteError:
    what = f"{function.name}() makes a response in its variable `{name}`, and nothing sends it"
    hint = f"Return it: `return {name}`."
    if name == "response":
        hint = f"Return it: `return {name}`. To set the answer and go on, write `global response` first."
    return RouteError(what, place=place_of(assignment, file), hint=hint)
