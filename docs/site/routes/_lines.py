"""Where lines of text and code may break, so that a phone shows them whole."""

import re
from typing import Final

from hyperpy import Markup

AFTER: Final = r"(?:(?<=[^\W_])|(?<=[)}\]\"]))([/.,(\[=?&_:|]+)(?=[^\W_]|[{\[\"'])(?!(?<=\d\.)\d)"
BREAK: Final = re.compile(AFTER + r"|(?<=[\w;])(?=[\\%&])")
FLAG_OR_ARROW: Final = re.compile(r"((?<![\w-])--?\w+|-+>|utf-8)")
SHORT: Final = 20
SHORT_PHRASE: Final = 14
WORD: Final = re.compile(r"((?<![\w-])(?:\w{1,3}-\w+|\w+-\w{1,2})(?![\w-]))")  # t-string, log-in

OUTPUT: Final = ("", "console", "html", "http", "json", "sh", "text")
EXCERPT: Final = re.compile(r"\s*>?\s*\d+ \||\s*\^+$")  # source code with its line numbers, and the carets below it
FLAG: Final = re.compile(r"(?<=[\s>])--?\w[\w-]*(?![^<]*>)")
JSON_COMMA: Final = re.compile(r",(?=&quot;|[{\"])")
POSITION: Final = re.compile(r"^\S+:\d+  ")  # in an error message
COLUMNS: Final = re.compile(r"\S {2,}\S|^ {10}")
DEEPEST: Final = 8  # indentation that the style sheet knows
NARROW: Final = 40  # characters that any window has room for


def inline_code(code: str, is_narrow: bool) -> Markup:
    """A piece of code in a text. A long one breaks after punctuation."""
    if is_narrow:
        return narrow_code(code)
    if len(code) <= (SHORT_PHRASE if " " in code else SHORT):
        return Markup('<code class="whole">{}</code>').format(code)
    return Markup("<code>{}</code>").format(breaking(code) if len(code) > SHORT else kept_whole(code, FLAG_OR_ARROW))


def narrow_code(code: str) -> Markup:
    """Code in a cell. The style sheet keeps a name whole if its column has room."""
    if len(code) <= SHORT:
        return Markup('<code class="name">{}</code>').format(breaking(code))
    name = Markup('<span class="name">{}</span>')
    words = (name.format(breaking(word)) if len(word) <= SHORT else breaking(word) for word in code.split(" "))
    return Markup("<code>{}</code>").format(Markup(" ").join(words))


def breaking(code: str) -> Markup:
    return Markup("<wbr>").join(kept_whole(BREAK.sub("\\1\0", code), FLAG_OR_ARROW).split("\0"))


def kept_whole(text: str, pattern: re.Pattern[str]) -> Markup:
    """`text` without breaks in what the pattern's group matches."""
    whole = Markup('<span class="whole">{}</span>')
    parts = pattern.split(text)
    return Markup("").join(whole.format(part) if place % 2 else part for place, part in enumerate(parts))


def wrapped(code: str, markup: Markup) -> Markup:
    """The lines of an output that may wrap: those of a table, of a command's help or of source code may not."""
    lines = code.split("\n")
    rows = sum(is_row(line) and not EXCERPT.match(line) for line in lines)
    if code.startswith("Usage: ") or 3 * rows > sum(map(bool, lines)):
        return markup
    written = zip(lines, markup.split("\n"), strict=True)
    return Markup("").join(one_line(line, each) for line, each in written).removesuffix("\n")


def one_line(line: str, markup: Markup) -> Markup:
    if len(line) <= NARROW or is_fixed(line):
        return markup + "\n"
    depth = min(len(line) - len(line.lstrip()), DEEPEST) // 2 * 2
    text = FLAG.sub(r'<span class="whole">\g<0></span>', markup)
    if line.startswith(("{", "[", "data: ")):  # JSON
        text = JSON_COMMA.sub(r"\g<0><wbr>", text)
    return Markup('<span class="line{}">{}\n</span>').format(f" in-{depth}" if depth else "", Markup(text))


def is_row(line: str) -> bool:
    return not line.lstrip().startswith("<") and COLUMNS.search(POSITION.sub("", line)) is not None


def is_fixed(line: str) -> bool:
    return is_row(line) or EXCERPT.match(line) is not None
