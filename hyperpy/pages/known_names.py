"""The objects behind hyperpy's names, and how to know input markers."""

import sys
import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import starlette.exceptions
import starlette.responses
from markupsafe import Markup

from hyperpy import responses
from hyperpy.pages.input_functions import Cookie, Depends, Header, Loaded, Path, Query
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.route_settings import route
from hyperpy.templates import fragment, html

RESPONSE_CLASSES = (
    *("FileResponse", "HTMLResponse", "JSONResponse", "PlainTextResponse"),
    *("RedirectResponse", "Response", "StreamingResponse"),
)

_OWN: Mapping[str, object] = MappingProxyType(
    {
        "Cookie": Cookie,
        "Depends": Depends,
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

_FROM_BODY: Final = {"hyperpy.pages.body_inputs": "Body File Form"}

_STARLETTES: Mapping[str, object] = MappingProxyType(
    {name: getattr(starlette.responses, name) for name in RESPONSE_CLASSES}
)
"""The classes that hyperpy's responses are based on mean the same in a route file."""

REQUEST_NAMES: Final = frozenset({"csp_nonce", "flash", "flashes", "htmx", "request", "response", "session"})
"""They stand for other objects in each request."""

MISSING: Final = object()


class NamesOfModules:
    """The names of objects by the modules that define them. They are known as soon as anybody can have the objects."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._waiting = {module: names.split() for module, names in modules.items()}
        self._objects: dict[int, tuple[str, object]] = {}

    def name_of(self, value: object) -> str:
        if self._waiting and not sys.modules.keys().isdisjoint(self._waiting):
            self._look_again()
        return self._objects.get(id(value), ("",))[0]

    def _look_again(self) -> None:
        for module in filter(_is_imported, list(self._waiting)):
            found = vars(sys.modules[module])
            self._objects |= {id(found[name]): (name, found[name]) for name in self._waiting[module]}
            self._waiting = {name: waiting for name, waiting in self._waiting.items() if name != module}


def _is_imported(module: str) -> bool:
    """Whether a module has been executed to its end."""
    known = sys.modules.get(module)
    return known is not None and not getattr(known.__spec__, "_initializing", False)


class PublicNames:
    """The objects behind hyperpy's names.

    `injected` are those that rooms behind this one define, and `modules` the names of others by their modules, which
    not every site imports.
    """

    def __init__(self, injected: Mapping[str, object], modules: Mapping[str, str]) -> None:
        known = {**_OWN, **injected}
        modules = {**_FROM_BODY, **modules}
        self._defined = known.keys() | " ".join(modules.values()).split()
        self._names = {id(value): name for name, value in [*_STARLETTES.items(), *known.items()]}
        self._later = NamesOfModules(modules)

    def name_of(self, value: object) -> str:
        """The public name of an object, or the empty string."""
        return self._names.get(id(value)) or self._later.name_of(value)

    def __contains__(self, name: str) -> bool:
        return name in self._defined


_MARKER_FUNCTIONS: Final = (Query, Header, Cookie, Path, Depends)
_BODY_MARKER_FUNCTIONS: Final = NamesOfModules(_FROM_BODY)


def is_marker(value: object) -> bool:
    """Whether a value is an input marker, a class of input markers, or a function of hyperpy that makes one."""
    is_class = issubclass(value if isinstance(value, type) else type(value), InputMarker)
    return is_class or is_marker_function(value)


def is_marker_function(value: object) -> bool:
    is_own = any(value is function for function in _MARKER_FUNCTIONS)
    return is_own or bool(_BODY_MARKER_FUNCTIONS.name_of(value))


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


def evaluate_aliases(annotation: object, seen: frozenset[int] = frozenset()) -> None:
    """Evaluates the `type` statements in an annotation, which Python does when their types are asked for.

    Raises whatever their code raises, such as NameError.
    """
    alias = typing.get_origin(annotation) or annotation
    if id(alias) in seen:
        return
    inner = list(typing.get_args(annotation))
    if isinstance(alias, typing.TypeAliasType):
        inner.append(alias.__value__)
        seen |= {id(alias)}
    for part in inner:
        evaluate_aliases(part, seen)
