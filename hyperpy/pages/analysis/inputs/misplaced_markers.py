"""Input markers where nothing reads them: as a parameter, in a function or class, or inside an expression."""

import ast
from collections.abc import Collection, Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import OWNERS, FileIndex, Owner
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary

type Misplaced = tuple[ast.expr, str]
"""An expression, and where it is."""


def check_marker_places(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a call of `Query` and its like, or of a marker's class, that would be an ordinary value."""
    index = parsed.index
    for function in index.functions:
        _check_parameters(function.args, parsed.file, vocabulary)
    markers = {call for call in index.of(ast.Call) if vocabulary.is_marker_function(call.func)}
    if not markers:
        return
    for owner in index.of(*OWNERS):
        for expression, where in _in_scope(owner, index):
            if expression in markers:
                raise _misplaced(expression, where, parsed.file)
    for node in index.owned(None, ast.AnnAssign, ast.Expr, ast.AugAssign, ast.Assign):
        for expression, where in _in_statement(node):
            for call in index.of(ast.Call, inside=expression):
                if call in markers:
                    raise _misplaced(call, where, parsed.file)
    _check_untyped(parsed, markers)


def _check_parameters(arguments: ast.arguments, file: str, vocabulary: Vocabulary) -> None:
    """`user: User = CurrentUser()` as a parameter, with a marker of the site's own."""
    plain = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(plain), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for parameter, default in pairs:
        if isinstance(default, ast.Call) and parameter.annotation is not None:
            declared = ast.AnnAssign(ast.Name(parameter.arg, ast.Store()), parameter.annotation, default, 1)
            if vocabulary.marks_value(declared):
                raise _misplaced(default, "the parameters of a function", file)


def _misplaced(marker: ast.expr, where: str, file: str) -> RouteError:
    written = ast.unparse(marker)
    hint = f"Declare the input at the top level of the file: `name: T = {written}`."
    return RouteError(f"`{written}` is not read in {where}", place=place_of(marker, file), hint=hint)


def _in_scope(node: Owner, index: FileIndex) -> Iterator[Misplaced]:
    """What would be an input at the top level, in a function or class."""
    if not isinstance(node, ast.ClassDef):
        arguments = node.args
        annotations = (argument.annotation for argument in index.of(ast.arg, inside=arguments))
        metadata = (part for annotation in annotations for part in _metadata(annotation))
        for expression in (*arguments.defaults, *filter(None, arguments.kw_defaults), *metadata):
            yield expression, "the parameters of a function"
    where = "a class" if isinstance(node, ast.ClassDef) else "a function"
    for statement in index.owned(node, ast.AnnAssign):
        yield from ((part, where) for part in _metadata(statement.annotation))
        if statement.value is not None:
            yield statement.value, where


def _metadata(annotation: ast.expr | None) -> list[ast.expr]:
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        return annotation.slice.elts[1:]
    return []


def _in_statement(node: ast.AST) -> Iterator[Misplaced]:
    """The parts of a module's statements in which a marker has no meaning."""
    match node:
        case ast.AnnAssign(value=ast.Call(args=arguments, keywords=keywords)):
            for expression in (*arguments, *(keyword.value for keyword in keywords)):
                yield expression, "the arguments of a call"
        case ast.AnnAssign(value=ast.expr() as value) | ast.Expr(value=value) | ast.AugAssign(value=value):
            yield value, "an expression"
        case ast.Assign(value=ast.IfExp() | ast.BoolOp() as value):
            yield value, "an expression"


def _check_untyped(parsed: ParsedFile, markers: Collection[ast.expr]) -> None:
    """`page = Query(1)` keeps a marker for annotations. Anything else that reads `page` takes it for an input."""
    for statement in parsed.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value in markers:
                if name in _read_as_values(parsed.tree):
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
            case ast.Assign(value=ast.Name() | ast.Subscript()) | ast.TypeAlias():
                continue
            case ast.Name(id=name, ctx=ast.Load()):
                found.add(name)
            case _:
                found |= _read_as_values(child)
    return found
