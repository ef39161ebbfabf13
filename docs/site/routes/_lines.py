"""Where lines of text and code may break, so that a phone shows them whole."""

import re
from typing import Final

from hyperpy import Markup

BREAK: Final = re.compile(r"(?<=[\w)}\]])([/.,(\[=?&_:|]+)(?=[\w{\[\"'])|(?<=[\w;])(?=[\\%&])")
FLAG_OR_ARROW: Final = re.compile(r"((?<![\w-])--?\w+|-+>)")
SHORT: Final = 20
WORD: Final = re.compile(r"((?<![\w-])(?:\w{1,3}-\w+|\w+-\w{1,2})(?![\w-]))")  # t-string, log-in

OUTPUT: Final = ("", "console", "html", "http", "json", "sh", "text")
EXCERPT: Final = re.compile(r"\s*>?\s*\d+ \||\s*\^+$")  # source code with its line numbers, and the carets below it
POSITION: Final = re.compile(r"^\S+:\d+  ")  # in an error message
COLUMNS: Final = re.compile(r"\S {2,}\S")
NARROW: Final = 40  # characters that any window has room for


def inline_code(code: str, is_narrow: bool) -> Markup:
    """A piece of code in a text. A long one, and any in a narrow cell, breaks after punctuation."""
    if not is_narrow and len(code) <= SHORT and " " not in code:
        return Markup('<code class="whole">{}</code>').format(code)
    text = BREAK.sub("\\1\0", code) if is_narrow or len(code) > SHORT else code
    parts = kept_whole(text, FLAG_OR_ARROW).split("\0")
    return Markup("<code>{}</code>").format(Markup("<wbr>").join(parts))


def kept_whole(text: str, pattern: re.Pattern[str]) -> Markup:
    """`text` without breaks in what the pattern's group matches."""
    whole = Markup('<span class="whole">{}</span>')
    parts = pattern.split(text)
    return Markup("").join(whole.format(part) if place % 2 else part for place, part in enumerate(parts))


def wrapped(code: str, markup: Markup) -> Markup:
    """The lines of an output that may wrap: those of a table or of source code may not."""
    lines = code.split("\n")
    if 3 * sum(map(is_row, lines)) > sum(map(bool, lines)):
        return markup
    return (
        Markup("")
        .join(
            Markup(f"<span class='line'>{each}\n</span>" if len(line) > NARROW and not is_fixed(line) else f"{each}\n")
            for line, each in zip(lines, markup.split("\n"), strict=True)
        )
        .removesuffix("\n")
    )


def is_row(line: str) -> bool:
    return not line.lstrip().startswith("<") and COLUMNS.search(POSITION.sub("", line)) is not None


def is_fixed(line: str) -> bool:
    return is_row(line) or EXCERPT.match(line) is not None
