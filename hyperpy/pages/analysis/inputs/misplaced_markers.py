"""Input markers where nothing reads them: as a parameter, in a function or class, or inside an expression."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import module_level
from hyperpy.pages.analysis.vocabulary import Vocabulary

type Misplaced = tuple[ast.expr, str]
"""An expression, and where it is."""


def check_marker_places(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """Raises RouteError for a call of `Query` and its like, or of a marker's class, that would be an ordinary value."""
    dependencies = _possible_dependencies(parsed, vocabulary)
    for node in ast.walk(parsed.tree):
        for expression, where in _in_scope(node, dependencies):
            _check(expression, where, parsed.file, vocabulary)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in dependencies:
            _check_parameters(node.args, parsed.file, vocabulary)
    for statement in parsed.tree.body:
        for node in module_level(statement):
            for expression, where in _in_statement(node):
                for part in ast.walk(expression):
                    _check(part, where, parsed.file, vocabulary)
    _check_untyped(parsed, vocabulary)


def _possible_dependencies(parsed: ParsedFile, vocabulary: Vocabulary) -> frozenset[ast.AST]:
    """The functions and classes whose parameters may be inputs, because `Depends` may get them.

    These are all in a file that names `Depends`, except those at its top level that are only called.
    """
    names = (node for node in ast.walk(parsed.tree) if isinstance(node, ast.Name | ast.Attribute))
    if not any(vocabulary.is_depends(node) for node in names):
        return frozenset()
    called: set[ast.AST] = set()
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Call):
            called.add(node.func)
        elif isinstance(node, ast.Interpolation):
            called.add(node.value)
    used = {n.id for n in ast.walk(parsed.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    used &= {n.id for n in ast.walk(parsed.tree) if isinstance(n, ast.Name) and n not in called}
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    only_called = {s for s in parsed.tree.body if isinstance(s, named) and s.name not in used}
    callables = (n for n in ast.walk(parsed.tree) if isinstance(n, (*named, ast.Lambda)))
    return frozenset(node for node in callables if node not in only_called)


def _check(expression: ast.AST, where: str, file: str, vocabulary: Vocabulary) -> None:
    if isinstance(expression, ast.Call) and vocabulary.is_marker_function(expression.func):
        raise _misplaced(expression, where, file)


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


def _in_scope(node: ast.AST, dependencies: frozenset[ast.AST]) -> Iterator[Misplaced]:
    """What would be an input at the top level, in a function or class."""
    match node:
        case ast.FunctionDef(args=arguments, body=body) | ast.AsyncFunctionDef(args=arguments, body=body):
            if node not in dependencies:
                yield from _in_parameters(arguments)
            yield from _in_body(body, "a function")
        case ast.ClassDef(body=body) if node not in dependencies:
            yield from _in_body(body, "a class")
        case ast.Lambda(args=arguments) if node not in dependencies:
            yield from _in_parameters(arguments)


def _in_parameters(arguments: ast.arguments) -> Iterator[Misplaced]:
    parameters = [node for node in ast.walk(arguments) if isinstance(node, ast.arg)]
    metadata = [part for parameter in parameters for part in _metadata(parameter.annotation)]
    for expression in (*arguments.defaults, *filter(None, arguments.kw_defaults), *metadata):
        yield expression, "the parameters of a function"


def _in_body(body: list[ast.stmt], where: str) -> Iterator[Misplaced]:
    for node in (node for statement in body for node in module_level(statement)):
        if isinstance(node, ast.AnnAssign):
            yield from ((part, where) for part in _metadata(node.annotation))
            if node.value is not None:
                yield node.value, where
        elif isinstance(node, ast.Expr):
            yield node.value, where


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


def _check_untyped(parsed: ParsedFile, vocabulary: Vocabulary) -> None:
    """`page = Query(1)` keeps a marker for annotations. Anything else that reads `page` takes it for an input."""
    for statement in parsed.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=called) as value):
                if vocabulary.is_marker_function(called) and name in _read_as_values(parsed.tree):
                    hint = f"An input has a type: `{name}: T = {ast.unparse(value)}`."
                    place = place_of(statement, parsed.file)
                    raise RouteError(f"`{name}` is an input marker, not a value", place=place, hint=hint)
            case ast.Assign(value=ast.IfExp() | ast.BoolOp() as value):
                for part in ast.walk(value):
                    _check(part, "an expression", parsed.file, vocabulary)


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
