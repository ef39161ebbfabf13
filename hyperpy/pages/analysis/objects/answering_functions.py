"""What functions of other files take and return: questions whose answers depend on their code."""

import annotationlib
import ast
import inspect
import sys
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, TypeIs

from starlette.responses import Response

from hyperpy.lazy import LazyModule
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.known_names import PublicNames
from hyperpy.user_files import is_users

if TYPE_CHECKING:
    from hyperpy.pages.analysis.objects import returned_values
else:
    returned_values = LazyModule("hyperpy.pages.analysis.objects.returned_values")

_YIELDING = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def kinds_returned(value: object, public: PublicNames) -> tuple[str, ...]:
    """What a function of the user's may return, if that may be a response, else nothing; see `returned_values`."""
    found = _kinds(value, {})
    return tuple(sorted(found)) if returned_values.RESPONSE in found else ()


def returns_html(value: object, public: PublicNames) -> bool:
    """Whether all that a function of the user's returns is t-strings."""
    if not is_users_function(value) or value.__code__.co_flags & (_YIELDING | inspect.CO_COROUTINE):
        return False
    definition = returned_values.source_of(value)
    values = returned_values.returned_values(definition) if definition else []
    return bool(values) and all(isinstance(each, ast.TemplateStr) for each in values)


def marker_parameters(value: object, public: PublicNames) -> tuple[tuple[int, str], ...]:
    """The parameters of a function whose defaults are input markers, with their positions; -1 for keywords."""
    if not isinstance(value, FunctionType):
        return ()
    names = value.__code__.co_varnames[: value.__code__.co_argcount]
    defaults = value.__defaults__ or ()
    first = len(names) - len(defaults)
    found = [(first + at, names[first + at]) for at, each in enumerate(defaults) if isinstance(each, InputMarker)]
    found += [(-1, name) for name, each in (value.__kwdefaults__ or {}).items() if isinstance(each, InputMarker)]
    annotations = annotationlib.get_annotations(value, format=annotationlib.Format.FORWARDREF) if found else {}
    return tuple(each for each in found if not takes_markers(annotations.get(each[1])))


def takes_markers(annotation: object) -> bool:
    """Whether a parameter of this type is meant to be a marker."""
    return isinstance(annotation, type) and issubclass(annotation, InputMarker)


def is_users_function(value: object) -> TypeIs[FunctionType]:
    return isinstance(value, FunctionType) and is_users(value.__code__.co_filename)


def is_response_class(value: object) -> TypeIs[type[Response]]:
    """Whether a value is a class of responses. One of the user's with more methods may have other uses."""
    if not isinstance(value, type) or not issubclass(value, Response):
        return False
    return not is_users(sys.modules[value.__module__].__file__ or "") or all(n.startswith("_") for n in _added(value))


def _added(response: type[Response]) -> set[str]:
    return set(dir(response)) - set(dir(Response))


def _kinds(function: object, known: dict[FunctionType, frozenset[str]]) -> frozenset[str]:
    if not is_users_function(function):
        return frozenset()
    if function not in known:
        known[function] = frozenset()  # while it is looked for: it may call itself
        may_answer = any(isinstance(e, Response) or is_response_class(e) or _kinds(e, known) for e in _named(function))
        if may_answer and not function.__code__.co_flags & _YIELDING:
            definition = returned_values.source_of(function)
            if definition is not None:
                known[function] = returned_values.returned_kinds(
                    definition, lambda value: _kinds_of(value, function, known)
                )
    return known[function]


def _kinds_of(value: ast.expr, function: FunctionType, known: dict[FunctionType, frozenset[str]]) -> frozenset[str]:
    found = _found(value.func if isinstance(value, ast.Call) else value, function)
    if is_response_class(found) if isinstance(value, ast.Call) else isinstance(found, Response):
        return frozenset({returned_values.RESPONSE})
    inner = _kinds(found, known) if isinstance(value, ast.Call) else frozenset[str]()
    return inner or frozenset({returned_values.VALUE})


def _named(function: FunctionType) -> Iterator[object]:
    """What the names in a function's code stand for, attributes of modules included."""
    names = function.__code__.co_names
    for value in map(function.__globals__.get, names):
        if isinstance(value, ModuleType):
            yield from map(vars(value).get, names)
        else:
            yield value


def _found(node: ast.expr, function: FunctionType) -> object:
    """The object that a name in a function, or an attribute of a module, stands for."""
    match node:
        case ast.Name(id=name):
            return function.__globals__.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            module = function.__globals__.get(name)
            return vars(module).get(attribute) if isinstance(module, ModuleType) else None
    return None
