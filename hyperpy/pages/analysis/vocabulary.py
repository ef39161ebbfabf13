"""hyperpy's own names, and how the expressions of a file resolve to them.

A name means the object that the file's imports bind to it, however it is spelled.
"""

import ast
import functools
import typing
from collections.abc import Callable, Mapping
from dataclasses import field

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.objects.asked import Asked, Path, Question, object_at
from hyperpy.pages.analysis.objects.contents import holds_marker
from hyperpy.pages.body_inputs import Body, File, Form
from hyperpy.pages.input_functions import Cookie, Depends, Header, Query
from hyperpy.pages.input_functions import Path as PathInput
from hyperpy.pages.input_markers import InputMarker
from hyperpy.pages.known_names import MISSING, RESPONSE_CLASSES, PublicNames, is_marker, is_marker_function
from hyperpy.record_classes import record
from hyperpy.templates.at_load.child_nodes import nodes_in
from hyperpy.templates.at_load.literals import Literals, certain_templates

HTML_CALLS = frozenset({"Markup", "html", "render"})
EVENT_CALLS = frozenset({"Event", "JSON"})
EVENT_MODULE = "hyperpy.datastar"
"""Its functions make events. It isn't imported here, because few sites use it."""
RESPONSES = frozenset({*RESPONSE_CLASSES, "redirect"})
ANSWERS = RESPONSES | {"render"}
_TAKING_DEFAULTS = (Query, Header, Cookie, PathInput, Form, File, Body)
"""Functions whose first parameter is the default."""
"""A bare call of one of these answers the request."""
_QUICK_FUNCTIONS = frozenset(
    {
        *("FormField", "HTTPException", "Suspense", "TrustedCSS", "TrustedJS", "TrustedURL"),
        *("asset", "channel", "flash", "flashes", "url"),
    }
)
QUICK_CALLS = (RESPONSES | HTML_CALLS | EVENT_CALLS | _QUICK_FUNCTIONS) - {"FileResponse"}
"""Calls of these never send a route to a worker thread. docs/route-files.md lists them."""


