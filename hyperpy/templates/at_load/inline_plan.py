"""t-strings in a route file → calls of functions made for them: no Template is built, and nothing is looked up.

A t-string evaluates all of its expressions first and is rendered later. That stays so: the expressions become the
arguments of the call, in their order. Those of a t-string inside another one, in a comprehension or a condition, become
tuples of values, which the same function renders.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from hyperpy.templates.at_load.literals import Literals, written_spec
from hyperpy.templates.syntax.nodes import Document, HoleShape, HoleUse, Spec
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
class LiteralPlan:
    """A t-string, and the plans of its holes. `words` name it in messages."""

    node: ast.TemplateStr
    document: Document
    words: str
    holes: Mapping[int, Plan]

    def bindings(self) -> list[Binding]:
        return [binding for hole in self.holes.values() for binding in hole.bindings()]

    def row(self) -> ast.expr:
        """The values of one rendering: a tuple, or the value itself if there is only one."""
        values = [value for _, value in self.bindings()]
        return values[0] if len(values) == 1 else ast.Tuple(values, ast.Load())


@dataclass(frozen=True, slots=True)
class Rows:
    """A comprehension of t-strings: an iterable of rows."""

    name: str
    node: ast.ListComp | ast.GeneratorExp
    element: LiteralPlan | Choice

    def bindings(self) -> list[Binding]:
        element = self.element.row()
        return [(self.name, ast.copy_location(type(self.node)(element, self.node.generators), self.node))]


@dataclass(frozen=True, slots=True)
class Choice:
    """`t"…" if condition else t"…"`, or `else None`: (True, row), (False, row) or None."""

    name: str
    node: ast.IfExp
    then: LiteralPlan
    otherwise: LiteralPlan | None

    def row(self) -> ast.expr:
        then = ast.Tuple([ast.Constant(True), self.then.row()], ast.Load())
        otherwise: ast.expr = ast.Constant(None)
        if self.otherwise:
            otherwise = ast.Tuple([ast.Constant(False), self.otherwise.row()], ast.Load())
        return ast.copy_location(ast.IfExp(self.node.test, then, otherwise), self.node)

    def bindings(self) -> list[Binding]:
        return [(self.name, self.row())]


type Plan = Plain | Unused | ClassList | LiteralPlan | Rows | Choice


class Planner:
    def __init__(self, literals: Literals) -> None:
        self.literals = literals
        self.names = 0

    def literal(self, node: ast.TemplateStr) -> LiteralPlan | None:
        """None if the meaning is known only at run time: a computed format spec may turn out as `safe`."""
        literal = self.literals[node]
        document = literal.document
        plans: dict[int, Plan] = {}
        for index, hole in literal.holes.items():
            spec = written_spec(hole)
            if spec is None:
                return None
            shape, use = document.shapes[index], document.uses.get(index)
            is_bare = shape.conversion is None and shape.spec is Spec.NONE
            plan: Plan | None = None
            if use is None:
                plan = Unused(self.name(), hole.value)
            elif is_bare and use is HoleUse.TEXT:
                plan = self.nested(hole.value)
            elif is_bare and use is HoleUse.CLASS:
                plan = self.class_list(hole.value)
            plans[index] = plan or Plain(self.name(), hole.value, shape, spec)
        expressions = tuple(shape.expression for shape in document.shapes)
        return LiteralPlan(node, document, first_words(document.strings, expressions), plans)

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def nested(self, value: ast.expr) -> Plan | None:
        match value:
            case ast.TemplateStr():
                return self.literal(value)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if not _is_async(value):
                plan = self.nested(element)
                return Rows(self.name(), value, plan) if isinstance(plan, LiteralPlan | Choice) else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.TemplateStr() as orelse):
                then, otherwise = self.literal(body), self.literal(orelse)
                return Choice(self.name(), value, then, otherwise) if then and otherwise else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.Constant(value=None | "" | False)):
                then = self.literal(body)
                return Choice(self.name(), value, then, None) if then else None
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
