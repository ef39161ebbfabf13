"""Positions in the strings of a t-string → places in its source file.

The syntax tree has the location of each hole. The text between holes is scanned again as Python does.
"""

import ast
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

_OPENING = lazy_pattern(r"([A-Za-z]*)(\"\"\"|'''|\"|')")
_BETWEEN = lazy_pattern(r"(?:[ \t\f\n]|\\\n|#[^\n]*)*")
_ESCAPE = lazy_pattern(r"\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|N\{[^}]*\}|[\\'\"abfnrtv])")


class SourceText:
    """A file's text, with conversions from the lines and byte columns of its syntax tree."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self.source = source

    @cached_property
    def text(self) -> str:
        return self.source.replace("\r\n", "\n").replace("\r", "\n")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]

    def position(self, line: int, column: int) -> int:
        """`column` counts UTF-8 bytes, as in the syntax tree."""
        return self._starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr) -> tuple[int, int]:
        """The positions of an expression's start and end."""
        end = self.position(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.position(node.lineno, node.col_offset), end

    def place(self, start: int, end: int) -> Place:
        line = bisect_right(self._starts, start) - 1
        column = start - self._starts[line]
        return Place(self.file, line + 1, column, max(1, min(end - start, len(self.lines[line]) - column)))


def locate(source: SourceText, node: ast.TemplateStr, part: int, offset: int, width: int) -> Place:
    """The place of character `offset` in static string `part`. The end of that string is the hole after it."""
    holes = [source.span(value) for value in node.values if isinstance(value, ast.Interpolation)]
    reader = _LiteralReader(source.text, source.position(node.lineno, node.col_offset))
    for start, end in holes[:part]:
        while reader.position < start:
            reader.advance()
        reader.position = end
    reader.skip(offset)
    start = reader.position
    for hole in holes:
        if hole[0] == start:
            return source.place(*hole)
    reader.skip(width)
    return source.place(start, reader.position)


@record(slots=True)
class _LiteralReader:
    """Reads the source of a literal. Adjacent literals (`t"a" t"b"`) are one node in the syntax tree."""

    text: str
    position: int
    is_raw: bool = False
    quote: str = ""

    def __post_init__(self) -> None:
        self._open(self.position)

    def skip(self, characters: int) -> None:
        """Skip this many characters of the string."""
        while characters > 0:
            characters -= self.advance()
        while self.text.startswith("\\\n", self.position) and not self.is_raw:
            self.advance()
        if self.text.startswith(self.quote, self.position):
            self.advance()

    def advance(self) -> int:
        """Skip one unit of source, such as an escape. Returns the number of characters that it means."""
        if self.text.startswith(self.quote, self.position):
            between = _BETWEEN.match(self.text, self.position + len(self.quote))
            assert between
            return 0 if self._open(between.end()) else 1
        if self.text.startswith(("{{", "}}"), self.position):
            self.position += 2
            return 1
        if self.text[self.position] != "\\":
            self.position += 1
            return 1
        if self.is_raw:
            self.position += 2
            return 2
        if self.text.startswith("\\\n", self.position):
            self.position += 2
            return 0
        escape = _ESCAPE.match(self.text, self.position)
        self.position += len(escape[0]) if escape else 1
        return 1

    def _open(self, position: int) -> bool:
        """Enter the literal that starts here, if there is one."""
        opening = _OPENING.match(self.text, position)
        if not opening:
            return False
        self.is_raw = "r" in opening[1].lower()
        self.quote = opening[2]
        self.position = opening.end()
        return True
