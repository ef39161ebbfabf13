"""Kinds of dependencies (function, class, generator function), and how each is called."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FunctionType, MethodType
from typing import Any, Final

from hyperpy.pages.loading.resolved_inputs import DependencyKind
from hyperpy.record_classes import record


@contextmanager
def _generator() -> Iterator[None]:
    yield


@asynccontextmanager
async def _async_generator() -> AsyncIterator[None]:
    yield


def _code_of(function: object) -> object:
    return getattr(getattr(function, "__func__", function), "__code__", None)


# The functions that these decorators make have the same code, whatever they decorate.
_DECORATED: Final = {
    _code_of(_generator): DependencyKind.CONTEXT,
    _code_of(_async_generator): DependencyKind.ASYNC_CONTEXT,
}


@record(frozen=True, slots=True)
class Callee:
    """A dependency that has been inspected."""

    call: Callable[..., Any]
    """The callable to use: for a generator function, one that makes context managers."""
    kind: DependencyKind
    key: Hashable
    function: FunctionType | None
    """The Python function that has its parameters, if there is one."""
    owner: type | None
    """The class, if it is one."""
    module: str
    name: str


def inspected(call: Callable[..., Any]) -> Callee:
    """Any callable: a function, a method, a class, a `functools.partial`, an object with `__call__`."""
    whole: Any = call
    while isinstance(whole, functools.partial):
        whole = whole.func
    owner = whole if isinstance(whole, type) else None
    target = whole
    if owner is not None:
        target = owner.__init__ if isinstance(owner.__init__, FunctionType) else owner.__new__  # type: ignore[misc]
    elif not isinstance(whole, FunctionType | MethodType):
        target = inspect.getattr_static(type(whole), "__call__", whole)
    kind, is_decorated = (DependencyKind.VALUE, False) if owner is not None else _kind(target)
    function = inspect.unwrap(getattr(target, "__func__", target))
    return Callee(
        call=call if is_decorated else _as_context(call, kind),
        kind=kind,
        key=key_of(call),
        function=function if isinstance(function, FunctionType) else None,
        owner=owner,
        module=str(getattr(whole, "__module__", "")),
        name=getattr(whole, "__qualname__", type(whole).__qualname__).rpartition("<locals>.")[2],
    )


def key_of(call: Callable[..., Any]) -> Hashable:
    """Equal for the same function, however it has been reached. Each access makes another bound method."""
    return (id(call.__self__), id(call.__func__)) if isinstance(call, MethodType) else id(call)


def _kind(target: Any) -> tuple[DependencyKind, bool]:
    """Its return type, even if decorated, and whether that is a context manager already."""
    code = _code_of(target)
    if code in _DECORATED:
        return _DECORATED[code], True
    for function in (target, inspect.unwrap(target)):
        if inspect.iscoroutinefunction(function):
            return DependencyKind.AWAITABLE, False
        if inspect.isasyncgenfunction(function):
            return DependencyKind.ASYNC_CONTEXT, False
        if inspect.isgeneratorfunction(function):
            return DependencyKind.CONTEXT, False
    return DependencyKind.VALUE, False


def _as_context(call: Callable[..., Any], kind: DependencyKind) -> Callable[..., Any]:
    if kind is DependencyKind.CONTEXT:
        return contextmanager(call)
    return asynccontextmanager(call) if kind is DependencyKind.ASYNC_CONTEXT else call
