"""Templates at load, from the syntax tree: every error with its place, and the fragments that can be cut out."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from hyperpy.exceptions import Place, TemplateError
from hyperpy.templates.at_load.locate import SourceText, locate
from hyperpy.templates.escaping.reports import remember
from hyperpy.templates.syntax.literal_source import LiteralSource
from hyperpy.templates.syntax.nodes import Component, Document, Fragment, Hole, HoleShape, Node, Spec, Spread
from hyperpy.templates.syntax.parser import parse
from hyperpy.templates.syntax.problems import SyntaxProblem, first_words

MARKERS = frozenset({"fragment", "hyper.fragment", "hyperpy.fragment"})
RENDERERS = frozenset({"html", "hyper.html", "hyperpy.html"})

_SPECS = {"": Spec.NONE, "safe": Spec.SAFE, "**": Spec.SPREAD}


@dataclass(frozen=True, slots=True)
class StaticFragment:
    """`node` is a t-string that evaluates only what is inside the fragment, and the control structure around it."""

    name: str
    node: ast.TemplateStr


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """What is known of a template before it is rendered. Fragments of computed names are not."""

    fragments: tuple[StaticFragment, ...]


def plan_template(node: ast.TemplateStr, *, file: str, source: str, markers: frozenset[str] = MARKERS) -> TemplatePlan:
    """Parses the literal and every t-string in its expressions; `markers` are the expressions that mean `fragment`.

    Raises TemplateError with the place of what is wrong.
    """
    text = SourceText(file, source)
    documents = {id(literal): parsed(literal, text, markers) for literal in literals_in(node)}
    known = Counter(name for document in documents.values() for name in _names(document.nodes))
    if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node)):
        return TemplatePlan(())  # what `:=` binds outside of a fragment may be used inside
    fragments = []
    for name, count in known.items():
        cutter = _FragmentExtractor(documents, name)
        values = cutter.template(node)
        if cutter.found == count:
            fragments.append(StaticFragment(name, _template(values, node)))
    return TemplatePlan(tuple(fragments))


def check_templates(tree: ast.AST, *, file: str, source: str, markers: frozenset[str] = MARKERS) -> None:
    """Parses what is certainly a template: t-strings yielded, given to `html`, standing alone, or a component's result.

    Raises TemplateError with the place of what is wrong.
    """
    text = SourceText(file, source)
    components: set[str] = set()
    checked: set[int] = set()
    for expression in _template_expressions(tree):
        for literal in literals_in(expression):
            checked.add(id(literal))
            components |= _component_names(parsed(literal, text, markers).nodes)
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_component(function.name, components):
            for literal in literals_in(*_results(function)):
                if id(literal) not in checked:
                    parsed(literal, text, markers)


def parsed(node: ast.TemplateStr, text: SourceText, markers: frozenset[str]) -> Document:
    strings, shapes = _literal(node, markers)
    remember(first_words(strings, tuple(shape.expression for shape in shapes)), Place(text.file, node.lineno))
    try:
        return parse(strings, shapes)
    except SyntaxProblem as problem:
        part, offset = _part(strings, problem.start)
        place = locate(text, node, part, offset, problem.width)
        raise TemplateError(problem.what, place=place, hint=problem.hint) from None


def _literal(node: ast.TemplateStr, markers: frozenset[str]) -> tuple[tuple[str, ...], tuple[HoleShape, ...]]:
    """The strings and shapes that the literal will have at run time."""
    strings, shapes = [""], []
    for value in node.values:
        if isinstance(value, ast.Interpolation):
            expression = value.str
            conversion = chr(value.conversion) if value.conversion >= 0 else None
            shapes.append(HoleShape(expression, conversion, _spec(value.format_spec), expression.strip() in markers))
            strings.append("")
        else:
            assert isinstance(value, ast.Constant)
            assert isinstance(value.value, str)
            strings[-1] += value.value
    return tuple(strings), tuple(shapes)


def _spec(node: ast.expr | None) -> Spec:
    if not isinstance(node, ast.JoinedStr):
        return Spec.NONE
    written = [value.value for value in node.values if isinstance(value, ast.Constant)]
    if len(written) < len(node.values):
        return Spec.FORMAT
    return _SPECS.get("".join(map(str, written)), Spec.FORMAT)


def _part(strings: tuple[str, ...], position: int) -> tuple[int, int]:
    """Which string, and where in it. The hole between two strings counts as the end of the first."""
    for index, string in enumerate(strings):
        if position <= len(string):
            return index, position
        position -= len(string) + 1
    return len(strings) - 1, len(strings[-1])


def literals_in(*roots: ast.AST) -> Iterator[ast.TemplateStr]:
    for root in roots:
        for node in ast.walk(root):
            if isinstance(node, ast.TemplateStr):
                yield node


def _names(nodes: Iterable[Node]) -> Iterator[str]:
    """The fragments whose names are written out."""
    for node in nodes:
        if isinstance(node, Fragment):
            if (name := _static_name(node)) is not None:
                yield name
            yield from _names(node.body)
        elif isinstance(node, Component):
            yield from _names(node.children or ())


def _static_name(fragment: Fragment) -> str | None:
    pieces = [piece for piece in fragment.name if isinstance(piece, str)]
    return "".join(pieces) if len(pieces) == len(fragment.name) else None


def _component_names(nodes: Iterable[Node]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, Fragment):
            names |= _component_names(node.body)
        elif isinstance(node, Component):
            names |= {node.expression} | _component_names(node.children or ())
    return names


def _template_expressions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.TemplateStr() as template) | ast.Yield(value=ast.TemplateStr() as template):
                yield template
            case ast.Yield(value=ast.Tuple(elts=[_, ast.TemplateStr() as template])):
                yield template
            case ast.Yield(value=ast.Dict(values=values)):
                yield from (value for value in values if isinstance(value, ast.TemplateStr))
            case ast.Call(func=func, args=[ast.TemplateStr() as template, *_]) if ast.unparse(func) in RENDERERS:
                yield template


def _is_component(name: str, used: set[str]) -> bool:
    """A tag names it, or it is spelled like one."""
    return name in used or name[:1].isupper()


def _results(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value:
            yield node.value


def _template(values: list[ast.expr], node: ast.AST) -> ast.TemplateStr:
    """Constants side by side are joined, or the Template's strings and interpolations would not alternate."""
    joined: list[ast.expr] = []
    for is_text, group in groupby(values, lambda value: isinstance(value, ast.Constant)):
        if is_text:
            text = "".join(str(value.value) for value in group if isinstance(value, ast.Constant))
            joined.append(ast.copy_location(ast.Constant(text), node))
        else:
            joined.extend(group)
    return ast.copy_location(ast.TemplateStr(values=joined), node)


