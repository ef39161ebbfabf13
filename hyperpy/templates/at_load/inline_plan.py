"""t-strings in a route file → calls of functions made for them: no Template is built, and nothing is looked up.

A t-string evaluates all of its expressions first and is rendered later. That stays so: the expressions become the
arguments of the call, in their order. Those of a t-string inside another one, in a comprehension or a condition, become
tuples of values, which the same function renders.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from hyperpy.templates.rendering.codegen import used_holes
from hyperpy.templates.syntax.nodes import (
    Attribute,
    Component,
    Context,
    Document,
    Fragment,
    Hole,
    HoleShape,
    Node,
    Spec,
    Tag,
)
from hyperpy.templates.syntax.problems import first_words

type Binding = tuple[str, ast.expr]
"""A variable of the function, and the expression whose value it gets."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A hole whose value is rendered by what it is."""

    name: str
    value: ast.expr
    shape: HoleShape
    spec: str

    def bindings(self) -> list[Binding]:
        return [(self.name, self.value)]


@dataclass(frozen=True, slots=True)
class Unused:
    """A hole that renders nothing. Its expression is evaluated only if that could be noticed."""

    name: str
    value: ast.expr

    def bindings(self) -> list[Binding]:
        return [] if isinstance(self.value, ast.Name | ast.Attribute | ast.Constant) else [(self.name, self.value)]


@dataclass(frozen=True, slots=True)
class ClassList:
    """`class={["card", kind, {"open": is_open}]}`: names that are there, values, and names with their conditions."""

    parts: tuple[str | Plain | tuple[str, Plain], ...]

    def bindings(self) -> list[Binding]:
        plain = [part[1] if isinstance(part, tuple) else part for part in self.parts if not isinstance(part, str)]
        return [(part.name, part.value) for part in plain]


@dataclass(frozen=True, slots=True)
class Literal:
    """A t-string, and what becomes of each of its holes."""

    node: ast.TemplateStr
    document: Document
    words: str
    holes: tuple[Plan, ...]

    def bindings(self) -> list[Binding]:
        return [binding for hole in self.holes for binding in hole.bindings()]

    def row(self) -> ast.expr:
        """The values of one rendering: a tuple, or the value itself if there is but one."""
        values = [value for _, value in self.bindings()]
        return values[0] if len(values) == 1 else ast.Tuple(values, ast.Load())


@dataclass(frozen=True, slots=True)
class Rows:
    """A comprehension of t-strings: an iterable of rows."""

    name: str
    node: ast.ListComp | ast.GeneratorExp
    element: Literal | Optional

    def bindings(self) -> list[Binding]:
        element = self.element.row()
        return [(self.name, ast.copy_location(type(self.node)(element, self.node.generators), self.node))]


@dataclass(frozen=True, slots=True)
class Optional:
    """`t"…" if condition else None`: a row in a tuple of one, or None."""

    name: str
    node: ast.IfExp
    then: Literal

    def row(self) -> ast.expr:
        row = ast.Tuple([self.then.row()], ast.Load())
        return ast.copy_location(ast.IfExp(self.node.test, row, ast.Constant(None)), self.node)

    def bindings(self) -> list[Binding]:
        return [(self.name, self.row())]


@dataclass(frozen=True, slots=True)
class Choice:
    """`t"…" if condition else t"…"`: the first one's row in a tuple of one, or that of the second in a tuple of two."""

    name: str
    node: ast.IfExp
    then: Literal
    otherwise: Literal

    def bindings(self) -> list[Binding]:
        then = ast.Tuple([self.then.row()], ast.Load())
        otherwise = ast.Tuple([ast.Constant(None), self.otherwise.row()], ast.Load())
        return [(self.name, ast.copy_location(ast.IfExp(self.node.test, then, otherwise), self.node))]


type Plan = Plain | Unused | ClassList | Literal | Rows | Optional | Choice


