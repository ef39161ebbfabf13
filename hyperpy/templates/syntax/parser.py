"""Tokens → nodes: components with their children, fragments with their elements.

HTML elements need not be balanced, because a page may be sent in chunks. Components and fragments must be.
"""

import html
from collections.abc import Iterable, Iterator
from copy import replace

from hyperpy.exceptions import did_you_mean
from hyperpy.templates.syntax.contexts import VOID
from hyperpy.templates.syntax.crossing_tags import check_crossing
from hyperpy.templates.syntax.holes import Context, HoleMode, HoleShape, HoleUse, Value
from hyperpy.templates.syntax.literal_source import HOLE, LiteralSource
from hyperpy.templates.syntax.nodes import (
    Attribute,
    Component,
    Document,
    EndTag,
    Fragment,
    Hole,
    MarkerHole,
    Node,
    RawHole,
    Spread,
    Tag,
    Text,
    walk,
)
from hyperpy.templates.syntax.problems import SyntaxProblem
from hyperpy.templates.syntax.scanner import ComponentEnd, scan

_NOTHING = Text("")
# SVG elements that can be self-closing and are not HTML elements as well.
SVG_SHAPES = frozenset(
    ["circle", "ellipse", "g", "image", "line", "path", "polygon", "polyline", "rect", "stop", "text", "tspan", "use"]
)


def parse(strings: tuple[str, ...], shapes: tuple[HoleShape, ...]) -> Document:
    """Raises SyntaxProblem."""
    source = LiteralSource(strings, shapes)
    for index, string in enumerate(strings):
        if HOLE in string:
            position = sum(len(earlier) + 1 for earlier in strings[:index]) + string.index(HOLE)
            raise SyntaxProblem("a template can't contain the character NUL", position)
    nodes = _Tree(source).build()
    return Document(strings, shapes, nodes, dict(_uses(nodes)), frozenset(source.named))


def _uses(nodes: Iterable[Node]) -> Iterator[tuple[int, HoleUse]]:
    for node in walk(nodes):
        match node:
            case Hole(index):
                yield index, HoleUse.TEXT
            case RawHole(index, mode=mode) if mode is not HoleMode.COMMENT:
                yield index, HoleUse.OTHER
            case Fragment(name=name):
                yield from ((piece, HoleUse.OTHER) for piece in name if isinstance(piece, int))
            case Component(index, attributes=attributes):
                yield index, HoleUse.OTHER
                yield from _attribute_uses(attributes)
            case Tag(attributes=attributes):
                yield from _attribute_uses(attributes)


def _attribute_uses(attributes: Iterable[Attribute | Spread]) -> Iterator[tuple[int, HoleUse]]:
    for item in attributes:
        if isinstance(item, Spread):
            yield item.index, HoleUse.OTHER
        elif item.only_hole is not None:
            yield item.only_hole, HoleUse.CLASS if item.context is Context.CLASS else HoleUse.OTHER
        else:
            holes = (piece for piece in item.value or () if isinstance(piece, int))
            modes = zip(holes, item.modes, strict=True)
            yield from ((hole, HoleUse.OTHER) for hole, mode in modes if mode is not HoleMode.COMMENT)


