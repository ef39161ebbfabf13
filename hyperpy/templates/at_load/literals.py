"""The t-strings of one file, each parsed once, and the rule for which of them are certainly templates."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from hyperpy.exceptions import Place, TemplateError
from hyperpy.templates.at_load.locate import SourceText, locate
from hyperpy.templates.escaping.reports import remember
from hyperpy.templates.syntax.nodes import Document, HoleShape, Spec
from hyperpy.templates.syntax.parser import parse
from hyperpy.templates.syntax.problems import SyntaxProblem, first_words


@dataclass(frozen=True, slots=True)
class Literal:
    """A parsed t-string. `holes` are the interpolations by their index in the document.

    The literal of a fragment shares the document's indices with the literal around it, but has only its own holes.
    """

    node: ast.TemplateStr
    document: Document
    holes: Mapping[int, ast.Interpolation]


class Literals:
    """The t-strings of a file. `markers` are the expressions that mean `fragment` there."""

    def __init__(self, text: SourceText, markers: frozenset[str]) -> None:
        self.text = text
        self.markers = markers
        self._parsed: dict[ast.TemplateStr, Literal] = {}

    def __getitem__(self, node: ast.TemplateStr) -> Literal:
        """Raises TemplateError with its place if the t-string is not a template."""
        literal = self._parsed.get(node)
        if literal is None:
            literal = self._parsed[node] = self._parse(node)
        return literal

    def within(self, *roots: ast.AST) -> list[Literal]:
        """All t-strings in these syntax trees, outer ones first."""
        return [self[node] for root in roots for node in ast.walk(root) if isinstance(node, ast.TemplateStr)]

    def add(self, literal: Literal) -> None:
        self._parsed[literal.node] = literal

    def _parse(self, node: ast.TemplateStr) -> Literal:
        holes = [value for value in node.values if isinstance(value, ast.Interpolation)]
        shapes = tuple(map(self._shape, holes))
        strings = _strings(node)
        remember(first_words(strings, tuple(shape.expression for shape in shapes)), Place(self.text.file, node.lineno))
        try:
            return Literal(node, parse(strings, shapes), dict(enumerate(holes)))
        except SyntaxProblem as problem:
            part, offset = _part(strings, problem.start)
            place = locate(self.text, node, part, offset, problem.width)
            raise TemplateError(problem.what, place=place, hint=problem.hint) from None

    def _shape(self, hole: ast.Interpolation) -> HoleShape:
        """The shape that the interpolation will have at run time."""
        conversion = chr(hole.conversion) if hole.conversion >= 0 else None
        spec = written_spec(hole)
        return HoleShape(
            hole.str, conversion, Spec.FORMAT if spec is None else Spec(spec), hole.str.strip() in self.markers
        )


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


def _part(strings: tuple[str, ...], position: int) -> tuple[int, int]:
    """The string that a position of the joined text is in, and the offset there. A hole ends the string before it."""
    for index, string in enumerate(strings):
        if position <= len(string):
            return index, position
        position -= len(string) + 1
    return len(strings) - 1, len(strings[-1])
