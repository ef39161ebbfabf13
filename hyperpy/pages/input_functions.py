"""The functions that make input markers, typed as the values that these stand for.

A type checker takes `page: int = Query(1)` for an `int`. At run time each function returns a marker. hyperpy reads it
when the file is loaded, and evaluates the default for each request, where it stands.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Unpack, overload

from hyperpy.exceptions import AnswerError
from hyperpy.pages.constraint_keywords import Constraints, known_constraints
from hyperpy.pages.input_markers import (
    NO_DEFAULT,
    CookieMarker,
    DependsMarker,
    HeaderMarker,
    PathMarker,
    QueryMarker,
)


@overload
def Query[T](default: T, *, alias: str = "", **constraints: Unpack[Constraints]) -> T: ...
@overload
def Query(*, alias: str = "", **constraints: Unpack[Constraints]) -> Any: ...
def Query(default: Any = NO_DEFAULT, *, alias: str = "", **constraints: Unpack[Constraints]) -> Any:
    """A query parameter; `alias` is its name in the URL if that differs. A list takes all values of that name."""
    return QueryMarker(alias, known_constraints(Query, constraints), default)


@overload
def Header[T](default: T, *, alias: str = "", **constraints: Unpack[Constraints]) -> T: ...
@overload
def Header(*, alias: str = "", **constraints: Unpack[Constraints]) -> Any: ...
def Header(default: Any = NO_DEFAULT, *, alias: str = "", **constraints: Unpack[Constraints]) -> Any:
    """A request header. Without an `alias`, the variable's name: `user_agent` is `user-agent`. Decoded as UTF-8."""
    return HeaderMarker(alias, known_constraints(Header, constraints), default)


@overload
def Cookie[T](default: T, *, alias: str = "", **constraints: Unpack[Constraints]) -> T: ...
@overload
def Cookie(*, alias: str = "", **constraints: Unpack[Constraints]) -> Any: ...
def Cookie(default: Any = NO_DEFAULT, *, alias: str = "", **constraints: Unpack[Constraints]) -> Any:
    """A cookie of the request; `alias` is its name there if that differs."""
    return CookieMarker(alias, known_constraints(Cookie, constraints), default)


def Path(*, alias: str = "", **constraints: Unpack[Constraints]) -> Any:
    """A parameter of the URL's path; `alias` is its name in the file's path if that differs."""
    return PathMarker(alias, known_constraints(Path, constraints))


@overload
def Depends[T](dependency: Callable[..., AsyncIterator[T]]) -> T: ...
@overload
def Depends[T](dependency: Callable[..., Iterator[T]]) -> T: ...
@overload
def Depends[T](dependency: Callable[..., Awaitable[T]]) -> T: ...
@overload
def Depends[T](dependency: Callable[..., T]) -> T: ...
@overload
def Depends() -> Any: ...
def Depends(dependency: Callable[..., Any] = NO_DEFAULT) -> Any:
    """The value that a function makes for this request: `user: User = Depends(current_user)`.

    `dependency` is a function or another callable, async or not. Its parameters are inputs as well, and may depend on
    other functions. It is called once per request, for the guards, the route and the other dependencies together. If it
    is a generator function, the value is what it yields, and it is resumed after the page has been rendered or the
    stream has ended. An exception of the request is raised at its `yield`. Without an argument, the dependency is the
    class in the annotation.
    """
    return DependsMarker(dependency)


def Loaded() -> Any:
    """Say that the loader, or another statement of the file, sets this name: `user: User = Loaded()`."""
    raise AnswerError(
        "`Loaded()` has no value", hint="Write it at the top level of a route file: `user: User = Loaded()`."
    )
