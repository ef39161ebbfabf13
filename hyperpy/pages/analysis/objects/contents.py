"""Questions about what constants and types hold."""

import inspect
import types
import typing
from collections.abc import Mapping
from http import HTTPMethod
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args, get_origin

from starlette.requests import HTTPConnection
from starlette.responses import Response

from hyperpy.forms import ModelForm
from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.known_names import PublicNames, has_marker
from hyperpy.pages.request_objects import RequestObject
from hyperpy.sessions import Session

_KINDS: Final[Mapping[type, str]] = MappingProxyType(
    {ModelForm: "form", RequestObject: "htmx", HTTPConnection: "request", Response: "response", Session: "session"}
)


def holds_marker(value: object, public: PublicNames) -> bool:
    """Whether a type has an input marker anywhere inside."""
    return has_marker(value)


def texts_in(value: object, public: PublicNames) -> tuple[str, ...]:
    """The text that a constant is, or the texts in a collection."""
    members = value if isinstance(value, tuple | list | set | frozenset) else [value]
    found = [str(member) for member in members if isinstance(member, str | HTTPMethod)]
    return tuple(sorted(found) if isinstance(value, set | frozenset) else found)


def request_kind(value: Any, public: PublicNames) -> str | None:
    """Which of the request's own objects a type stands for, by the name with which it can be imported."""
    while True:
        if isinstance(value, typing.TypeAliasType):
            try:
                value = value.__value__
            except NameError:  # evaluated lazily, it may use an import under `TYPE_CHECKING`
                return None
        elif get_origin(value) is Annotated:
            value = value.__origin__
        elif get_origin(value) in {typing.Union, types.UnionType}:
            members = [member for member in get_args(value) if member is not type(None)]
            if len(members) != 1:
                return None
            value = members[0]
        else:
            break
    kind = get_origin(value) or value
    return next((name for known, name in _KINDS.items() if isinstance(kind, type) and issubclass(kind, known)), None)


def pydantics_keywords(value: object, public: PublicNames) -> tuple[str, tuple[str, ...]]:
    """The name of a function of pydantic that accepts any keyword, and the keywords that mean something to it."""
    origin = origin_of(value) if isinstance(value, type | types.FunctionType) else None
    if origin and origin[:2] == ("pydantic.fields", "Field") and callable(value):
        return "Field", tuple(name for name in inspect.signature(value).parameters if name != "extra")
    if origin and origin[:2] == ("pydantic.config", "ConfigDict") and isinstance(value, type):
        return "ConfigDict", tuple(value.__annotations__)
    return "", ()
