"""Direct calls of dependencies: in `user = current_user()`, a parameter `token=Cookie(None)` is the marker itself."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import Function
from hyperpy.pages.analysis.objects.answering_functions import (
    is_users_function,
    marker_parameters,
    takes_markers,
)
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of


def check_called_markers(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises the first of `called_markers`."""
    if (error := next(called_markers(parsed, vocabulary), None)) is not None:
        raise error


def called_markers(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[RouteError]:
    """Errors for calls that leave out a parameter whose default is a marker, which only hyperpy replaces by a value."""
    own = {
        statement.name: statement
        for statement in parsed.tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name in parsed.bound_once
    }
    for call in parsed.index.of(ast.Call):
        given = {keyword.arg for keyword in call.keywords}
        if None in given or any(isinstance(argument, ast.Starred) for argument in call.args):
            continue
        for position, name in _markers(call.func, own, vocabulary):
            if name not in given and not 0 <= position < len(call.args):
                function = ast.unparse(call.func)
                what = f"called directly, {function}() gets the marker of `{name}`, and not the visitor's value"
                hint = f"Let hyperpy call it: `… = Depends({function})`. Or pass `{name}` to it."
                yield RouteError(what, place=place_of(call, parsed.file), hint=hint)
                break


def _markers(called: ast.expr, own: dict[str, Function], vocabulary: Vocabulary) -> tuple[tuple[int, str], ...]:
    if isinstance(called, ast.Name) and called not in vocabulary.local and called.id in own:
        return tuple(_own_markers(own[called.id], vocabulary))
    return vocabulary.answer(marker_parameters, called) if is_users_function(vocabulary.value(called)) else ()


def _own_markers(function: Function, vocabulary: Vocabulary) -> Iterator[tuple[int, str]]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args]
    first = len(named) - len(arguments.defaults)
    for position, (argument, default) in enumerate(zip(named[first:], arguments.defaults, strict=True), first):
        if isinstance(default, ast.Call) and vocabulary.is_marker(default) and not _takes_markers(argument, vocabulary):
            yield position, argument.arg
    for argument, marker in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if isinstance(marker, ast.Call) and vocabulary.is_marker(marker) and not _takes_markers(argument, vocabulary):
            yield -1, argument.arg


def _takes_markers(argument: ast.arg, vocabulary: Vocabulary) -> bool:
    return argument.annotation is not None and takes_markers(vocabulary.value(argument.annotation))
