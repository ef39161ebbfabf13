"""Fragments as separate t-strings, so that rendering one evaluates only the expressions inside it."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from hyperpy.templates.at_load.child_nodes import copy_place, nodes_in
from hyperpy.templates.at_load.literals import Literal, Literals
from hyperpy.templates.syntax.holes import HoleUse, Spec
from hyperpy.templates.syntax.literal_source import LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Component, Fragment, Hole, Node, walk


def extract_fragments(node: ast.TemplateStr, literals: Literals) -> dict[str, ast.TemplateStr]:
    """The fragments of a page whose names are static and whose elements can all be reached, by name.

    Each is a t-string that evaluates only the expressions inside the fragment and the control flow around it. It is
    added to `literals`. Raises TemplateError with its place.
    """
    nodes = walk(inner for literal in literals.within(node) for inner in literal.document.nodes)
    names = Counter(_static_name(inner) for inner in nodes if isinstance(inner, Fragment))
    if names and any(isinstance(inner, ast.NamedExpr) for inner in nodes_in(node)):
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
        reduced: dict[int, ast.Interpolation] = {}
        nodes = tuple(self._nodes(literal, literal.document.nodes, reduced))
        if not nodes:
            return None
        excerpt = _excerpt(literal, nodes, reduced)
        self.literals.add(excerpt)
        return excerpt.node

    def _nodes(
        self, literal: Literal, nodes: Iterable[Node], reduced: dict[int, ast.Interpolation]
    ) -> Iterator[Fragment | Hole]:
        """The fragments, and the holes that have fragments in them, which are put into `reduced` with only those."""
        for node in nodes:
            match node:
                case Fragment() if _static_name(node) == self.name:
                    self.found += 1
                    yield node
                case Fragment():
                    yield from self._nodes(literal, node.body, reduced)
                case Hole(index):
                    yield from self._hole(literal, index, reduced)
                case Component(attributes=attributes, children=children):
                    for item in attributes:  # the value of an attribute may be a t-string: a slot
                        if isinstance(item, Attribute) and item.only_hole is not None:
                            yield from self._hole(literal, item.only_hole, reduced)
                    yield from self._nodes(literal, children or (), reduced)

    def _hole(self, literal: Literal, index: int, reduced: dict[int, ast.Interpolation]) -> Iterator[Hole]:
        shape, hole = literal.document.shapes[index], literal.holes[index]
        if shape.conversion is None and shape.spec in (Spec.NONE, Spec.SAFE):
            extracted = self._expression(hole.value)
            if extracted is not None:
                new = ast.Interpolation(value=extracted, str=hole.str, conversion=-1)
                reduced[index] = copy_place(new, hole)
                yield Hole(index)

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
                    nothing = copy_place(ast.Constant(None), node)
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
        return copy_place(extracted, node) if extracted else None


def _excerpt(literal: Literal, nodes: tuple[Fragment | Hole, ...], reduced: dict[int, ast.Interpolation]) -> Literal:
    """The literal with only these nodes. The holes keep their index in the document."""
    document = literal.document
    source = LiteralSource(document.strings, document.shapes)
    pieces: list[str | int] = []
    for node in nodes:
        pieces += [node.index] if isinstance(node, Hole) else source.pieces(node.start, node.end)
    holes = {piece: reduced.get(piece, literal.holes[piece]) for piece in pieces if isinstance(piece, int)}
    values: list[ast.expr] = []
    for is_hole, group in groupby(pieces, lambda piece: isinstance(piece, int)):
        if is_hole:
            values += [holes[piece] for piece in group if isinstance(piece, int)]
        else:  # strings of a Template are never adjacent
            values.append(copy_place(ast.Constant("".join(map(str, group))), literal.node))
    texts = dict.fromkeys(reduced, HoleUse.TEXT)  # some may have been the values of attributes
    document = replace(document, nodes=nodes, uses={**document.uses, **texts})
    return Literal(copy_place(ast.TemplateStr(values=values), literal.node), document, holes)
