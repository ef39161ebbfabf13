"""Input markers: what a route file writes to say where an input comes from."""

from abc import ABC, ABCMeta, abstractmethod
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never

from starlette.requests import Request

from hyperpy.record_classes import record

NO_CONSTRAINTS: Mapping[str, Any] = MappingProxyType({})

# The default of a marker without one.
NO_DEFAULT: Final[Any] = object()

if TYPE_CHECKING:

    class _MarkerType(ABCMeta):
        """Lets type checkers accept `x: T = Marker()`, where the value will be a `T` and not the marker."""

        def __call__(cls, *args: Any, **kwargs: Any) -> Any: ...

    class _Base(metaclass=_MarkerType): ...

else:
    _Base = ABC


class InputMarker(_Base):
    """The base class of all input markers.

    A subclass defines `value`. pydantic then converts and checks what it returns, as the annotation says.
    """

    is_text: ClassVar[bool] = False
    """The value is text, so the annotation must be a type that text can be converted to."""

    def __bool__(self) -> Never:
        """Raises TypeError: code that tests a marker takes it for the visitor's value, and would let everybody pass."""
        raise self._not_a_value()

    def __str__(self) -> Never:
        """Raises TypeError, as a test does."""
        raise self._not_a_value()

    def _not_a_value(self) -> TypeError:
        what = "an input has a value only in the route file, guard or dependency that declares it"
        return TypeError(f"{what}; this is the {type(self).__name__} itself, from another module")

    @abstractmethod
    def value(self, request: Request, name: str) -> object:
        """The raw value of the input called `name`, or None if the request has none."""

    def values(self, request: Request, name: str) -> list[str]:
        """All values of a text marker, for an annotation like `list[T]`; a subclass that has them overrides this."""
        raise NotImplementedError

    def key(self, name: str) -> str:
        """The name of the input in the request, as error messages show it."""
        return name

    def vary(self, name: str) -> str:
        """The request header that the value depends on, for the `Vary` header of the response; empty if none."""
        return ""


@record(frozen=True)
class TextMarker(InputMarker):
    """A marker made by `Query()`, `Header()`, `Cookie()` or `Path()`."""

    is_text: ClassVar[bool] = True
    alias: str = ""
    constraints: Mapping[str, Any] = field(default=NO_CONSTRAINTS)
    """Keywords of pydantic's `Field`."""
    default: Any = field(default=NO_DEFAULT, compare=False)
    """Used for the parameters of dependencies. A route file evaluates its defaults for each request instead."""

    @property
    def has_default(self) -> bool:
        return self.default is not NO_DEFAULT

    def __post_init__(self) -> None:
        if not isinstance(self.alias, str):
            raise TypeError(f"the alias of {source_of(self).title()}() must be a str, not {type(self.alias).__name__}")

    def key(self, name: str) -> str:
        return self.alias or name


class QueryMarker(TextMarker):
    def value(self, request: Request, name: str) -> str | None:
        return request.query_params.get(self.key(name))

    def values(self, request: Request, name: str) -> list[str]:
        return request.query_params.getlist(self.key(name))


class HeaderMarker(TextMarker):
    def key(self, name: str) -> str:
        return self.alias.lower() or name.replace("_", "-").lower()

    def value(self, request: Request, name: str) -> str | None:
        values = self.values(request, name)
        return values[0] if values else None

    def values(self, request: Request, name: str) -> list[str]:
        key = self.key(name)
        return [_header_text(key, value) for value in request.headers.getlist(key)]

    def vary(self, name: str) -> str:
        return self.key(name)


class CookieMarker(TextMarker):
    def value(self, request: Request, name: str) -> str | None:
        return request.cookies.get(self.key(name))

    def vary(self, name: str) -> str:
        return "cookie"


class PathMarker(TextMarker):
    """The router has the value already; see `Run.bind`."""

    def value(self, request: Request, name: str) -> str | None:
        value: str | None = request.path_params.get(self.key(name))
        return value


@record(frozen=True)
class DependsMarker(InputMarker):
    """A marker made by `Depends()`; see `Run.prepare`."""

    dependency: Any = NO_DEFAULT
    """The function; `NO_DEFAULT` stands for the class in the annotation."""

    @property
    def is_given(self) -> bool:
        return self.dependency is not NO_DEFAULT

    def value(self, request: Request, name: str) -> Never:
        raise AssertionError("the value of a dependency is not read from the request")


def source_of(marker: InputMarker) -> str:
    """Where an input comes from, in a word: `query`, `header`."""
    return type(marker).__name__.removesuffix("Marker").lower()


def _header_text(name: str, value: str) -> str:
    """Starlette decodes headers as Latin-1, as RFC 9110 did of old; clients today send UTF-8.

    Last-Event-ID is always UTF-8 (WHATWG HTML, 9.2.3). Invalid bytes there make it an id that no client was given,
    which is not an error.
    """
    if value.isascii():
        return value
    raw = value.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(errors="replace") if name == "last-event-id" else value
