"""The t-strings of one file, each parsed once, and the rule for which of them are certainly templates."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence

from hyperpy.exceptions import Place, TemplateError
from hyperpy.record_classes import record
from hyperpy.templates.at_load.child_nodes import nodes_in
from hyperpy.templates.at_load.locate import SourceText, locate
from hyperpy.templates.escaping.reports import remember
from hyperpy.templates.syntax.holes import HoleShape, Spec
from hyperpy.templates.syntax.literal_source import LiteralSource
from hyperpy.templates.syntax.nodes import Component, Document, walk
from hyperpy.templates.syntax.parser import parse
from hyperpy.templates.syntax.problems import SyntaxProblem, first_words


@record(frozen=True, slots=True)
class Literal:
    """A parsed t-string. `holes` are the interpolations by their index in the document.

    The literal of a fragment shares the document's indices with the literal around it, but has only its own holes.
    """

    node: ast.TemplateStr
    document: Document
    holes: Mapping[int, ast.Interpolation]


class Literals:
    """The t-strings of a file. `markers` are the expressions that mean `fragment` there.

    `lines` has the line of each that has been parsed, by its first words.
    """

    def __init__(self, text: SourceText, markers: frozenset[str]) -> None:
        self.text = text
        self.markers = markers
        self.lines: dict[str, int] = {}
        self._parsed: dict[ast.TemplateStr, Literal] = {}
        self._within: dict[ast.AST, list[ast.TemplateStr]] = {}

    def __getitem__(self, node: ast.TemplateStr) -> Literal:
        """Raises TemplateError with its place if the t-string is not a template."""
        literal = self._parsed.get(node)
        if literal is None:
            literal = self._parsed[node] = self._parse(node)
        return literal

    def within(self, *roots: ast.AST) -> list[Literal]:
        """All t-strings in these syntax trees, outer ones first."""
        return [self[node] for root in roots for node in self._literals(root)]

    def _literals(self, root: ast.AST) -> list[ast.TemplateStr]:
        found = self._within.get(root)
        if found is None:
            found = [node for node in nodes_in(root) if isinstance(node, ast.TemplateStr)]
            self._within[root] = found
        return found

    def add(self, literal: Literal) -> None:
        self._parsed[literal.node] = literal

    def _parse(self, node: ast.TemplateStr) -> Literal:
        holes = [value for value in node.values if isinstance(value, ast.Interpolation)]
        shapes = tuple(map(self._shape, holes))
        strings = _strings(node)
        words = first_words(strings, [shape.expression for shape in shapes])
        self.lines[words] = node.lineno
        remember(words, Place(self.text.file, node.lineno))
        try:
            return Literal(node, parse(strings, shapes), dict(enumerate(holes)))
        except SyntaxProblem as problem:
            part, offset = LiteralSource(strings, shapes).part(problem.start)
            place = locate(self.text, node, part, offset, problem.width)
            raise TemplateError(problem.what, place=place, hint=problem.hint) from None

    def _shape(self, hole: ast.Interpolation) -> HoleShape:
        """The shape that the interpolation will have at run time."""
        conversion = chr(hole.conversion) if hole.conversion >= 0 else None
        spec = written_spec(hole)
        return HoleShape(
            hole.str, conversion, Spec.FORMAT if spec is None else Spec(spec), hole.str.strip() in self.markers
        )


def certain_templates(
    nodes: Sequence[ast.AST], literals: Literals, is_html: Callable[[ast.expr], bool]
) -> frozenset[ast.TemplateStr]:
    """Parse and return the t-strings that stand alone, are yielded, passed to `html`, or returned by a component.

    `nodes` are those of a file: at least its bare expressions, yields, calls and functions.

    Components are functions that a tag of these templates names, and those with a capital letter. All t-strings in what
    a component returns are parsed, but only a t-string that is the whole result is returned.

    `is_html` says whether the function of a call is `html`. Raises TemplateError with its place.
    """
    certain = set(_written_templates(nodes, is_html))
    components: set[str] = set()
    for literal in literals.within(*sorted(certain, key=lambda node: (node.lineno, node.col_offset))):
        components |= {node.expression for node in walk(literal.document.nodes) if isinstance(node, Component)}
    for function in nodes:
        match function:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if (
                name in components or name[0].isupper()
            ):
                results = [node.value for node in nodes_in(function) if isinstance(node, ast.Return) and node.value]
                literals.within(*results)
                certain.update(result for result in results if isinstance(result, ast.TemplateStr))
    return frozenset(certain)


def _written_templates(nodes: Sequence[ast.AST], is_html: Callable[[ast.expr], bool]) -> Iterator[ast.TemplateStr]:
    for node in nodes:
        match node:
            case ast.Expr(value=ast.TemplateStr() as template) | ast.Yield(value=ast.TemplateStr() as template):
                yield template
            case ast.Yield(value=ast.Tuple(elts=[_, ast.TemplateStr() as template])):
                yield template
            case ast.Yield(value=ast.Dict(values=values)):
                yield from (value for value in values if isinstance(value, ast.TemplateStr))
            case ast.Call(func=func, args=[ast.TemplateStr() as template, *_]) if is_html(func):
                yield template


def written_spec(hole: ast.Interpolation) -> str | None:
    """The format spec, or None if it is computed."""
    if hole.format_spec is None:
        return ""
    assert isinstance(hole.format_spec, ast.JoinedStr)
    pieces = [piece.value for piece in hole.format_spec.values if isinstance(piece, ast.Constant)]
    return "".join(map(str, pieces)) if len(pieces) == len(hole.format_spec.values) else None


def _strings(node: ast.TemplateStr) -> tuple[str, ...]:
    strings = [""]
    for value in node.values:
        if isinstance(value, ast.Constant):
            strings[-1] += str(value.value)
        else:
            strings.append("")
    return tuple(strings)
