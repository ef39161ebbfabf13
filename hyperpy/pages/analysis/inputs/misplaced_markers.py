"""Input markers where nothing reads them: as a parameter, in a function or class, or inside an expression."""

import ast
from collections.abc import Collection, Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import OWNERS, FileIndex, Owner, with_defaults
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import place_of

type Misplaced = tuple[ast.expr, str]
"""An expression, and where it is."""


def check_marker_places(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a call of `Query` and its like, or of a marker's class, that would be an ordinary value."""
    index = parsed.index
    dependencies = _possible_dependencies(parsed, vocabulary)
    for function in index.functions:
        if function not in dependencies:
            _check_parameters(function.args, parsed.file, vocabulary)
    calls = index.of(ast.Call)
    markers = {call for call in calls if vocabulary.is_marker_function(call.func) or vocabulary.is_form(call.func)}
    if not markers:
        return
    for owner in index.of(*OWNERS):
        for expression, where in _in_scope(owner, index, dependencies):
            if expression in markers:
                raise _misplaced(expression, where, parsed.file)
    for node in index.owned(None, ast.AnnAssign, ast.Expr, ast.AugAssign, ast.Assign):
        for expression, where in _in_statement(node):
            for call in index.of(ast.Call, inside=expression):
                if call in markers:
                    raise _misplaced(call, where, parsed.file)
    _check_untyped(parsed, markers)


def _possible_dependencies(parsed: ParsedFile, vocabulary: Vocabulary) -> frozenset[ast.AST]:
    """The functions and classes whose parameters may be inputs, because `Depends` may get them.

    These are all in a file that names `Depends`, except those at its top level that are only called.
    """
    index = parsed.index
    if not any(vocabulary.is_depends(node) for node in index.of(ast.Name, ast.Attribute)):
        return frozenset()
    called = {call.func for call in index.of(ast.Call)} | {hole.value for hole in index.of(ast.Interpolation)}
    names = index.of(ast.Name)
    used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
    used &= {node.id for node in names if node not in called}
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    only_called = {s for s in parsed.tree.body if isinstance(s, named) and s.name not in used}
    return frozenset(node for node in index.of(*OWNERS) if node not in only_called)


def _check_parameters(arguments: ast.arguments, file: str, vocabulary: Vocabulary) -> None:
    """`user: User = CurrentUser()` as a parameter, with a marker of the site's own."""
    for parameter, default in with_defaults(arguments):
        if isinstance(default, ast.Call) and parameter.annotation is not None:
            declared = ast.AnnAssign(ast.Name(parameter.arg, ast.Store()), parameter.annotation, default, 1)
            if vocabulary.marks_value(declared):
                raise _misplaced(default, "the parameters of a function", file)


def _misplaced(marker: ast.expr, where: str, file: str) -> RouteError:
    written = ast.unparse(marker)
    hint = f"Declare the input at the top level of the file: `name: T = {written}`."
    return RouteError(f"`{written}` is not read in {where}", place=place_of(marker, file), hint=hint)


def _in_scope(node: Owner, index: FileIndex, dependencies: Collection[ast.AST]) -> Iterator[Misplaced]:
    """Declarations in a function or class that would be inputs at the top level."""
    if isinstance(node, ast.ClassDef):
        yield from _in_body(node, index, "a class") if node not in dependencies else ()
    else:
        yield from _in_parameters(node.args, index) if node not in dependencies else ()
        yield from _in_body(node, index, "a function")


def _in_parameters(arguments: ast.arguments, index: FileIndex) -> Iterator[Misplaced]:
    annotations = (argument.annotation for argument in index.of(ast.arg, inside=arguments))
    metadata = (part for annotation in annotations for part in _metadata(annotation))
    for expression in (*arguments.defaults, *filter(None, arguments.kw_defaults), *metadata):
        yield expression, "the parameters of a function"


def _in_body(owner: Owner, index: FileIndex, where: str) -> Iterator[Misplaced]:
    for statement in index.owned(owner, ast.AnnAssign, ast.Expr):
        if isinstance(statement, ast.AnnAssign):
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
                    hint = f"An input has a type: `{name}: {_typed(value)}`."
                    place = place_of(statement, parsed.file)
                    raise RouteError(f"`{name}` is an input marker, not a value", place=place, hint=hint)


def _typed(marker: ast.expr) -> str:
    """A type and the marker, as they are written behind the name of an input."""
    match marker:
        case ast.Call(func=ast.Subscript(value=form) as kind):  # `Form[Contact](…)`
            plain = ast.unparse(ast.Call(form, marker.args, marker.keywords))
            return f"{ast.unparse(kind)} = {plain}"
        case ast.Call(func=form, args=[ast.Name(id=model)]) if (
            ast.unparse(form).endswith("Form") and model[:1].isupper()
        ):
            return f"{ast.unparse(form)}[{model}]"
    return f"T = {ast.unparse(marker)}"


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
