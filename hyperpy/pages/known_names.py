"""The objects behind hyperpy's names, and how to know input markers."""

import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import starlette.exceptions
import starlette.responses
from markupsafe import Markup

from hyperpy import responses
from hyperpy.pages.body_inputs import Body, File, Form
from hyperpy.pages.input_functions import MARKER_FUNCTIONS, Cookie, Depends, Header, Loaded, Path, Query
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.route_settings import route
from hyperpy.templates import fragment, html

RESPONSE_CLASSES = (
    *("FileResponse", "HTMLResponse", "JSONResponse", "PlainTextResponse"),
    *("RedirectResponse", "Response", "StreamingResponse"),
)

_OWN: Mapping[str, object] = MappingProxyType(
    {
        "Body": Body,
        "Cookie": Cookie,
        "Depends": Depends,
        "File": File,
        "Form": Form,
        "HTTPException": starlette.exceptions.HTTPException,
        "Header": Header,
        "Loaded": Loaded,
        "Markup": Markup,
        "Path": Path,
        "Query": Query,
        "fragment": fragment,
        "html": html,
        "route": route,
        **{name: getattr(responses, name) for name in RESPONSE_CLASSES},
    }
)

_STARLETTES: Mapping[str, object] = MappingProxyType(
    {name: getattr(starlette.responses, name) for name in RESPONSE_CLASSES}
)
"""The classes that hyperpy's responses are based on mean the same in a route file."""

REQUEST_NAMES: Final = frozenset({"csp_nonce", "flash", "flashes", "htmx", "request", "response", "session"})
"""They stand for other objects in each request."""

MISSING: Final = object()


class PublicNames:
    """The objects behind hyperpy's names; `injected` are those that rooms behind this one define."""

    def __init__(self, injected: Mapping[str, object]) -> None:
        self._objects = {**_OWN, **injected}
        self._names = {id(value): name for name, value in [*_STARLETTES.items(), *self._objects.items()]}

    def name_of(self, value: object) -> str:
        """The public name of an object, or the empty string."""
        return self._names.get(id(value), "")

    def __contains__(self, name: str) -> bool:
        return name in self._objects


def is_marker(value: object) -> bool:
    """Whether a value is an input marker, a class of input markers, or a function of hyperpy that makes one."""
    is_class = issubclass(value if isinstance(value, type) else type(value), InputMarker)
    return is_class or is_marker_function(value)


def is_marker_function(value: object) -> bool:
    return any(value is function for function in MARKER_FUNCTIONS)


def has_marker(annotation: object, seen: frozenset[int] = frozenset()) -> bool:
    """Whether an evaluated annotation has an input marker anywhere inside. A marker class as a type doesn't count."""
    if isinstance(annotation, InputMarker) or is_marker_function(annotation):
        return True
    if id(annotation) in seen:
        return False
    seen |= {id(annotation)}
    if typing.get_origin(annotation) is typing.Annotated:
        base, *metadata = typing.get_args(annotation)
        return any(is_marker(item) for item in metadata) or has_marker(base, seen)
    alias = typing.get_origin(annotation) or annotation
    inner = list(typing.get_args(annotation))
    if isinstance(alias, typing.TypeAliasType):
        try:
            inner.append(alias.__value__)
        except NameError:  # evaluated lazily, it may use an import under `TYPE_CHECKING`
            return False
    elif isinstance(alias, typing.NewType):
        inner.append(alias.__supertype__)
    elif isinstance(annotation, list):
        inner = annotation
    return any(has_marker(part, seen) for part in inner)