class Planner:
    """Makes plans of t-strings. `documents` are the parsed ones by the `id` of their node; others stay as they are."""

    def __init__(self, documents: dict[int, Document]) -> None:
        self.documents = documents
        self.names = 0

    def literal(self, node: ast.TemplateStr) -> Literal | None:
        """None for one that only a rendering tells the meaning of: a computed format spec may be `safe`."""
        document = self.documents.get(id(node))
        holes = [value for value in node.values if isinstance(value, ast.Interpolation)]
        if document is None or any(_spec(hole) is None for hole in holes):
            return None
        texts, classes = _uses(document)
        used = used_holes(document)
        plans: list[Plan] = []
        for index, hole in enumerate(holes):
            shape = document.shapes[index]
            is_bare = shape.conversion is None and shape.spec is Spec.NONE
            plan: Plan | None = None
            if index not in used:
                plan = Unused(self.name(), hole.value)
            elif is_bare and index in texts:
                plan = self.nested(hole.value)
            elif is_bare and index in classes:
                plan = self.class_list(hole.value)
            plans.append(plan or Plain(self.name(), hole.value, shape, _spec(hole) or ""))
        expressions = tuple(shape.expression for shape in document.shapes)
        return Literal(node, document, first_words(document.strings, expressions), tuple(plans))

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def nested(self, value: ast.expr) -> Plan | None:
        match value:
            case ast.TemplateStr():
                return self.literal(value)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if not _is_async(value):
                plan = self.nested(element)
                return Rows(self.name(), value, plan) if isinstance(plan, Literal | Optional) else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.TemplateStr() as orelse):
                then, otherwise = self.literal(body), self.literal(orelse)
                return Choice(self.name(), value, then, otherwise) if then and otherwise else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.Constant(value=None | "" | False)):
                then = self.literal(body)
                return Optional(self.name(), value, then) if then else None
        return None

    def class_list(self, value: ast.expr) -> ClassList | None:
        match value:
            case ast.List(elts=[ast.Constant(value=str(first)), *items]) if first.strip() == first != "":
                parts: list[str | Plain | tuple[str, Plain]] = [first]
            case _:
                return None
        for item in items:
            match item:
                case ast.Constant(value=str(name)):
                    parts += [name] if name else []
                case ast.Dict(keys=keys, values=values):
                    for key, condition in zip(keys, values, strict=True):
                        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                            return None
                        parts.append((key.value, self.plain(condition)))
                case ast.Starred():
                    return None
                case _:
                    parts.append(self.plain(item))
        return ClassList(tuple(parts))

    def plain(self, value: ast.expr) -> Plain:
        return Plain(self.name(), value, HoleShape(""), "")


def _is_async(value: ast.expr) -> bool:
    """A generator that awaits is another kind of thing, which is not iterated but awaited."""
    waits = (isinstance(n, ast.Await) or getattr(n, "is_async", False) for n in ast.walk(value))
    return isinstance(value, ast.GeneratorExp) and any(waits)


def _spec(hole: ast.Interpolation) -> str | None:
    """The format spec as it is written; None if it is computed."""
    if hole.format_spec is None:
        return ""
    assert isinstance(hole.format_spec, ast.JoinedStr)
    pieces = [piece.value for piece in hole.format_spec.values if isinstance(piece, ast.Constant)]
    return "".join(map(str, pieces)) if len(pieces) == len(hole.format_spec.values) else None


def _uses(document: Document) -> tuple[set[int], set[int]]:
    """The holes in text positions, and those that are a whole `class` attribute."""
    texts: set[int] = set()
    classes: set[int] = set()
    for node in _nodes(document.nodes):
        if isinstance(node, Hole):
            texts.add(node.index)
        elif isinstance(node, Tag):
            for item in node.attributes:
                if isinstance(item, Attribute) and item.context is Context.CLASS and item.value is not None:
                    classes.update(piece for piece in item.value if isinstance(piece, int) and len(item.value) == 1)
    return texts, classes


def _nodes(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """All nodes, however deep."""
    for node in nodes:
        yield node
        if isinstance(node, Fragment):
            yield from _nodes(node.body)
        elif isinstance(node, Component):
            yield from _nodes(node.children or ())
