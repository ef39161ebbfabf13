"""What a t-string literal means: the parser's result, the code generator's input.

A hole is the place of an interpolation, known by its index into `template.interpolations`. Positions count characters
of the scanned text, in which each hole is one.
"""

from dataclasses import dataclass
from enum import Enum, auto

type Value = tuple[str | int, ...]
"""Pieces of one attribute value: HTML source text, and holes by index."""

type Node = Text | Hole | RawHole | Tag | EndTag | Component | Fragment


class Spec(Enum):
    """What a hole's format spec asks for."""

    NONE = auto()
    SAFE = auto()
    SPREAD = auto()
    FORMAT = auto()


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
    """One parsed literal. `named` are the holes whose expression or value has a meaning besides what it renders to: in
    component tags, and where an attribute's name would be.
    """

    strings: tuple[str, ...]
    shapes: tuple[HoleShape, ...]
    nodes: tuple[Node, ...]
    named: frozenset[int]
