"""Fragments as separate t-strings, so that rendering one evaluates only the expressions inside it."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from hyperpy.templates.at_load.literals import Literal, Literals
from hyperpy.templates.syntax.literal_source import LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Component, Fragment, Hole, HoleUse, Node, Spec, Value, walk


def extract_fragments(node: ast.TemplateStr, literals: Literals) -> dict[str, ast.TemplateStr]:
    """The fragments of a page whose names are static and whose elements can all be reached, by name.

    Each is a t-string that evaluates only the expressions inside the fragment and the control flow around it. It is
    added to `literals`. Raises TemplateError with its place.
    """
    nodes = walk(inner for literal in literals.within(node) for inner in literal.document.nodes)
    names = Counter(_static_name(inner) for inner in nodes if isinstance(inner, Fragment))
    if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node)):
        return {}  # a fragment may use what `:=` binds outside of it
    fragments = {}
    for name, count in names.items():
        if name is None:
            continue
        extractor = _FragmentExtractor(literals, name)
        extracted = extractor.template(node)
        if extracted is not None and extractor.found == count:
            fragments[name] = extracted
    return fragments


def _static_name(fragment: Fragment) -> str | None:
    pieces = [piece for piece in fragment.name if isinstance(piece, str)]
    return "".join(pieces) if len(pieces) == len(fragment.name) else None


class _FragmentExtractor:
    """Extracts the fragments of one name from a template. `found` counts them."""

    def __init__(self, literals: Literals, name: str) -> None:
        self.literals = literals
        self.name = name
        self.found = 0

    def template(self, node: ast.TemplateStr) -> ast.TemplateStr | None:
        """A t-string of only the fragments, or None if there are none."""
        literal = self.literals[node]
        parts = list(self._parts(literal, literal.document.nodes))
        if not parts:
            return None
        excerpt = _excerpt(literal, parts)
        self.literals.add(excerpt)
        return excerpt.node

    def _parts(self, literal: Literal, nodes: Iterable[Node]) -> Iterator[_Part]:
        for node in nodes:
            match node:
                case Fragment() if _static_name(node) == self.name:
                    self.found += 1
                    source = LiteralSource(literal.document.strings, literal.document.shapes)
                    yield _Part(node, source.pieces(node.start, node.end))
                case Fragment():
                    yield from self._parts(literal, node.body)
                case Hole(index):
                    yield from self._hole(literal, index)
                case Component(attributes=attributes, children=children):
                    for item in attributes:  # the value of an attribute may be a t-string: a slot
                        if isinstance(item, Attribute) and item.only_hole is not None:
                            yield from self._hole(literal, item.only_hole)
                    yield from self._parts(literal, children or ())

    def _hole(self, literal: Literal, index: int) -> Iterator[_Part]:
        shape, hole = literal.document.shapes[index], literal.holes[index]
        if shape.conversion is None and shape.spec in (Spec.NONE, Spec.SAFE):
            extracted = self._expression(hole.value)
            if extracted is not None:
                new = ast.copy_location(ast.Interpolation(value=extracted, str=hole.str, conversion=-1), hole)
                yield _Part(Hole(index), (index,), new)

    def _expression(self, node: ast.expr) -> ast.expr | None:
        """The expression with its t-strings reduced to the fragments.

        None if it has no fragments, or if they can't be separated from what the expression does with them.
        """
        extracted: ast.expr | None = None
        match node:
            case ast.TemplateStr():
                return self.template(node)
            case ast.IfExp(test, body, orelse):
                body_part, else_part = self._expression(body), self._expression(orelse)
                if body_part or else_part:
                    nothing = ast.copy_location(ast.Constant(None), node)
                    extracted = ast.IfExp(test, body_part or nothing, else_part or nothing)
            case ast.BoolOp(ast.And(), [*conditions, last]) if last_part := self._expression(last):
                extracted = ast.BoolOp(ast.And(), [*conditions, last_part])
            case ast.ListComp(element, generators) | ast.GeneratorExp(element, generators) if (
                element_part := self._expression(element)
            ):
                extracted = type(node)(element_part, generators)
            case ast.List(elements) | ast.Tuple(elements):
                parts = [part for element in elements if (part := self._expression(element))]
                extracted = ast.List(parts, ast.Load()) if parts else None
            case ast.Starred(value) if value_part := self._expression(value):
                extracted = ast.Starred(value_part, ast.Load())
        return ast.copy_location(extracted, node) if extracted else None


@dataclass(frozen=True, slots=True)
class _Part:
    """A node to keep and its source. `hole` replaces the interpolation of a `Hole`."""

    node: Node
    pieces: Value
    hole: ast.Interpolation | None = None


def _excerpt(literal: Literal, parts: list[_Part]) -> Literal:
    """The literal reduced to these parts. The holes keep their index in the document."""
    pieces = [piece for part in parts for piece in part.pieces]
    holes = {piece: literal.holes[piece] for piece in pieces if isinstance(piece, int)}
    texts: dict[int, HoleUse] = {}
    for part in parts:
        if isinstance(part.node, Hole) and part.hole:
            holes[part.node.index] = part.hole
            texts[part.node.index] = HoleUse.TEXT  # it may have been the value of an attribute
    values: list[ast.expr] = []
    for is_hole, group in groupby(pieces, lambda piece: isinstance(piece, int)):
        if is_hole:
            values += [holes[piece] for piece in group if isinstance(piece, int)]
        else:  # strings of a Template are never adjacent
            values.append(ast.copy_location(ast.Constant("".join(map(str, group))), literal.node))
    document = literal.document
    document = replace(document, nodes=tuple(part.node for part in parts), uses={**document.uses, **texts})
    return Literal(ast.copy_location(ast.TemplateStr(values=values), literal.node), document, holes)
