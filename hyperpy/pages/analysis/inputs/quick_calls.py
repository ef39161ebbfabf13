"""Which calls may block the event loop: all but those of quick functions, and methods of the request's own objects."""

import ast
import typing
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Final

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.objects.contents import request_kind
from hyperpy.pages.analysis.vocabulary import QUICK_CALLS, Vocabulary
from hyperpy.pages.facts import Declaration, unquoted
from hyperpy.record_classes import record

# Calls of these never send a route to a worker thread. The list is published in docs/route-files.md.
_BUILTINS = """
    abs all any bin bool bytes chr dict divmod enumerate filter float format frozenset getattr hasattr hash hex id int
    isinstance issubclass iter len list map max min next oct ord pow range repr reversed round set slice sorted str sum
    tuple type zip
"""
QUICK_BUILTINS: Final = frozenset(_BUILTINS.split())

# The objects whose methods don't wait, by their imported names, and their attributes that hold nothing but texts or
# objects of the same sort. Other attributes, such as `request.state` and `form.data`, may be the site's own objects.
_PLAIN_PARTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "form": frozenset({"errors", "values"}),
        "htmx": frozenset({"current_url", "fragment", "prompt", "target", "trigger", "trigger_name"}),
        "request": frozenset({"base_url", "cookies", "headers", "method", "path_params", "query_params", "url"}),
        "response": frozenset({"headers", "raw_headers"}),
        "session": frozenset(),
    }
)
_QUICK_METHODS: Final[Mapping[str, str]] = MappingProxyType({"channel": "publish_soon"})
"""Functions, and the method of their results that doesn't wait."""


@record(frozen=True, slots=True)
class QuickObjects:
    """The objects of hyperpy that some code has, by their names."""

    vocabulary: Vocabulary
    declared: Mapping[str, str]
    """Variables, and which of the objects above they are."""

    def have(self, called: ast.expr) -> bool:
        """Whether what is called is a method of one of these objects, or of a plain part of one."""
        match called:
            case ast.Attribute(value=ast.Call(func=made), attr=method):
                return _QUICK_METHODS.get(self.vocabulary.public_name(made)) == method
        parts: list[str] = []
        node = called
        while isinstance(node, ast.Attribute | ast.Subscript):
            parts.append(node.attr if isinstance(node, ast.Attribute) else "")
            node = node.value
            if (kind := self._kind(node)) is not None:
                method, *owners = parts
                return bool(method) and (not owners or owners[-1] in _PLAIN_PARTS[kind])
        return False

    def _kind(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name) and node not in self.vocabulary.local and node.id in self.declared:
            return self.declared[node.id]
        name = self.vocabulary.public_name(node)
        return name if name in _PLAIN_PARTS else None


def quick_objects(declarations: Iterable[Declaration], index: FileIndex, vocabulary: Vocabulary) -> QuickObjects:
    """The objects that a route file declares or imports."""
    kinds = {d.name: _kind_of(d.annotation, vocabulary) for d in declarations}
    targets = {d.node.target for d in declarations if isinstance(d.node, ast.AnnAssign)}
    names = [name for name in index.of(ast.Name) if isinstance(name.ctx, ast.Store)]
    replaced = {name.id for name in names if name not in targets}
    known = {name: kind for name, kind in kinds.items() if kind is not None and name not in replaced}
    if "response" in replaced and "response" not in vocabulary.objects:
        known["response"] = "response"  # whatever the file assigns to it is the answer
    return QuickObjects(vocabulary, known)


def quick_parameters(arguments: ast.arguments, index: FileIndex, vocabulary: Vocabulary) -> QuickObjects:
    """The objects that a dependency gets or imports; `index` is of its body."""
    declared = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    kinds = {a.arg: _kind_of(unquoted(a.annotation), vocabulary) for a in declared if a.annotation is not None}
    replaced = {name.id for name in index.of(ast.Name) if isinstance(name.ctx, ast.Store)}
    return QuickObjects(vocabulary, {n: kind for n, kind in kinds.items() if kind is not None and n not in replaced})


def may_block(statements: Sequence[ast.stmt], bound: frozenset[str], index: FileIndex, quick: QuickObjects) -> bool:
    """Whether statements or templates call anything not known to be quick; `bound` are the names that the file sets."""
    builtins, vocabulary = QUICK_BUILTINS - bound, quick.vocabulary
    calls = (call.func for statement in statements for call in index.calls_at_once(statement))
    return any(
        vocabulary.public_name(called) not in QUICK_CALLS
        and not (isinstance(called, ast.Name) and called.id in builtins)
        and not quick.have(called)
        and not vocabulary.is_marker_function(called)  # made once, at load
        and not vocabulary.is_form(called)
        for called in calls
    )


def _kind_of(annotation: ast.expr, vocabulary: Vocabulary) -> str | None:
    """Which of the objects above has a declared type, if one has."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _only(left, right, vocabulary=vocabulary)
        case ast.Subscript(value=outer, slice=ast.Tuple(elts=[kind, *_])) if vocabulary.value(outer) is Annotated:
            return _kind_of(kind, vocabulary)
        case ast.Subscript(value=outer, slice=kind) if vocabulary.value(outer) is typing.Optional:
            return _kind_of(kind, vocabulary)
        case ast.Subscript(value=outer):
            annotation = outer
    value = vocabulary.value(annotation)
    return (
        request_kind(value, vocabulary.public)
        if isinstance(value, type)
        else vocabulary.answer(request_kind, annotation)
    )


def _only(*members: ast.expr, vocabulary: Vocabulary) -> str | None:
    """The same for the one member of a union that isn't None."""
    others = [each for each in members if not (isinstance(each, ast.Constant) and each.value is None)]
    return _kind_of(others[0], vocabulary) if len(others) == 1 else None
