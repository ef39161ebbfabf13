"""The modes of holes in CSS: values, words, strings, URLs and comments. Anywhere else is an error.

https://www.w3.org/TR/css-syntax-3/#tokenization
"""

import re
from dataclasses import field
from typing import NoReturn

from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record
from hyperpy.templates.syntax.holes import HoleMode
from hyperpy.templates.syntax.literal_source import HOLE
from hyperpy.templates.syntax.problems import HoleProblem
from hyperpy.templates.syntax.url_holes import part_mode

_TOKEN = lazy_pattern(
    r"""(?P<comment>/\*.*?(?:\*/|\Z))
      | (?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)
      | (?P<url>(?:(?<![\w#@-])|(?<=<!--))url\(\s*(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|(?:[^)"'\\]|\\.)*))
      | (?P<function>(?:[\w\x80-\U0010FFFF-]|\\(?:[0-9A-F]{1,6}+\s?+|[^\0\n]))*+\()
      | (?P<word>(?:[\w\x80-\U0010FFFF-]|\\(?:[0-9A-F]{1,6}+\s?+|[^\0\n]))++)
      | (?P<hole>\0)
      | (?P<other><!--|.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# SVG decodes character references in a style sheet as well.
_HALF_MARKUP = lazy_pattern(r"(?:<[!/]?[-A-Za-z]*|&[#A-Za-z0-9]*)\Z")
_HALF_ESCAPE = lazy_pattern(r"(?<!\\)(?:\\\\)*\\[0-9A-Fa-f]{0,6}\Z")
_LOADS = lazy_pattern(r"\s*@(?:import|namespace|charset)\b", re.IGNORECASE)
_REST_OF_FUNCTION = lazy_pattern(r"(?:[\w\0\x80-\U0010FFFF-]|\\(?:[0-9A-Fa-f]{1,6}+\s?+|.))*+\(", re.DOTALL)
_URL_START = lazy_pattern(r"url\(\s*[\"']?", re.IGNORECASE)
# In these functions, a string is a URL.
_STRING_URLS = frozenset({"image-set(", "-webkit-image-set(", "image(", "src(", "cross-fade(", "-webkit-cross-fade("})
_PATH_MODES = {
    HoleMode.SEGMENT: HoleMode.CSS_SEGMENT,
    HoleMode.PIECE: HoleMode.CSS_REST,
    HoleMode.REST: HoleMode.CSS_REST,
}

HINT = "Move the value out of it: set a class or a custom property, --x: {x}, or mark it as safe: {TrustedCSS(…)}."


def modes(text: str, *, is_element: bool = False, is_value: bool = False) -> tuple[HoleMode, ...]:
    """The mode of each hole in a `<style>`, a `style` attribute, or the value of one property.

    Raises HoleProblem for the first hole in an invalid position.
    """
    return tuple(_Sheet(text, is_element, is_value).run())


@record(slots=True)
class _Sheet:
    """`open` is the stack of open functions and parentheses. `statement` is the text since the last `;` or brace."""

    text: str
    is_element: bool
    is_value: bool
    modes: list[HoleMode] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    statement: str = ""

    def run(self) -> list[HoleMode]:
        for token in _TOKEN.finditer(self.text):
            kind = token.lastgroup
            if kind == "comment":
                self.modes += [HoleMode.COMMENT] * token[0].count(HOLE)
                continue
            if kind in ("string", "url") and HOLE in token[0]:
                self._quoted(token[0], kind, self.text[token.end() : token.end() + 1])
            elif kind == "hole":
                self._word(token.start())
            elif kind == "function":
                self.open.append(token[0].lower())
            elif kind == "other":
                self._punctuator(token[0])
            self.statement = "" if kind == "other" and token[0] in "{};" else self.statement + token[0]
        return self.modes

    def _punctuator(self, token: str) -> None:
        if token in (":", "{", "}", ";"):
            self.is_value = token == ":"
            if token != ":":
                self.open.clear()
        elif token == ")" and self.open:
            self.open.pop()

    def _quoted(self, token: str, kind: str, following: str) -> None:
        """The holes of a string or URL. `following` is the character after it."""
        if _LOADS.match(self.statement):
            self._refuse("would choose a style sheet to load")
        if kind == "string" and (self.open and (self.open[-1] in _STRING_URLS or "\\" in self.open[-1])):
            self._refuse(f"is inside a string that is a URL, in `{self.open[-1]}…)`", "Write url('{x}').")
        found = _URL_START.match(token) if kind == "url" else None
        start = found.end() if found else 1
        quote = token[start - 1]
        if quote in "\"'" and (len(token) <= start or not token.endswith(quote)):
            self._refuse("is inside a string that doesn't end on its line", "Close the string.")
        if kind == "url" and quote not in "\"'" and following in ("'", '"'):
            # Without a value, what follows is a string; with one, it is part of a URL that is invalid.
            self._refuse(f"is followed by `{following}` in a URL without quotes", "Write url('{x}').")
        for index, character in enumerate(token):
            if character == HOLE:
                self._check_half(token[:index])
                self.modes.append(_url_mode(token[start:index]) if kind == "url" else HoleMode.CSS_STRING)

    def _word(self, start: int) -> None:
        """A hole in place of a value or word, which must not change the meaning of the text next to it."""
        text = self.text
        self._check_half(text[:start])
        if text[start - 1 : start] == "@" or text[start - 1 : start + 2] == f"/{HOLE}*":
            self._refuse(f"directly follows `{text[start - 1]}`")
        if any("\\" in name for name in self.open):
            self._refuse("is inside a function whose name has an escape")
        if (rest := _REST_OF_FUNCTION.match(text, start + 1)) and _may_load(rest[0].lower()):
            self._refuse("would name a function")
        is_prelude = self.is_element and self._is_prelude(start)
        if self.is_value and not is_prelude:
            self.modes.append(HoleMode.CSS_VALUE)
        else:
            self.modes.append(HoleMode.CSS_ARGUMENT if is_prelude and self.open else HoleMode.CSS_WORD)

    def _is_prelude(self, start: int) -> bool:
        """Whether the hole is in a selector or before the block of an at-rule."""
        for token in _TOKEN.finditer(self.text, start):
            if token["other"] in ("{", "}", ";"):
                return token[0] == "{"
        return False

    def _check_half(self, before: str) -> None:
        if _HALF_ESCAPE.search(before):
            self._refuse("follows half an escape", "Remove the `\\`.")
        if self.is_element and (found := _HALF_MARKUP.search(before)):
            self._refuse(f"directly follows `{found[0]}`")

    def _refuse(self, what: str, hint: str = HINT) -> NoReturn:
        raise HoleProblem(len(self.modes), what, hint)


def _may_load(rest: str) -> bool:
    """Whether a function whose name ends like this may load a URL. A hole or an escape may be any character."""
    return HOLE in rest or "\\" in rest or any(name.endswith(rest) for name in ("url(", *_STRING_URLS))


def _url_mode(before: str) -> HoleMode:
    """The mode of a hole after this part of a URL."""
    if re.search("[?#]", before):
        return HoleMode.CSS_QUERY
    if before.strip() in ("/", "\\"):
        return HoleMode.CSS_ROOT
    if not re.search("[/:]", before):
        return HoleMode.CSS_URL
    return _PATH_MODES.get(part_mode(before, ""), HoleMode.CSS_PATH)