class _FragmentExtractor:
    """Cuts the fragments of one name out of a template. `found` counts those that could be reached."""

    def __init__(self, documents: dict[int, Document], name: str) -> None:
        self.documents = documents
        self.name = name
        self.found = 0

    def template(self, node: ast.TemplateStr) -> list[ast.expr]:
        """The values of a t-string that holds just the fragments; none if there are none."""
        document = self.documents[id(node)]
        holes = [value for value in node.values if isinstance(value, ast.Interpolation)]
        return list(self._nodes(document, document.nodes, holes))

    def _nodes(self, document: Document, nodes: Iterable[Node], holes: list[ast.Interpolation]) -> Iterator[ast.expr]:
        for node in nodes:
            match node:
                case Fragment() if _static_name(node) == self.name:
                    self.found += 1
                    for piece in LiteralSource(document.strings, document.shapes).pieces(node.start, node.end):
                        yield (
                            holes[piece] if isinstance(piece, int) else ast.copy_location(ast.Constant(piece), holes[0])
                        )
                case Fragment():
                    yield from self._nodes(document, node.body, holes)
                case Hole(index):
                    yield from self._hole(document.shapes[index], holes[index])
                case Component():
                    for index in _value_holes(node):
                        yield from self._hole(document.shapes[index], holes[index])
                    yield from self._nodes(document, node.children or (), holes)
                case _:
                    pass

    def _hole(self, shape: HoleShape, hole: ast.Interpolation) -> Iterator[ast.expr]:
        if shape.conversion is None and shape.spec in (Spec.NONE, Spec.SAFE):
            cut = self._expression(hole.value)
            if cut is not None:
                yield ast.copy_location(ast.Interpolation(value=cut, str=hole.str, conversion=-1), hole)

    def _expression(self, node: ast.expr) -> ast.expr | None:
        """The expression with its t-strings cut; None if there are none, or no telling what becomes of them."""
        cut: ast.expr | None = None
        match node:
            case ast.TemplateStr():
                values = self.template(node)
                return _template(values, node) if values else None
            case ast.IfExp(test, body, orelse):
                cut_body, cut_orelse = self._expression(body), self._expression(orelse)
                if cut_body or cut_orelse:
                    nothing = ast.copy_location(ast.Constant(None), node)
                    cut = ast.IfExp(test, cut_body or nothing, cut_orelse or nothing)
            case ast.BoolOp(ast.And(), [*conditions, last]) if cut_last := self._expression(last):
                cut = ast.BoolOp(ast.And(), [*conditions, cut_last])
            case ast.ListComp(element, generators) | ast.GeneratorExp(element, generators) if (
                cut_element := self._expression(element)
            ):
                cut = type(node)(cut_element, generators)
            case ast.List(elements) | ast.Tuple(elements):
                kept = [kept for element in elements if (kept := self._expression(element))]
                cut = ast.List(kept, ast.Load()) if kept else None
            case ast.Starred(value) if cut_value := self._expression(value):
                cut = ast.Starred(cut_value, ast.Load())
        return ast.copy_location(cut, node) if cut else None


def _value_holes(component: Component) -> Iterator[int]:
    """The attributes' holes: a slot may be a t-string."""
    for item in component.attributes:
        if (
            not isinstance(item, Spread)
            and item.value is not None
            and len(item.value) == 1
            and isinstance(item.value[0], int)
        ):
            yield item.value[0]
