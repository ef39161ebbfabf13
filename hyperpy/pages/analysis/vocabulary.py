"""hyperpy's own names, and how the expressions of a file resolve to them.

A name means the object that the file's imports bind to it, however it is spelled.
"""

import ast
import functools
import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Final

import starlette.exceptions
import starlette.responses
from markupsafe import Markup

from hyperpy.pages.input_markers import Cookie, Header, InputMarker, Query
from hyperpy.pages.route_settings import route
from hyperpy.templates import fragment, html

FLAGS = frozenset({"DELETE", "GET", "PATCH", "POST", "PUT"})
HTML_CALLS = frozenset({"Markup", "html", "render"})
EVENT_CALLS = frozenset({"Event", "JSON"})
_RESPONSE_CLASSES = (
    *("FileResponse", "HTMLResponse", "JSONResponse", "PlainTextResponse"),
    *("RedirectResponse", "Response", "StreamingResponse"),
)
RESPONSES = frozenset({*_RESPONSE_CLASSES, "redirect"})
ANSWERS = RESPONSES | {"render"}
"""A bare call of one of these answers the request."""
QUICK_CALLS = (RESPONSES | HTML_CALLS | EVENT_CALLS | {"HTTPException", "url"}) - {"FileResponse"}
"""Calls of these never send a route to a worker thread. docs/route-files.md lists them."""

_OWN: Mapping[str, object] = MappingProxyType(
    {
        "Cookie": Cookie,
        "HTTPException": starlette.exceptions.HTTPException,
        "Header": Header,
        "Markup": Markup,
        "Query": Query,
        "fragment": fragment,
        "html": html,
        "route": route,
        **{name: getattr(starlette.responses, name) for name in _RESPONSE_CLASSES},
    }
)

MISSING: Final = object()


class PublicNames:
    """The objects behind hyperpy's names; `injected` are those that rooms behind this one define."""

    def __init__(self, injected: Mapping[str, object]) -> None:
        self._objects = {**_OWN, **injected}
        self._names = {id(value): name for name, value in self._objects.items()}

    def name_of(self, value: object) -> str:
        """The public name of an object, or the empty string."""
        return self._names.get(id(value), "")

    def __contains__(self, name: str) -> bool:
        return name in self._objects


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The meaning of a file's names. A name that the file rebinds is not in it."""

    public: PublicNames
    objects: Mapping[str, object]
    """Module-level names, and the objects that imports have bound to them."""
    local: Mapping[ast.Name, object] = field(default_factory=dict)
    """Names in functions that refer to a local variable, and the object if an import binds it."""
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)
    """The file's own aliases of special objects, such as `Q = Query`, with their expressions."""

    def value(self, node: ast.expr) -> object:
        """The object that a dotted name resolves to, or `MISSING` if that can't be known before the file runs."""
        if (target := self._target(node)) is not None:
            return self.value(target)
        match node:
            case ast.Name(id=name):
                return self.local[node] if node in self.local else self.objects.get(name, MISSING)
            case ast.Attribute(value=owner, attr=name):
                found = self.value(owner)
                return MISSING if found is MISSING else self._attribute(found, name)
        return MISSING

    def _target(self, node: ast.expr) -> ast.expr | None:
        match node:
            case ast.Name(id=name) if node not in self.local:
                return self.aliases.get(name)
            case ast.Attribute(value=ast.Name(id=owner) as name, attr=attribute) if name not in self.local:
                return self.aliases.get(f"{owner}.{attribute}")
        return None

    def _attribute(self, owner: object, name: str) -> object:
        """Looks up an attribute without running user code, except a module's `__getattr__` for a public name."""
        if not isinstance(owner, ModuleType):
            found = inspect.getattr_static(owner, name, MISSING)
            return found.__func__ if isinstance(found, staticmethod) else found
        if name in owner.__dict__ or name not in self.public:
            return owner.__dict__.get(name, MISSING)
        return getattr(owner, name, MISSING)

    def public_name(self, node: ast.expr) -> str:
        """The public name of hyperpy that an expression resolves to, or the empty string."""
        return self.public.name_of(self.value(node))

    def is_final(self, annotation: ast.expr) -> bool:
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        return self.value(annotation) is typing.Final

    def is_special(self, node: ast.expr) -> bool:
        """Whether an expression is one of hyperpy's names, an input marker, or a type with a marker."""
        return bool(self.public_name(node)) or self.is_marker(node) or self.is_marked(node)

    def is_marker(self, node: ast.expr) -> bool:
        """Whether an expression is an input marker: its class, a call of that, or a name of either."""
        if isinstance(node, ast.Call):
            node = node.func
        if (target := self._target(node)) is not None:
            return self.is_marker(target)
        value = self.value(node)
        while isinstance(value, functools.partial):
            value = value.func
        return is_marker(value)

    def is_marked(self, annotation: ast.expr) -> bool:
        """Whether an annotation is `Annotated` with an input marker, a name of such a type, or has one inside."""
        if (target := self._target(annotation)) is not None:
            return self.is_marked(target)
        if isinstance(annotation, ast.Subscript) and self.value(annotation.value) is typing.Annotated:
            base, *metadata = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
            return any(self.is_marker(item) for item in metadata) or self.is_marked(base)
        if isinstance(annotation, ast.Name | ast.Attribute):
            return marker_in(self.value(annotation)) is not None
        return any(isinstance(part, ast.expr) and self.is_marked(part) for part in ast.iter_child_nodes(annotation))

    def spellings(self, tree: ast.AST, name: str) -> frozenset[str]:
        """The interpolations in a tree that resolve to one of hyperpy's names, as written."""
        interpolations = (node for node in ast.walk(tree) if isinstance(node, ast.Interpolation))
        return frozenset(str(node.str).strip() for node in interpolations if self.public_name(node.value) == name)


def is_marker(value: object) -> bool:
    """Whether a value is an input marker, or a class of input markers."""
    return issubclass(value if isinstance(value, type) else type(value), InputMarker)


def marker_in(annotation: object) -> object:
    """The input marker, an instance or a class, in the metadata of an evaluated annotation; None if there is none."""
    while isinstance(annotation, typing.TypeAliasType):
        try:
            annotation = annotation.__value__
        except NameError:  # evaluated lazily, it may use an import under `TYPE_CHECKING`
            return None
    if typing.get_origin(annotation) is not typing.Annotated:
        return None
    base, *metadata = typing.get_args(annotation)
    return next((item for item in metadata if is_marker(item)), None) or marker_in(base)
