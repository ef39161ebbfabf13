"""The functions that render t-strings in place: generated like those for Templates, with variables for the values.

Their code has the file and lines of the t-string, so that a traceback shows the hole that was being rendered.
"""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType

from hyperpy.templates.at_load.code_locations import MARK, Location, line_locations, located
from hyperpy.templates.at_load.inline_code import InlineCode
from hyperpy.templates.at_load.inline_plan import ClassList, Either, LiteralPlan, Plain, Plan, Planner, Rows, Unused
from hyperpy.templates.at_load.literals import Literals
from hyperpy.templates.escape import escape_str
from hyperpy.templates.escaping.attributes import more_class_names
from hyperpy.templates.rendering.codegen import prepared
from hyperpy.templates.rendering.expressions import CodePiece, Expression, conditional
from hyperpy.templates.rendering.writer import Writer
from hyperpy.templates.syntax.nodes import Attribute, Node, Tag

FUNCTION = """\
def template({names}):
    try: {values}return {result}
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
    values = [*_prepared(plan)]
    result = writer.rendering(plan.document.nodes)
    steps = "".join(f"\n        {name} = {value}" for name, value in values)
    steps += "\n        " if values else ""  # otherwise on the line of `try`, which needs no instruction then
    try:
        code = compile(FUNCTION.format(names=names, values=steps, result=result), file, "exec", dont_inherit=True)
    except SyntaxError as error:
        if "too many" in error.msg:
            return None
        raise
    function = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    whole, holes = Location.of(plan.node), {name: Location.of(plain.value) for name, plain in plains.items()}
    before = [whole, whole, *(holes[name] for name, _ in values)] if values else [whole]  # the lines of FUNCTION
    lines = [*before, *line_locations(result, whole, holes), whole, whole]
    ends = {(at.line, at.column): (at.end_line, at.end_column, plains[name].words) for name, at in holes.items()}
    return InlineCode(located(function, lines), writer.namespace, ends)


def _prepared(plan: LiteralPlan) -> Iterator[tuple[str, str]]:
    """The values of a t-string that are converted or formatted before they are rendered, as (variable, code)."""
    for hole in plan.holes.values():
        if isinstance(hole, Plain) and (value := prepared(hole.name, hole.shape, repr(hole.spec))) != hole.name:
            yield hole.name, value


class _InlineWriter(Writer):
    """Writes a t-string and those inside it, with variables for the values."""

    def __init__(self, plan: LiteralPlan) -> None:
        super().__init__(plan.document.words)
        self.plan = plan

    def hole(self, index: int) -> str:
        plan = self.plan.holes[index]
        assert isinstance(plan, Plain)
        return f"{MARK}{plan.name}"

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
                    value = f"{MARK}{name}"
                    text = Expression(f"{self.name(escape_str)}({value})")
                    yield conditional(
                        (f"type({value}) is str and {value}",), (" ", text), f"{self.name(more_class_names)}({value})"
                    )
                case (names, condition) if names:
                    yield Expression(f"{f' {escape_str(names)}'!r} if {MARK}{condition.name} else ''")
        yield '"'
