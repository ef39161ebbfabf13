"""Input markers: what a route file writes into `Annotated[…]` to say where an input comes from."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request


class InputMarker(ABC):
    """The base class of all input markers, `Query`, `Header` and `Cookie` among them.

    A subclass defines `value`. pydantic then converts and checks what it returns, as the annotation says.
    """

    is_text: ClassVar[bool] = False
    """The value is text, so the annotation must be a type that text can be converted to."""

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


@dataclass(frozen=True, slots=True)
class Query(InputMarker):
    """A query parameter; `name` is its name in the URL if that differs. A list takes all values of that name."""

    name: str = ""
    is_text: ClassVar[bool] = True

    def key(self, name: str) -> str:
        return self.name or name

    def value(self, request: Request, name: str) -> str | None:
        return request.query_params.get(self.key(name))

    def values(self, request: Request, name: str) -> list[str]:
        return request.query_params.getlist(self.key(name))


@dataclass(frozen=True, slots=True)
class Header(InputMarker):
    """A request header. Without a `name`, the variable's: `user_agent` is `user-agent`. Values are decoded as UTF-8."""

    name: str = ""
    is_text: ClassVar[bool] = True

    def key(self, name: str) -> str:
        return self.name.lower() or name.replace("_", "-").lower()

    def value(self, request: Request, name: str) -> str | None:
        values = self.values(request, name)
        return values[0] if values else None

    def values(self, request: Request, name: str) -> list[str]:
        key = self.key(name)
        return [_header_text(key, value) for value in request.headers.getlist(key)]

    def vary(self, name: str) -> str:
        return self.key(name)


@dataclass(frozen=True, slots=True)
class Cookie(InputMarker):
    """A cookie of the request; `name` is its name there if that differs."""

    name: str = ""
    is_text: ClassVar[bool] = True

    def key(self, name: str) -> str:
        return self.name or name

    def value(self, request: Request, name: str) -> str | None:
        return request.cookies.get(self.key(name))

    def vary(self, name: str) -> str:
        return "cookie"


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
