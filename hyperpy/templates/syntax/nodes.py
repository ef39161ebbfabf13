"""The nodes of a parsed literal: output of the parser, input of the code generators.

A hole is the place of an interpolation, identified by its index in `template.interpolations`. Positions are those of
`LiteralSource.text`, in which a hole is one character.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from hyperpy.record_classes import record
from hyperpy.templates.syntax.holes import Context, HoleMode, HoleShape, HoleUse, Value
from hyperpy.templates.syntax.problems import first_words

type Node = Text | Hole | RawHole | Tag | EndTag | Component | Fragment


class Text(NamedTuple):
    """HTML that is sent unchanged."""

    text: str


@record(frozen=True, slots=True)
class Hole:
    """An interpolation in a text position. `foreign` is `svg` or `math` if it is in one of these."""

    index: int
    foreign: str = ""


@record(frozen=True, slots=True)
class RawHole:
    """An interpolation inside `<script>` or `<style>`."""

    index: int
    tag: str
    mode: HoleMode


@record(frozen=True, slots=True)
class Target:
    """The attribute that a browser library sets to a value: its context, and the static text before the value."""

    context: Context
    before: str = ""


class Attribute(NamedTuple):
    """`value` is None for a bare name, and `space` is the white space before the name.

    `modes` are the modes of the value's holes, unless a hole is the whole value. `targets` are the attributes
    that a browser library will set to them, for BINDING and BINDINGS.
    """

    name: str
    value: Value | None
    space: str
    context: Context
    start: int
    modes: tuple[HoleMode, ...] = ()
    targets: tuple[Target, ...] = ()

    @property
    def only_hole(self) -> int | None:
        """The hole that is the whole value, if one is."""
        match self.value:
            case (int(index),):
                return index
        return None


@record(frozen=True, slots=True)
class Spread:
    """`{mapping:**}` among the attributes."""

    index: int
    start: int


@record(frozen=True, slots=True)
class MarkerHole:
    """`{fragment}` among the attributes, or `{fragment}=name`."""

    name: Value | None
    start: int


class Tag(NamedTuple):
    """A start tag. `tail` is the text between the last attribute and `>`."""

    name: str
    attributes: tuple[Attribute | Spread, ...]
    tail: str
    marker: MarkerHole | None
    start: int
    end: int

    @property
    def closes_itself(self) -> bool:
        return self.tail.endswith("/")


class EndTag(NamedTuple):
    name: str
    text: str
    end: int


@record(frozen=True, slots=True)
class Component:
    """`<{index} …>children</{expression}>`; `children` is None if the tag closes itself."""

    index: int
    expression: str
    attributes: tuple[Attribute | Spread, ...]
    marker: MarkerHole | None
    start: int
    end: int
    children: tuple[Node, ...] | None = None
    foreign: str = ""


@record(frozen=True, slots=True)
class Fragment:
    """A marked element, from the `<` of its start tag to the `>` of its end tag."""

    name: Value
    body: tuple[Node, ...]
    start: int
    end: int


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """All nodes, outer ones first."""
    for node in nodes:
        yield node
        if isinstance(node, Fragment):
            yield from walk(node.body)
        elif isinstance(node, Component):
            yield from walk(node.children or ())


@record(frozen=True)
class Document:
    """A parsed literal.

    `uses` has the holes that are rendered: not those of fragment markers, closing tags, comments and attributes that a
    later one replaces. `named` are the holes whose expression or value means more than what it renders to: in component
    tags, and in place of an attribute's name.
    """

    strings: tuple[str, ...]
    shapes: tuple[HoleShape, ...]
    nodes: tuple[Node, ...]
    uses: Mapping[int, HoleUse]
    named: frozenset[int]

    @cached_property
    def words(self) -> str:
        """The first words of the literal, which name it in messages."""
        return first_words(self.strings, [shape.expression for shape in self.shapes])
