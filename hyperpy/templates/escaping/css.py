"""The CSS that values may contain: numbers, identifiers, colours, lengths and arithmetic with them.

This is deliberately far narrower than CSS: no strings, `url()`, escapes or comments, nothing that ends a declaration.
"""

import re
from collections.abc import Iterator, Mapping

from hyperpy.lazy import lazy_pattern

# fmt: off
FUNCTIONS = frozenset((
    "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "light-dark",
    "var", "env", "calc", "min", "max", "clamp", "round", "mod", "rem", "abs", "sign",
    "translate", "translatex", "translatey", "translatez", "translate3d", "scale", "scalex", "scaley", "scale3d",
    "rotate", "rotatex", "rotatey", "rotatez", "skew", "skewx", "skewy", "matrix", "matrix3d", "perspective",
    "cubic-bezier", "steps", "linear", "repeat", "minmax", "fit-content",
    "linear-gradient", "radial-gradient", "conic-gradient", "repeating-linear-gradient", "repeating-radial-gradient",
    "blur", "brightness", "contrast", "drop-shadow", "grayscale", "hue-rotate", "invert", "opacity", "saturate",
    "sepia",
    "circle", "ellipse", "inset", "polygon", "counter",
))
# fmt: on

_PROPERTY = lazy_pattern(r"--[A-Za-z0-9_-]+|-?[A-Za-z][A-Za-z0-9-]*")
_TOKEN = lazy_pattern(
    r"""(?P<function>-?[A-Za-z][A-Za-z0-9-]*)\(\s*
      | (?P<word>(?:--|-)?[A-Za-z_][A-Za-z0-9_-]*
                |[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?:%|[A-Za-z]+)?
                |\#[0-9A-Fa-f]{3,8}(?![0-9A-Za-z_-]))
      | (?P<space>\s*,\s*|\s+[-+*/]\s+|\s+)
      | (?P<close>\s*\))
      | (?P<important>!\s*important\s*$)""",
    re.VERBOSE | re.ASCII,
)


def is_safe_value(value: str) -> bool:
    """Whether the text is a value, or part of one, that is safe in any declaration."""
    position = depth = 0
    while position < len(value):
        token = _TOKEN.match(value, position)
        if not token:
            return False
        if token["function"]:
            if token["function"].lower() not in FUNCTIONS:
                return False
            depth += 1
        elif token["close"]:
            depth -= 1
        if depth < 0:
            return False
        position = token.end()
    return depth == 0


def is_safe_word(value: str) -> bool:
    """Whether the text is a single name, number or colour."""
    token = _TOKEN.fullmatch(value)
    return token is not None and token["word"] is not None


def is_safe_property(name: str) -> bool:
    return _PROPERTY.fullmatch(name) is not None


def declarations(style: str | Mapping[object, object]) -> Iterator[tuple[str, object]]:
    """The (property, value) pairs of a mapping or of CSS text."""
    if not isinstance(style, str):
        for name, value in style.items():
            yield str(name), value
        return
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        if declaration.strip():
            yield name.strip(), value.strip()