class _Tree:
    """Builds the tree. `open` is the stack of components without an end tag so far, each with the nodes before it."""

    def __init__(self, source: LiteralSource) -> None:
        self.source = source
        self.nodes: list[Node] = []
        self.open: list[tuple[Component, list[Node]]] = []
        self.has_content = False

    def build(self) -> tuple[Node, ...]:
        for token in scan(self.source):
            if isinstance(token, ComponentEnd):
                self._close(token)
            elif isinstance(token, Component):
                self._component(token)
            elif isinstance(token, Tag):
                self.nodes.append(_with_last(token))
            elif token != _NOTHING:
                self.nodes.append(token)
        if self.open:
            raise self._unclosed(self.open[-1][0])
        nodes = _with_fragments(self.nodes)
        if self.has_content:
            check_crossing(nodes)
        return nodes

    def _component(self, token: Component) -> None:
        token = _with_last(token)
        if token.children is None:
            self.nodes.append(_marked(token))
        else:
            self.has_content = True
            self.open.append((token, self.nodes))
            self.nodes = []

    def _close(self, token: ComponentEnd) -> None:
        expression = self.source.shapes[token.index].expression.strip()
        is_open = bool(self.open) and self.open[-1][0].expression == expression
        start = None if is_open else next((n for n in self.nodes if isinstance(n, Tag) and n.name == expression), None)
        if start is not None:
            what = f"<{expression}> begins an HTML element, which </{{{expression}}}> doesn't end"
            hint = f"The tags of a component have its name in braces: <{{{expression}}}>…</{{{expression}}}>."
            raise SyntaxProblem(what, start.start, len(expression) + 1, hint)
        if not self.open:
            hint = f"Remove it, or write <{{{expression}}}> where the component begins."
            raise SyntaxProblem(f"</{{{expression}}}> closes a component that is not open", token.start + 2, hint=hint)
        component, before = self.open.pop()
        if component.expression != expression:
            suggestion = did_you_mean(expression, [component.expression])
            raise SyntaxProblem(
                f"</{{{expression}}}> closes <{{{component.expression}}}>",
                token.start + 2,
                hint=suggestion or f"Close the innermost component first: </{{{component.expression}}}>.",
            )
        children = _with_fragments(self.nodes)
        before.append(_marked(replace(component, children=children, end=token.end)))
        self.nodes = before

    def _unclosed(self, component: Component) -> SyntaxProblem:
        """The error for a component that is open at the end, with the tag that may have been meant to end it."""
        name, written = component.expression, f"<{{{component.expression}}}>"
        for node in self.nodes:
            if isinstance(node, EndTag) and node.name == name.lower():
                what = f"{node.text} doesn't end {written}"
                return SyntaxProblem(what, node.end - len(node.text), len(node.text), f"Write </{{{name}}}>.")
        is_empty = all(isinstance(node, Text) and not node.text.strip() for node in self.nodes)
        if is_empty and any(outer.expression == name for outer, _ in self.open[:-1]):
            what = f"this {written} begins another one, and doesn't end the one before"
            return SyntaxProblem(what, component.start + 1, hint=f"Write </{{{name}}}>.")
        hint = f"Write </{{{name}}}> where it ends, or <{{{name}}} /> if it has no content."
        return SyntaxProblem(f"{written} is never closed", component.start + 1, hint=hint)


def _with_last[T: (Tag, Component)](token: T) -> T:
    """If a name occurs more than once, keep the last attribute. The names of a spread are known only at run time."""
    if len(token.attributes) < 2:
        return token
    last = {item.name.lower(): item for item in token.attributes if isinstance(item, Attribute)}
    kept = tuple([item for item in token.attributes if isinstance(item, Spread) or last[item.name.lower()] is item])
    return token if len(kept) == len(token.attributes) else replace(token, attributes=kept)


def _marked(component: Component) -> Node:
    if not component.marker:
        return component
    return Fragment(
        _fragment_name(component.marker, component.attributes), (component,), component.start, component.end
    )


def _with_fragments(nodes: list[Node]) -> tuple[Node, ...]:
    """Wrap the siblings from a marked start tag to its end tag in a Fragment."""
    result: list[Node] = []
    position = 0
    while position < len(nodes):
        node = nodes[position]
        if isinstance(node, Tag) and node.marker:
            end = _end_of_element(nodes, position, node)
            inner = _with_fragments(nodes[position + 1 : end])
            last = nodes[end - 1]
            assert isinstance(last, (Tag, EndTag))
            result.append(Fragment(_fragment_name(node.marker, node.attributes), (node, *inner), node.start, last.end))
            position = end
        else:
            result.append(node)
            position += 1
    return tuple(result)


def _end_of_element(nodes: list[Node], start: int, tag: Tag) -> int:
    """The index after the end tag for the start tag at `start`; after the start tag if it needs none."""
    name, depth = tag.name.lower(), 0
    for position in range(start, len(nodes)):
        node = nodes[position]
        if isinstance(node, EndTag) and node.name == name:
            depth -= 1
        elif isinstance(node, Tag) and node.name.lower() == name:
            # Only in SVG does `/>` replace the end tag.
            depth += name not in VOID and not (node.closes_itself and name in SVG_SHAPES)
        if not depth:
            return position + 1
    raise SyntaxProblem(
        f"this fragment needs its end tag </{name}> in the same t-string",
        tag.start,
        len(name) + 1,
        hint=f"Write <{name} {{fragment}}>…</{name}>, even if HTML lets you omit the end tag.",
    )


def _fragment_name(marker: MarkerHole, attributes: tuple[Attribute | Spread, ...]) -> Value:
    """The name given with the marker, else the element's id. Static parts are decoded."""
    name = marker.name
    for item in attributes:
        if name is None and isinstance(item, Attribute) and item.name.lower() == "id":
            name = item.value
    if not name:
        raise SyntaxProblem(
            "this fragment has no name",
            marker.start,
            hint='Give the element an id, <div id="status" {fragment}>, or name it, <div {fragment}="status">.',
        )
    return tuple(html.unescape(piece) if isinstance(piece, str) else piece for piece in name)
