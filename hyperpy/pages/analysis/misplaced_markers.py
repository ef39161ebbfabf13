"""Input markers where nothing reads them: as a parameter, inside a function or class, or without a type."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary


def check_marker_places(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a call of `Query` and its like that would be an ordinary value."""
    for node in ast.walk(parsed.tree):
        for misplaced, where in _in_scope(node):
            if isinstance(misplaced, ast.Call) and vocabulary.is_marker_function(misplaced.func):
                written = ast.unparse(misplaced)
                what = f"`{written}` is not read in {where}"
                hint = f"Declare the input at the top level of the file: `name: T = {written}`."
                raise RouteError(what, place=place_of(misplaced, parsed.file), hint=hint)
    _check_untyped(parsed, vocabulary)


def _in_scope(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """The values in a function or class that would be inputs at the top level, and where they are."""
    match node:
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments) | ast.Lambda(args=arguments):
            defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
            yield from ((default, "the parameters of a function") for default in defaults)
            annotations = [argument.annotation for argument in ast.walk(arguments) if isinstance(argument, ast.arg)]
            for annotation in annotations:
                yield from ((part, "the parameters of a function") for part in _metadata(annotation))
    match node:
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            yield from ((value, "a function") for value in _declared(body))
        case ast.ClassDef(body=body):
            yield from ((value, "a class") for value in _declared(body))


def _metadata(annotation: ast.expr | None) -> Iterator[ast.expr]:
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        yield from annotation.slice.elts[1:]


def _declared(body: list[ast.stmt]) -> Iterator[ast.expr]:
    for statement in body:
        if isinstance(statement, ast.AnnAssign):
            yield from _metadata(statement.annotation)
            if statement.value is not None:
                yield statement.value


def _check_untyped(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """`page = Query(1)` keeps a marker for annotations. Anything else that reads `page` takes it for an input."""
    for statement in parsed.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=called) as value):
                if vocabulary.is_marker_function(called) and name in _read_as_values(parsed.tree):
                    hint = f"An input has a type: `{name}: T = {ast.unparse(value)}`."
                    place = place_of(statement, parsed.file)
                    raise RouteError(f"`{name}` is an input marker, not a value", place=place, hint=hint)


def _read_as_values(node: ast.AST) -> set[str]:
    """The names that are read, except in annotations and as another name of the same object."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.AnnAssign(value=value):
                if value is not None and not isinstance(value, ast.Name):
                    found |= _read_as_values(value)
            case ast.Assign(value=ast.Name() | ast.Subscript()):
                continue
            case ast.TypeAlias():
                continue
            case ast.Name(id=name, ctx=ast.Load()):
                found.add(name)
            case _:
                found |= _read_as_values(child)
    return found
