"""What functions of other files do with the request: questions whose answers depend on their code."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from textwrap import dedent
from types import CodeType, FunctionType, ModuleType

from hyperpy.pages.facts import FLAGS, is_inert
from hyperpy.pages.known_names import REQUEST_NAMES, PublicNames


def uses_request(value: object, public: PublicNames) -> bool:
    """Whether a function of another file reads the imported `request`, itself or by another function."""
    return _reads(value, public, set())


def _reads(function: object, public: PublicNames, seen: set[FunctionType]) -> bool:
    if not isinstance(function, FunctionType) or function in seen or function.__module__.startswith("hyperpy."):
        return False
    seen.add(function)
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    values = [function.__globals__.get(name) for name in names]
    values += [vars(module).get(name) for module in values if isinstance(module, ModuleType) for name in names]
    return any(public.name_of(v) in REQUEST_NAMES or _reads(v, public, seen) for v in values)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of a function and of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def methods_asked_for(value: object, public: PublicNames) -> tuple[str, ...]:
    """The methods that a function asks for, if that is all it does: `def is_post(): return bool(POST)`."""
    if not isinstance(value, FunctionType):
        return ()
    found: list[str] = []
    for node in _returned(value, public):
        match node:
            case ast.Name(id=name):
                found.append(public.name_of(value.__globals__.get(name)))
            case ast.Constant(value=str(text)):
                found.append(text.upper())
    return tuple(found)


def _texts(constants: Iterable[object]) -> Iterator[str]:
    """The strings among the constants of some code, which holds those of an `in` as a tuple or frozenset."""
    for constant in constants:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            yield from _texts(constant)


# The parts of an expression that only asks for the method.
_PARTS = (ast.BoolOp, ast.boolop, ast.UnaryOp, ast.Not, ast.Compare, ast.cmpop, ast.Name, ast.Attribute, ast.Constant)
_MORE = (ast.Call, ast.Tuple, ast.Set, ast.List, ast.expr_context)


def _returned(function: FunctionType, public: PublicNames) -> list[ast.AST]:
    """The parts of what a function returns, if it does nothing else than ask for the method."""
    code = function.__code__
    named = {public.name_of(function.__globals__.get(name)) for name in code.co_names}
    if FLAGS.isdisjoint(named) and FLAGS.isdisjoint(text.upper() for text in _texts(code.co_consts)):
        return []
    try:
        tree = ast.parse(dedent(inspect.getsource(function)))
    except OSError, SyntaxError, TypeError:
        return []
    match tree.body:
        case [ast.FunctionDef(body=[*before, ast.Return(value=ast.expr() as value)])]:
            parts = list(ast.walk(value))
            calls = [ast.unparse(part.func) for part in parts if isinstance(part, ast.Call)]
            attributes = [part.attr for part in parts if isinstance(part, ast.Attribute)]
            plain = all(isinstance(part, _PARTS + _MORE) for part in parts)
            plain = plain and set(calls) <= {"bool"} and set(attributes) <= {"method"}
            return parts if plain and all(is_inert(statement) for statement in before) else []
    return []
