"""Whether functions of other files return responses or HTML: questions whose answers depend on their code."""

import ast
import inspect
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, TypeIs

from starlette.responses import Response

from hyperpy.lazy import LazyModule
from hyperpy.pages.known_names import PublicNames
from hyperpy.user_files import is_users

if TYPE_CHECKING:
    from hyperpy.pages.analysis.objects import returned_values
else:
    returned_values = LazyModule("hyperpy.pages.analysis.objects.returned_values")

_YIELDING = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def returns_response(value: object, public: PublicNames) -> bool:
    """Whether a function of the user's may return a response: it makes one in a `return`, or another function does."""
    return _returns(value, {})


def returns_html(value: object, public: PublicNames) -> bool:
    """Whether all that a function of the user's returns is t-strings."""
    if not is_users_function(value) or value.__code__.co_flags & (_YIELDING | inspect.CO_COROUTINE):
        return False
    values = returned_values.source_values(value)
    return bool(values) and all(isinstance(each, ast.TemplateStr) for each in values)


def is_users_function(value: object) -> TypeIs[FunctionType]:
    return isinstance(value, FunctionType) and is_users(value.__code__.co_filename)


def is_response_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Response)


def _returns(function: object, known: dict[FunctionType, bool]) -> bool:
    if not is_users_function(function):
        return False
    if function not in known:
        known[function] = False  # while it is looked for: it may call itself
        if not function.__code__.co_flags & _YIELDING and any(_answers(each, known) for each in _named(function)):
            values = returned_values.source_values(function)
            known[function] = any(_gives(value, function, known) for value in values)
    return known[function]


def _answers(value: object, known: dict[FunctionType, bool]) -> bool:
    """Whether a value is a response, or a call of it may give one."""
    return isinstance(value, Response) or is_response_class(value) or _returns(value, known)


def _named(function: FunctionType) -> Iterator[object]:
    """What the names in a function's code stand for, attributes of modules included."""
    names = function.__code__.co_names
    for value in map(function.__globals__.get, names):
        if isinstance(value, ModuleType):
            yield from map(vars(value).get, names)
        else:
            yield value


def _gives(value: ast.expr, function: FunctionType, known: dict[FunctionType, bool]) -> bool:
    if isinstance(value, ast.Call):
        called = _found(value.func, function)
        return is_response_class(called) or _returns(called, known)
    return isinstance(_found(value, function), Response)


def _found(node: ast.expr, function: FunctionType) -> object:
    """The object that a name in a function, or an attribute of a module, stands for."""
    match node:
        case ast.Name(id=name):
            return function.__globals__.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            module = function.__globals__.get(name)
            return vars(module).get(attribute) if isinstance(module, ModuleType) else None
    return None
