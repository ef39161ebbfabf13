"""The modes of holes in JavaScript: in place of an expression, in a string, or in a comment. Anywhere else is an error.

This implements as much of https://tc39.es/ecma262/#sec-ecmascript-language-lexical-grammar as necessary. The hard part
is whether a `/` divides or starts a regular expression. The previous token decides; where it can't, no hole may follow.
JSON follows the same rules.
"""

import re
from typing import NoReturn

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.syntax.holes import HoleMode
from hyperpy.templates.syntax.literal_source import HOLE
from hyperpy.templates.syntax.problems import HoleProblem

# These are followed by an operand, so a `/` after one starts a regular expression.
BEFORE_OPERANDS = frozenset(
    "case default delete do else extends in instanceof new return throw typeof void".split()  # noqa: SIM905
)
# These are names or keywords, depending on what surrounds them.
CONTEXTUAL = frozenset({"await", "of", "yield"})
CONDITIONS = frozenset({"if", "for", "while", "with"})

_TOKEN = lazy_pattern(
    r"""(?P<blank>[ \t\v\f\xa0\ufeff]+)
      | (?P<line>[\n\r\u2028\u2029]+)
      | (?P<comment>//[^\n\r\u2028\u2029]*|/\*.*?(?:\*/|\Z))
      | (?P<markup><!--|-->)
      | (?P<string>"(?:[^"\\\n\r]|\\(?:\r\n|.))*"|'(?:[^'\\\n\r]|\\(?:\r\n|.))*')
      | (?P<number>\.?[0-9][\w.]*)
      | (?P<word>[\w$]+)
      | (?P<step>\+\+|--)
      | (?P<dots>\.\.\.)
      | (?P<hole>\0)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = lazy_pattern(r"/(?:[^/\\\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+/[\w$]*")
_TEMPLATE = lazy_pattern(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_HALF_ESCAPE = lazy_pattern(r"(?<!\\)(?:\\\\)*\\(?:x[0-9A-Fa-f]?|u(?:[0-9A-Fa-f]{0,3}|\{[0-9A-Fa-f]*))?\Z")
# SVG decodes character references in scripts as well.
_HALF_MARKUP = lazy_pattern(r"(?:<[!/]?[-A-Za-z]*|&[#A-Za-z0-9]*)\Z")
_NAME = lazy_pattern(r"[\w$#@\\]")

BESIDE = 'Write "…" + {x}, or assign it first: const value = {x};'


def modes(text: str, *, is_element: bool = False) -> tuple[HoleMode, ...]:
    """The mode of each hole in the code. `is_element` says that it is the content of a `<script>`.

    Raises HoleProblem for the first hole in an invalid position.
    """
    return tuple(_Lexer(text, is_element).run())


class _Lexer:
    """`operand` says whether an operand comes next; None means unknown. `open` is the stack of open brackets."""

    def __init__(self, text: str, is_element: bool) -> None:
        self.text = text
        self.is_element = is_element
        self.position = 0
        self.modes: list[HoleMode] = []
        self.open: list[str] = []
        self.operand: bool | None = True
        self.begins_line = True
        self.last = ""

    def run(self) -> list[HoleMode]:
        while self.position < len(self.text) and HOLE in self.text[self.position :]:
            found = _TOKEN.match(self.text, self.position)
            assert found
            kind, token, start = found.lastgroup, found[0], self.position
            self.position = found.end()
            self._read(kind or "", token, start)
            if kind == "line":
                self.begins_line = True
            elif kind not in ("blank", "comment"):
                self.begins_line, self.last = False, f".{token}" if self.last == "." else token
        return self.modes

    def _read(self, kind: str, token: str, start: int) -> None:
        match kind:
            case "comment":
                self.modes += [HoleMode.COMMENT] * token.count(HOLE)
            case "markup":
                if token == "<!--" or self.begins_line:
                    self._refuse_rest(f"`{token}`, which starts a comment in a script but not in a module")
                self.operand = True
            case "string":
                self._string(token)
                self.operand = False
            case "number":
                self.operand = False
            case "word" if self.last == ".":
                self.operand = False
            case "word":
                self.operand = None if token in CONTEXTUAL else token in BEFORE_OPERANDS
            case "step":
                self.operand = None
            case "hole":
                self._value(start)
            case "dots":
                self.operand = True
            case "other":
                self._punctuator(token, start)

    def _string(self, token: str) -> None:
        for index, character in enumerate(token):
            if character != HOLE:
                continue
            if _HALF_ESCAPE.search(token, 0, index):
                self._refuse("follows half an escape", "Remove the `\\`.")
            if self.is_element and (found := _HALF_MARKUP.search(token, 0, index)):
                start = found[0][0]
                self._refuse(
                    f"follows a `{start}` and could become markup with it",
                    f"Write the `{start}` as \\u{ord(start):04X}.",
                )
            self.modes.append(HoleMode.SCRIPT_STRING)

    def _value(self, start: int) -> None:
        before, after = self.text[start - 1 : start], self.text[start + 1 : start + 2]
        is_part = _NAME.match(before) is not None and self.last not in BEFORE_OPERANDS | CONTEXTUAL
        is_part = is_part or (before in (".", HOLE) and self.last != "...")
        if is_part or after == HOLE or _NAME.match(after):
            self._refuse("is in the middle of a name", 'A value must be a whole expression: names[{x}], "item" + {x}.')
        self.modes.append(HoleMode.SCRIPT_VALUE)
        self.operand = False

    def _punctuator(self, token: str, start: int) -> None:
        match token:
            case "/":
                self._slash(start)
            case "`":
                self._template()
            case '"' | "'":
                self._refuse_rest("a string that doesn't end on its line")
            case "(" | "[" | "{":
                self.open.append("if(" if token == "(" and self.last in CONDITIONS else token)
                self.operand = True
            case ")" | "]" | "}":
                self._close(token)
            case _:
                self.operand = True

    def _close(self, token: str) -> None:
        opened = self.open.pop() if self.open else ""
        if opened == "${":
            self._template()
        else:
            self.operand = {")": opened == "if(", "]": False, "}": None}[token]

    def _slash(self, start: int) -> None:
        if self.operand is False:
            self.operand = True
            return
        found = _REGEX.match(self.text, start) if self.operand else None
        if not found:
            self._refuse_rest(
                f"a `/` that may divide or start a regular expression, after `{self.last.replace(HOLE, '{…}')}`"
            )
            return
        if HOLE in found[0]:
            self._refuse("is inside a regular expression", "Build it from a string: new RegExp({x}).")
        self.position, self.operand = found.end(), False

    def _template(self) -> None:
        """Read on from a "`", or from the `}` of a `${…}`, to the end of the template literal or to the next `${`."""
        found = _TEMPLATE.match(self.text, self.position)
        assert found
        if HOLE in found[0]:
            self._refuse("is inside a template literal", BESIDE)
        self.position = found.end() + 1
        self.operand = False
        if self.text.startswith("${", found.end()):
            self.position += 1
            self.open.append("${")
            self.operand = True

    def _refuse(self, what: str, hint: str) -> NoReturn:
        raise HoleProblem(len(self.modes), what, hint)

    def _refuse_rest(self, where: str) -> None:
        """Raise HoleProblem if a hole follows: the rest of the code is ambiguous."""
        if HOLE in self.text[self.position :]:
            self._refuse(f"follows {where}", f"Move the value to the top of the script. {BESIDE}")
