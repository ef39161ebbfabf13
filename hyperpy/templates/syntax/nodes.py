"""What a t-string literal means: the parser's result, the code generator's input.

A hole is the place of an interpolation, known by its index into `template.interpolations`. Positions count characters
of the scanned text, in which each hole is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

type Value = tuple[str | int, ...]
"""Pieces of one attribute value: HTML source text, and holes by index."""

type Node = Text | Hole | RawHole | Tag | EndTag | Component | Fragment


class Spec(Enum):
    """The meaning of a hole's format spec, from its text: `Spec("safe")`."""

    NONE = ""
    SAFE = "safe"
    SPREAD = "**"
    FORMAT = "any other"

    @classmethod
    def _missing_(cls, value: object) -> Spec:
        return cls.FORMAT


class Context(Enum):
    """What an attribute's value means to a browser, and so which function makes it fit."""

    PLAIN = auto()
    URL = auto()
    IMAGE_URL = auto()
    URL_SET = auto()
    URL_LIST = auto()
    URL_STEPS = auto()
    REFRESH = auto()
    HTMX_JSON = auto()
    SCRIPT = auto()
    SRCDOC = auto()
    CLASS = auto()
    STYLE = auto()
    ARIA = auto()
    REFUSED = auto()


class HoleMode(Enum):
    """What a hole is inside its context, which the text before it decides."""

    PLAIN = auto()
    PATH = auto()
    QUERY = auto()
    CANDIDATE = auto()
    DESCRIPTOR = auto()
    DELAY = auto()
    REFRESHED = auto()
    SCRIPT_VALUE = auto()
    SCRIPT_STRING = auto()
    CSS_VALUE = auto()
    CSS_WORD = auto()
    COMMENT = auto()


class HoleUse(Enum):
    """Where a hole is rendered, as far as rendering in place can do better there."""

    TEXT = auto()
    CLASS = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class HoleShape:
    """All of one interpolation that the meaning of a literal may depend on, besides the static strings."""

    expression: str
    conversion: str | None = None
    spec: Spec = Spec.NONE
    is_marker: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """HTML that is sent as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """An interpolation in a text position."""

    index: int


@dataclass(frozen=True, slots=True)
class RawHole:
    """An interpolation inside `<script>` or `<style>`."""

    index: int
    tag: str
    mode: HoleMode


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value` is None for a bare name. `space` is the white space before it. `modes` are those of the value's holes, if
    the value has more than one piece.
    """

    name: str
    value: Value | None
    space: str
    context: Context
    start: int
    modes: tuple[HoleMode, ...] = ()

    @property
    def only_hole(self) -> int | None:
        """The hole that is the whole value, if one is."""
        match self.value:
            case (int(index),):
                return index
        return None


@dataclass(frozen=True, slots=True)
class Spread:
    """`{mapping:**}` among the attributes."""

    index: int
    start: int


@dataclass(frozen=True, slots=True)
class MarkerHole:
    """`{fragment}` among the attributes; `name` is what was written behind it, if anything."""

    name: Value | None
    start: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag. `tail` is what stands between the last attribute and `>`."""

    name: str
    attributes: tuple[Attribute | Spread, ...]
    tail: str
    marker: MarkerHole | None
    start: int
    end: int

    @property
    def closes_itself(self) -> bool:
        return self.tail.endswith("/")


@dataclass(frozen=True, slots=True)
class EndTag:
    name: str
    text: str
    end: int


@dataclass(frozen=True, slots=True)
class Component:
    """`<{index} …>children</{closing}>`; `children` and `closing` are None if the tag closes itself."""

    index: int
    expression: str
    attributes: tuple[Attribute | Spread, ...]
    marker: MarkerHole | None
    start: int
    end: int
    closing: int | None = None
    children: tuple[Node, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """A marked element, from the `<` of its start tag to the `>` of its end tag."""

    name: Value
    body: tuple[Node, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
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
