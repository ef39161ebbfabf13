"""What is known of an interpolation, a hole in the HTML: how it is written, where it stands, and what it is for.

Code that renders needs this; the nodes of a parsed literal are only for the compiler.
"""

import sys
from enum import Enum, auto
from typing import NamedTuple

type Value = tuple[str | int, ...]
"""The pieces of an attribute value: HTML source text, and holes by index."""

SAFE_SPEC = sys.intern("safe")
"""The object that Python makes of the literal `:safe`, as of every constant that could be a name."""


class Spec(Enum):
    """The meaning of a hole's format spec, from its text: `Spec("safe")`."""

    NONE = ""
    SAFE = "safe"
    SPREAD = "**"
    FORMAT = "any other"

    @classmethod
    def _missing_(cls, value: object) -> Spec:
        return cls.FORMAT

    @classmethod
    def evaluated(cls, spec: str) -> Spec:
        """The meaning of an interpolation's spec. A computed spec never turns escaping off, even if it says `safe`."""
        return cls.FORMAT if spec == SAFE_SPEC and spec is not SAFE_SPEC else cls(spec)


class Context(Enum):
    """The meaning of an attribute's value to a browser. It determines how a value is escaped."""

    __hash__ = object.__hash__  # members are compared by identity

    PLAIN = auto()
    BOOLEAN = auto()
    URL = auto()
    IMAGE_URL = auto()
    URL_SET = auto()
    URL_LIST = auto()
    URL_STEPS = auto()
    REFRESH = auto()
    HTMX_JSON = auto()
    HTMX_TEXT = auto()
    HTMX_TRIGGER = auto()
    HTMX_SWAP = auto()
    WORD = auto()
    SCRIPT = auto()
    BINDING = auto()
    BINDINGS = auto()
    SRCDOC = auto()
    CLASS = auto()
    STYLE = auto()
    STYLE_VALUE = auto()
    ARIA = auto()
    REFUSED = auto()


class HoleMode(Enum):
    """The position of a hole inside its context, as determined by the text before it."""

    __hash__ = object.__hash__  # members are compared by identity

    PLAIN = auto()
    PATH = auto()
    SEGMENT = auto()
    PIECE = auto()
    REST = auto()
    LISTED_SEGMENT = auto()
    LISTED_REST = auto()
    QUERY = auto()
    ROOT = auto()
    HOST = auto()
    AFTER_HOST = auto()
    CANDIDATE = auto()
    DESCRIPTOR = auto()
    DELAY = auto()
    REFRESHED = auto()
    SCRIPT_VALUE = auto()
    SCRIPT_STRING = auto()
    JSON_VALUE = auto()
    CSS_VALUE = auto()
    CSS_WORD = auto()
    CSS_ARGUMENT = auto()
    CSS_STRING = auto()
    CSS_URL = auto()
    CSS_ROOT = auto()
    CSS_PATH = auto()
    CSS_SEGMENT = auto()
    CSS_REST = auto()
    CSS_QUERY = auto()
    TRIGGER = auto()
    SWAP = auto()
    COMMENT = auto()


class HoleUse(Enum):
    """The use of a hole, as far as rendering in place treats it differently."""

    TEXT = auto()
    CLASS = auto()
    OTHER = auto()


class HoleShape(NamedTuple):
    """The properties of an interpolation that the meaning of a literal may depend on."""

    expression: str
    conversion: str | None = None
    spec: Spec = Spec.NONE
    is_marker: bool = False
