"""Plans for rendering t-strings in place, by calling a function made for each, without building Templates.

A t-string evaluates all its expressions before it is rendered. This order is kept: the expressions become the arguments
of the call. A t-string inside a comprehension or a condition becomes a tuple of its values, a row, and the function
renders the rows.
"""

import ast
from collections.abc import Mapping

from hyperpy.record_classes import record
from hyperpy.templates.at_load.child_nodes import copy_place
from hyperpy.templates.at_load.literals import Literals, written_spec
from hyperpy.templates.syntax.holes import HoleShape, HoleUse, Spec
from hyperpy.templates.syntax.nodes import Document

BARE = HoleShape("")

type Binding = tuple[str, ast.expr]
"""A parameter of the function, and the expression for its argument."""


@record(frozen=True, slots=True)
class Plain:
    """A hole whose value is rendered according to its type. `words` are the first of its t-string, for messages."""

    name: str
    value: ast.expr
    words: str
    shape: HoleShape
    spec: str

    def bindings(self) -> list[Binding]:
        return [(self.name, self.value)]


@record(frozen=True, slots=True)
class Unused:
    """A hole that renders nothing. Its expression is evaluated only if it might have side effects."""

    name: str
    value: ast.expr

    def bindings(self) -> list[Binding]:
        return [] if isinstance(self.value, ast.Name | ast.Attribute | ast.Constant) else [(self.name, self.value)]


@record(frozen=True, slots=True)
class ClassList:
    """`class={["card", kind, {"open": is_open}]}`: static names, values, and names with conditions."""

    parts: tuple[str | Plain | tuple[str, Plain], ...]

    def bindings(self) -> list[Binding]:
        plain = [part[1] if isinstance(part, tuple) else part for part in self.parts if not isinstance(part, str)]
        return [(part.name, part.value) for part in plain]


@record(frozen=True, slots=True)
class LiteralPlan:
    """A t-string, and the plans of its holes."""

    node: ast.TemplateStr
    document: Document
    holes: Mapping[int, Plan]

    def bindings(self) -> list[Binding]:
        return [binding for hole in self.holes.values() for binding in hole.bindings()]

    def row(self, around: ast.expr) -> ast.expr:
        """The values of one rendering: a tuple in the place of `around`, or the value itself if there is only one."""
        values = [value for _, value in self.bindings()]
        return values[0] if len(values) == 1 else copy_place(ast.Tuple(values, ast.Load()), around)


@record(frozen=True, slots=True)
class Rows:
    """A comprehension of t-strings: an iterable of rows."""

    name: str
    node: ast.ListComp | ast.GeneratorExp
    element: LiteralPlan | Either

    def bindings(self) -> list[Binding]:
        element = self.element.row(self.node)
        return [(self.name, copy_place(type(self.node)(element, self.node.generators), self.node))]


@record(frozen=True, slots=True)
class Either:
    """`t"…" if condition else t"…"`, or `else None`: (True, row), (False, row) or None."""

    name: str
    node: ast.IfExp
    then: LiteralPlan
    otherwise: LiteralPlan | None

    def row(self, around: ast.expr) -> ast.expr:
        """`around` isn't needed: the condition has a place of its own."""
        then = self._tagged(True, self.then)
        otherwise = self._tagged(False, self.otherwise) if self.otherwise else self._placed(ast.Constant(None))
        return self._placed(ast.IfExp(self.node.test, then, otherwise))

    def bindings(self) -> list[Binding]:
        return [(self.name, self.row(self.node))]

    def _tagged(self, tag: bool, plan: LiteralPlan) -> ast.expr:
        return self._placed(ast.Tuple([self._placed(ast.Constant(tag)), plan.row(self.node)], ast.Load()))

    def _placed[E: ast.expr](self, node: E) -> E:
        return copy_place(node, self.node)


type Plan = Plain | Unused | ClassList | LiteralPlan | Rows | Either


class Planner:
    """Plans a t-string. `plains` are the holes that are rendered one by one, by their variables."""

    def __init__(self, literals: Literals) -> None:
        self.literals = literals
        self.names = 0
        self.plains: dict[str, Plain] = {}

    def literal(self, node: ast.TemplateStr) -> LiteralPlan | None:
        """None if the meaning is known only at run time: a computed format spec may turn out as `safe`."""
        literal = self.literals[node]
        document, words = literal.document, literal.document.words
        plans: dict[int, Plan] = {}
        for index, hole in literal.holes.items():
            spec, value = written_spec(hole), hole.value
            shape, use = document.shapes[index], document.uses.get(index)
            if spec is None:
                formatted = ast.FormattedValue(hole.value, hole.conversion, hole.format_spec)
                value = copy_place(ast.JoinedStr([copy_place(formatted, value)]), value)
                spec, shape = "", BARE
            is_bare = shape.conversion is None and shape.spec is Spec.NONE
            plan: Plan | None = None
            if use is None:
                plan = Unused(self.name(), value)
            elif is_bare and use is HoleUse.TEXT:
                plan = self.nested(value)
            elif is_bare and use is HoleUse.CLASS:
                plan = self.class_list(value, words)
            plans[index] = plan or self.plain(value, words, shape, spec)
        return LiteralPlan(node, document, plans)

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def nested(self, value: ast.expr) -> Plan | None:
        match value:
            case ast.TemplateStr():
                return self.literal(value)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if not _is_async(value):
                plan = self.nested(element)
                return Rows(self.name(), value, plan) if isinstance(plan, LiteralPlan | Either) else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.TemplateStr() as orelse):
                then, otherwise = self.literal(body), self.literal(orelse)
                return Either(self.name(), value, then, otherwise) if then and otherwise else None
            case ast.IfExp(body=ast.TemplateStr() as body, orelse=ast.Constant(value=None | "" | False)):
                then = self.literal(body)
                return Either(self.name(), value, then, None) if then else None
        return None

    def class_list(self, value: ast.expr, words: str) -> ClassList | None:
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
                        parts.append((key.value, self.plain(condition, words)))
                case ast.Starred():
                    return None
                case _:
                    parts.append(self.plain(item, words))
        return ClassList(tuple(parts))

    def plain(self, value: ast.expr, words: str, shape: HoleShape = BARE, spec: str = "") -> Plain:
        plan = Plain(self.name(), value, words, shape, spec)
        self.plains[plan.name] = plan
        return plan


def _is_async(value: ast.expr) -> bool:
    """Whether the value is an async generator, which can't be iterated here."""
    waits = (isinstance(n, ast.Await) or getattr(n, "is_async", False) for n in ast.walk(value))
    return isinstance(value, ast.GeneratorExp) and any(waits)
