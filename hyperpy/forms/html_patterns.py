"""Regular expressions of a model → the `pattern` of a control, if it means the same there.

The attribute is a JavaScript expression with the flag `v` that has to match the whole value
(https://html.spec.whatwg.org/multipage/input.html#the-pattern-attribute). pydantic's expressions are Rust's, which look
for a match anywhere. So only an expression between `^` and `$` can be translated, and of these only the parts below.
"""

import re
from typing import Final

from hyperpy.lazy import lazy_pattern

_ESCAPED: Final = r"\\[.^$*+?()\[\]{}|/\\-]"
_CLASS_ESCAPES: Final = {r"\d": r"\p{Nd}", r"\s": r"\p{White_Space}"}
_NEGATED: Final = {r"\D": r"\P{Nd}", r"\S": r"\P{White_Space}"}
_WORD: Final = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}"

# Outside of a class: (?: and ( and ), |, quantifiers, escapes, the dot, and ordinary characters.
_TOKEN: Final = lazy_pattern(
    rf"(?P<escape>{_ESCAPED})|(?P<kind>\\[dswDS])|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<group>\(\?:|\((?!\?)|\)|\|)"
    r"|(?P<times>(?:[*+?]|\{\d{1,4}(?:,\d{0,4})?\})\??)|(?P<dot>\.)|(?P<plain>[^\\\[\](){}|*+?.^$])",
    re.DOTALL,
)
_CLASS_ITEM: Final = lazy_pattern(r"(?P<kind>\\[dsw])|(?P<escape>\\[^\w\s])|(?P<plain>[^\\\[])", re.DOTALL)
_SYNTAX: Final = frozenset("()[]{}/-\\|")
_DOUBLED: Final = frozenset("&!#$%*+,.:;<=>?@^`~")  # two of the same have a meaning


def html_pattern(pattern: str) -> str | None:
    """The same expression for an attribute; None if there is none."""
    if not (pattern.startswith("^") and pattern.endswith("$")) or pattern.endswith(r"\$"):
        return None
    out: list[str] = []
    inner, position, depth = pattern[1:-1], 0, 0
    while position < len(inner):
        token = _TOKEN.match(inner, position)
        if token is None or (token["times"] and not out):
            return None
        depth += {"(": 1, "(?:": 1, ")": -1}.get(token[0], 0)
        if depth < 0 or (token[0] == "|" and not depth):  # ^a|b$ is anchored at one end each
            return None
        written = _translated(token)
        if written is None:
            return None
        out.append(written)
        position = token.end()
    return "".join(out) if not depth else None


def _translated(token: re.Match[str]) -> str | None:
    match token.lastgroup:
        case "kind":
            return f"[{_WORD}]" if token[0] == r"\w" else (_CLASS_ESCAPES | _NEGATED)[token[0]]
        case "class":
            return _class(token[0])
        case "dot":
            return r"[^\n]"
        case "escape" if token[0] == r"\-":
            return "-"
        case "plain" if token[0] == "/":
            return r"\/"
    return token[0]


def _class(written: str) -> str | None:
    """A character class. The flag `v` wants more characters escaped than other dialects do."""
    negated = written.startswith("[^")
    inner = written[2:-1] if negated else written[1:-1]
    out: list[str] = []
    position = range_end = 0
    in_range = False
    while position < len(inner):
        item = _CLASS_ITEM.match(inner, position)
        if item is None:
            return None
        position = item.end()
        may_be_range = item[0] == "-" and 0 < item.start() != range_end and position < len(inner)
        range_end = position if in_range else range_end
        in_range = may_be_range and not in_range
        if in_range:
            out.append("-")
        elif item.lastgroup == "kind":
            out.append(_WORD if item[0] == r"\w" else _CLASS_ESCAPES[item[0]])
        else:
            character = item[0][-1]
            is_special = character in _SYNTAX or (character in _DOUBLED and out[-1:] == [character])
            out.append(f"\\{character}" if is_special or (character == "^" and not out) else character)
    if not out or "-\\p" in "".join(out) or re.search(r"&&|--|~~", inner):
        return None
    return f"[{'^' if negated else ''}{''.join(out)}]"
