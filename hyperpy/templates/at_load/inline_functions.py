"""The functions that render t-strings in place: generated like those for Templates, with variables for the values.

Their code has the file and lines of the t-string, so that a traceback shows the hole that was being rendered.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import CodeType

from hyperpy.templates.at_load.child_nodes import CHILD_FIELDS, child_nodes
from hyperpy.templates.at_load.inline_code import InlineCode
from hyperpy.templates.at_load.inline_plan import ClassList, Either, LiteralPlan, Plain, Plan, Planner, Rows, Unused
from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.escape import escape_str
from hyperpy.templates.escaping.attributes import class_names
from hyperpy.templates.rendering.codegen import prepared
from hyperpy.templates.rendering.writer import CodePiece, Expression, Writer, conditional
from hyperpy.templates.syntax.nodes import Attribute, Node, Tag

FUNCTION = """\
def template({names}):
    try:
{values}
        return {result}
    except PROBLEM as problem:
        raise LOCATED(problem) from None
"""


def compile_inline(node: ast.TemplateStr, literals: Literals) -> tuple[InlineCode, list[ast.expr]] | None:
    """Compile a t-string, with those inside it, into a function and its arguments. It returns the HTML, a str.

    None if it has to be rendered as a Template: its meaning is known only at run time, or Python can't compile it.
    Raises TemplateError with its place.
    """
    literals.within(node)
    planner = Planner(literals)
    plan = planner.literal(node)
    function = _function(plan, planner.plains, literals.text.file) if plan else None
    return (function, [value for _, value in plan.bindings()]) if plan and function else None


def _function(plan: LiteralPlan, plains: dict[str, Plain], file: str) -> InlineCode | None:
    """None if Python can't compile the function because it is nested too deeply."""
    writer = _InlineWriter(plan)
    names = ", ".join(name for name, _ in plan.bindings())
    values = "\n".join(f"        {name} = {value}" for name, value in _prepared(plan))
    source = FUNCTION.format(names=names, values=values, result=writer.rendering(plan.document.nodes))
    try:
        tree = ast.parse(source)
        _relocate(tree, _location(plan.node), plains)
        code = compile(tree, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        if "too many" in error.msg:
            return None
        raise
    function = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    return InlineCode(function, writer.namespace, {_start(hole): _end(hole) for hole in plains.values()})


def _start(hole: Plain) -> tuple[int, int]:
    return hole.value.lineno, hole.value.col_offset


def _end(hole: Plain) -> tuple[int, int, str]:
    return hole.value.end_lineno or hole.value.lineno, hole.value.end_col_offset or 0, hole.words


def _prepared(plan: LiteralPlan) -> Iterator[tuple[str, str]]:
    """The values of a t-string that are converted or formatted before they are rendered, as (variable, code)."""
    for hole in plan.holes.values():
        if isinstance(hole, Plain) and (value := prepared(hole.name, hole.shape, repr(hole.spec))) != hole.name:
            yield hole.name, value


def _relocate(tree: ast.AST, location: Mapping[str, object], plains: dict[str, Plain]) -> None:
    """Give generated nodes the location of the hole that they render."""
    kind = type(tree)
    if kind is ast.FormattedValue or kind is ast.Assign:
        hole = _first_hole(tree, plains)
        location = location if hole is None else _location(hole)
    tree.__dict__.update(location)
    for name in CHILD_FIELDS[kind]:
        child = getattr(tree, name)
        if type(child) is list:
            for each in child:
                if each is not None:
                    _relocate(each, location, plains)
        elif child is not None:
            _relocate(child, location, plains)


def _location(node: ast.expr) -> dict[str, object]:
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    return {name: getattr(node, name) for name in names}


def _first_hole(tree: ast.AST, plains: dict[str, Plain]) -> ast.expr | None:
    """The hole whose variable is found first, level by level."""
    nodes = [tree]
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in plains:
            return plains[node.id].value
        nodes += child_nodes(node)
    return None


class _InlineWriter(Writer):
    """Writes a t-string and those inside it, with variables for the values."""

    def __init__(self, plan: LiteralPlan) -> None:
        super().__init__(plan.document.words)
        self.plan = plan

    def hole(self, index: int) -> str:
        plan = self.plan.holes[index]
        assert isinstance(plan, Plain)
        return plan.name

    def text(self, index: int, foreign: str = "") -> Iterator[CodePiece]:
        plan = self.plan.holes[index]
        if isinstance(plan, Plain):
            yield from super().text(index, foreign)
        elif isinstance(plan, LiteralPlan) and not any(_prepared(plan)):
            with self.inside(plan) as nodes:
                yield from self.write(nodes)
        else:
            yield Expression(self.nested(plan))

    @contextmanager
    def inside(self, plan: LiteralPlan) -> Iterator[tuple[Node, ...]]:
        """Switch to a t-string inside the current one, and return its nodes."""
        outer, self.plan, self.words = self.plan, plan, plan.document.words
        yield plan.document.nodes
        self.plan, self.words = outer, outer.document.words

    def is_leaf(self, nodes: tuple[Node, ...]) -> bool:
        return super().is_leaf(nodes) and all(
            isinstance(hole, Plain | Unused | ClassList) for hole in self.plan.holes.values()
        )

    def nested(self, plan: Plan) -> str:
        match plan:
            case LiteralPlan():
                names = ", ".join(name for name, _ in plan.bindings())
                return f"{self.rows(plan, f'(({names},),)', is_tuple=True)}[0]"
            case Rows(name=name, element=element):
                # A list is evaluated. A generator is evaluated here, completely, before its first item is rendered.
                items = name if isinstance(plan.node, ast.ListComp) else f"[*{name}]"
                if isinstance(element, LiteralPlan):
                    return f"''.join({self.rows(element, items)})"
                return f"''.join([{self.nested(element)} for {element.name} in {items}])"
            case Either(name=name, then=then, otherwise=otherwise):
                first = f"{self.rows(then, f'{name}[1:]')}[0]"
                if otherwise is None:
                    return f"('' if {name} is None else {first})"
                return f"({first} if {name}[0] else {self.rows(otherwise, f'{name}[1:]')}[0])"
        raise AssertionError(plan)

    def rows(self, plan: LiteralPlan, rows: str, *, is_tuple: bool = False) -> str:
        """Code for a list of the t-string's renderings, one for each row in `rows`."""
        names = [name for name, _ in plan.bindings()]
        target = names[0] if len(names) == 1 and not is_tuple else f"({', '.join(names)},)" if names else "_"
        steps = "".join(f" for {name} in ({value},)" for name, value in _prepared(plan))
        with self.inside(plan) as nodes:
            return f"[{self.rendering(nodes)} for {target} in {rows}{steps}]"

    def whole(self, tag: Tag, item: Attribute, head: str, index: int) -> Iterator[CodePiece]:
        plan = self.plan.holes[index]
        if not isinstance(plan, ClassList):
            yield from super().whole(tag, item, head, index)
            return
        first, *others = plan.parts
        assert isinstance(first, str)
        yield f'{head}="{escape_str(first)}'
        for part in others:
            match part:
                case str():
                    yield f" {escape_str(part)}"
                case Plain(name=name):
                    text = Expression(f"{self.name(escape_str)}({name})")
                    yield conditional(
                        (f"type({name}) is str and {name}",), (" ", text), f"{self.name(_class_more)}({name})"
                    )
                case (names, condition):
                    yield Expression(f"{f' {escape_str(names)}'!r} if {condition.name} else ''")
        yield '"'


def _class_more(value: object) -> str:
    """The HTML that a value adds to a non-empty list of classes."""
    names = class_names([value])
    return f" {escape_str(names)}" if names else ""