@record(frozen=True, slots=True)
class Vocabulary:
    """The meaning of a file's names. A name that the file rebinds is not in it."""

    public: PublicNames
    objects: Mapping[str, object]
    """Module-level names, and the objects that imports have bound to them."""
    local: Mapping[ast.Name, object] = field(default_factory=dict)
    """Names in functions that refer to a local variable, and the object if an import binds it."""
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)
    """The file's own aliases of special objects, such as `Q = Query`, with their expressions."""
    asked: Asked = field(default_factory=Asked)

    def value(self, node: ast.expr) -> object:
        """The object that a dotted name resolves to, or `MISSING` if that can't be known before the file runs.

        A cached file is current while this object has the same `described`. For anything else about it, use `answer`.
        """
        return self._looked_up(None, node)

    def answer[T](self, question: Callable[[object, PublicNames], T], node: ast.expr) -> T:
        """The answer to a question about the object that a name resolves to: a function at the top of a module.

        A cached file is current while the answer is the same.
        """
        return question(self._looked_up(question, node), self.public)

    def _looked_up(self, question: Question | None, node: ast.expr) -> object:
        path = self._path(node)
        if path is None:
            return MISSING
        name, *attributes = path
        found = self.objects.get(name, MISSING) if isinstance(name, str) else self.local[name]
        if found is not MISSING and (question or attributes):  # what the names themselves stand for is known
            self.asked.add(question, path)
        return object_at(found, attributes, self.public)

    def _path(self, node: ast.expr) -> Path | None:
        """The name that a dotted name begins with, without aliases, and the attributes after it."""
        if self.aliases and (target := self._target(node)) is not None:
            return self._path(target)
        if isinstance(node, ast.Name):
            return (node if node in self.local else node.id,)
        if isinstance(node, ast.Attribute):
            path = self._path(node.value)
            return (*path, node.attr) if path else None
        return None

    def _target(self, node: ast.expr) -> ast.expr | None:
        if not self.aliases:
            return None
        match node:
            case ast.Name(id=name) if node not in self.local:
                return self.aliases.get(name)
            case ast.Attribute(value=ast.Name(id=owner) as name, attr=attribute) if name not in self.local:
                return self.aliases.get(f"{owner}.{attribute}")
        return None

    def public_name(self, node: ast.expr) -> str:
        """The public name of hyperpy that an expression resolves to, or the empty string."""
        return self.public.name_of(self.value(node))

    def is_final(self, annotation: ast.expr) -> bool:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str) and "Final" in annotation.value:
            try:
                annotation = ast.parse(annotation.value.strip(), mode="eval").body
            except SyntaxError:
                return False
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        return self.value(annotation) is typing.Final

    def is_special(self, node: ast.expr) -> bool:
        """Whether an expression is one of hyperpy's names, an input marker, or a type with a marker."""
        return bool(self.public_name(node)) or self.is_marker(node) or self._is_marked_type(node)

    def is_marker(self, node: ast.expr) -> bool:
        """Whether an expression is an input marker: its class or function, a call of that, or a name of either."""
        if isinstance(node, ast.Call):
            is_partial = bool(node.args) and self.value(node.func) is functools.partial
            node = node.args[0] if is_partial else node.func
        if (target := self._target(node)) is not None:
            return self.is_marker(target)
        return is_marker(_whole(self.value(node)))

    def is_marker_function(self, node: ast.expr) -> bool:
        """Whether an expression is `Query` or its like, whose calls are input markers."""
        if (target := self._target(node)) is not None:
            return self.is_marker_function(target)
        value = self.value(node)
        return is_marker_function(_whole(value)) and not (isinstance(value, functools.partial) and value.args)

    def takes_default(self, node: ast.expr) -> bool:
        """Whether a call of an expression takes a default first, as `Query` does."""
        if (target := self._target(node)) is not None:
            return self.takes_default(target)
        value = self.value(node)
        is_own = any(_whole(value) is function for function in _TAKING_DEFAULTS)
        return is_own and not (isinstance(value, functools.partial) and value.args)

    def is_depends(self, node: ast.expr) -> bool:
        """Whether an expression is `Depends`, or a `functools.partial` of it."""
        if (target := self._target(node)) is not None:
            return self.is_depends(target)
        return _whole(self.value(node)) is Depends

    def is_form(self, annotation: ast.expr) -> bool:
        """Whether a type is `Form[…]`, the form of a model."""
        return isinstance(annotation, ast.Subscript) and self.public_name(annotation.value) == "Form"

    def marks_value(self, node: ast.AnnAssign) -> bool:
        """Whether a value is a marker of the name that it is assigned to, and not a marker to keep under that name."""
        if node.value is None or not self.is_marker(node.value):
            return False
        if isinstance(node.annotation, ast.Name | ast.Attribute) and self.is_final(node.annotation):
            return False
        outer = node.annotation.value if isinstance(node.annotation, ast.Subscript) else node.annotation
        kind = self.value(outer)
        names_class = kind is MISSING and isinstance(outer, ast.Name) and outer.id == "type"
        if names_class and not isinstance(node.value, ast.Call):
            return False
        return not (kind is Callable or (isinstance(kind, type) and issubclass(kind, InputMarker)))

    def is_marked(self, annotation: ast.expr) -> bool:
        """Whether an annotation has an input marker anywhere inside, in its right place or not."""
        calls = (node for node in nodes_in(annotation) if isinstance(node, ast.Call))
        if self._is_marked_type(annotation) or any(self.is_marker(call) for call in calls):
            return True
        value = self.value(annotation)
        return is_marker_function(value) or isinstance(value, InputMarker)

    def _is_marked_type(self, node: ast.expr) -> bool:
        """Whether an expression is `Annotated` with an input marker, a name of such a type, or has one inside."""
        if (target := self._target(node)) is not None:
            return self._is_marked_type(target)
        if isinstance(node, ast.Subscript) and self.value(node.value) is typing.Annotated:
            base, *metadata = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return any(self.is_marker(item) for item in metadata) or self._is_marked_type(base)
        if isinstance(node, ast.Name | ast.Attribute):
            value = self.value(node)
            return not (isinstance(value, type) or is_marker(value)) and self.answer(holds_marker, node)
        return any(isinstance(part, ast.expr) and self._is_marked_type(part) for part in ast.iter_child_nodes(node))

    def certain_templates(self, index: FileIndex, literals: Literals) -> frozenset[ast.TemplateStr]:
        """The t-strings of a file that are certainly templates. Raises TemplateError for an invalid one."""
        nodes = index.of(ast.Expr, ast.Yield, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef)
        return certain_templates(nodes, literals, lambda function: self.public_name(function) == "html")

    def spellings(self, index: FileIndex, name: str) -> frozenset[str]:
        """The interpolations of a file that resolve to one of hyperpy's names, as written."""
        holes = index.of(ast.Interpolation)
        return frozenset(str(hole.str).strip() for hole in holes if self.public_name(hole.value) == name)


def _whole(value: object) -> object:
    """The callable inside a `functools.partial`."""
    while isinstance(value, functools.partial):
        value = value.func
    return value
