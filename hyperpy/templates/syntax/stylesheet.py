"""The modes of holes in CSS: in place of a value, of a word, or in a comment. Anywhere else is an error.

https://www.w3.org/TR/css-syntax-3/#tokenization
"""

import re

from hyperpy.templates.syntax.literal_source import HOLE
from hyperpy.templates.syntax.nodes import HoleMode
from hyperpy.templates.syntax.problems import HoleProblem

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z))
      | (?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)
      | (?P<url>url\([^)]*)
      | (?P<hole>\0)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_BEHIND = re.compile(r"(?:<[!/]?[-A-Za-z]*|&[#A-Za-z0-9]*|[@\\])\Z")

HINT = "Move the value out of it: set a class or a custom property, --x: {x}, or mark it as safe: {TrustedCSS(…)}."


def modes(text: str) -> tuple[HoleMode, ...]:
    """The mode of each hole in a `<style>` or a `style` attribute.

    Raises HoleProblem for the first hole in an invalid position.
    """
    found: list[HoleMode] = []
    is_value = False
    for token in _TOKEN.finditer(text):
        if token["hole"]:
            _check_neighbours(text, token.start(), len(found))
            found.append(HoleMode.CSS_VALUE if is_value else HoleMode.CSS_WORD)
        elif token["comment"]:
            found += [HoleMode.COMMENT] * token[0].count(HOLE)
        elif HOLE in token[0]:
            where = "a string" if token["string"] else "`url(…)`"
            raise HoleProblem(len(found), f"is inside {where}", HINT)
        elif token["other"] in (":", "{", "}", ";"):
            is_value = token[0] == ":"
    return tuple(found)


def _check_neighbours(text: str, start: int, hole: int) -> None:
    """Raise HoleProblem if a word, or nothing, in place of the hole would change the meaning of the text next to it."""
    if _BEHIND.search(text, 0, start) or (text[start - 1 : start + 2] == f"/{HOLE}*"):
        raise HoleProblem(hole, f"directly follows `{text[start - 1]}`", HINT)
    if text.startswith("(", start + 1):
        raise HoleProblem(hole, "would name a function", HINT)
