"""Which statements of a route file run once, when it is loaded, and which run for each request."""

import ast
from collections.abc import Mapping, Sequence

from hyperpy.pages.analysis.symbols import Names, module_level
from hyperpy.pages.analysis.vocabulary import Vocabulary

FLAGS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})

type Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def run_once(
    statements: Sequence[ast.stmt], names: Mapping[ast.stmt, Names], inputs: frozenset[str], vocabulary: Vocabulary
) -> list[ast.stmt]:
    """The definitions that nothing of a request is in: not by name, and not by way of another definition."""
    definitions = [s for s in statements if is_definition(s, vocabulary)]
    variables = request_variables(statements, names, definitions) | inputs
    while True:
        touched = [s for s in definitions if not variables.isdisjoint(_all_names(names[s]))]
        if not touched:
            return definitions
        definitions = [s for s in definitions if s not in touched]
        for statement in touched:
            variables |= names[statement].binds


def _all_names(names: Names) -> frozenset[str]:
    return names.reads | names.binds | names.rebinds


def request_variables(
    statements: Sequence[ast.stmt], names: Mapping[ast.stmt, Names], definitions: Sequence[ast.stmt]
) -> set[str]:
    """Names that a statement of the request binds, that a function declares `global`, or that are bound twice."""
    variables: set[str] = set()
    constants: set[str] = set()
    for statement in statements:
        variables |= names[statement].rebinds
        if statement not in definitions:
            variables |= names[statement].binds | declared(statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            variables |= names[statement].binds & constants
            constants |= names[statement].binds
    return variables


def declared(statement: ast.stmt) -> set[str]:
    """The names that bare annotations in a statement declare."""
    return {
        node.target.id
        for node in module_level(statement)
        if isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.target, ast.Name)
    }


def is_definition(statement: ast.stmt, vocabulary: Vocabulary) -> bool:
    """Imports, functions, classes, type aliases, constants, `Final` names, and `if`/`try` around nothing but these."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.ClassDef() | ast.TypeAlias():
            return True
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]
            return all(is_constant(default) for default in defaults)
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value, annotation=annotation):
            return is_constant(value) or is_final(annotation, vocabulary)
        case ast.Assign(targets=targets, value=value):
            return all(isinstance(t, ast.Name) for t in targets) and is_constant(value)
        case ast.If(test=test, body=body, orelse=orelse):
            return _is_settled(test, vocabulary) and _all_definitions([*body, *orelse], vocabulary)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            nested = [s for handler in handlers for s in handler.body]
            return _all_definitions([*body, *nested, *orelse, *finalbody], vocabulary)
    return False


def _all_definitions(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> bool:
    return all(isinstance(s, ast.Pass) or is_definition(s, vocabulary) for s in statements)


def _is_settled(test: ast.expr, vocabulary: Vocabulary) -> bool:
    """Nothing in a condition calls anything or asks for the request's method."""
    return not any(
        isinstance(node, ast.Call | ast.NamedExpr)
        or (isinstance(node, ast.expr) and vocabulary.public_name(node) in FLAGS)
        for node in ast.walk(test)
    )


def is_constant(value: ast.expr) -> bool:
    """A literal that can't change: a number, a string, bytes, None, a bool, a tuple of these, arithmetic on them."""
    match value:
        case ast.Constant():
            return True
        case ast.Tuple(elts=items):
            return all(is_constant(item) for item in items)
        case ast.UnaryOp(operand=operand):
            return is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return is_constant(left) and is_constant(right)
    return False


def is_final(annotation: ast.expr, vocabulary: Vocabulary) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return vocabulary.resolve(annotation) in {"typing.Final", "typing_extensions.Final"}
