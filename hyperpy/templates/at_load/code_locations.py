"""Generated code → the same code with the locations of the t-string and its holes, for tracebacks.

`compile` gives each instruction a line of the generated source, in which the code of each hole has lines of its own. So
the locations can be replaced line by line, which is much quicker than to parse the source and relocate its tree.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from types import CodeType
from typing import Final, NamedTuple

MARK: Final = "\f"
"""Precedes the variable of a hole in generated code. It is white space to Python, and `repr` escapes it in texts."""

_TOKENS: Final = re.compile(rf"\{{\n|\n\}}|{MARK}v(\d+)")

# The kinds of entries in a table of locations, as CPython's Objects/locations.md defines them.
_NO_LOCATION: Final = 15
_WITH_COLUMNS: Final = 14
_LONGEST: Final = 8


class Location(NamedTuple):
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, node: ast.expr) -> Location:
        return cls(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)


@dataclass(slots=True)
class _Piece:
    """A piece of code in an f-string. `own` are the numbers of the variables in it, without those in inner pieces."""

    around: _Piece | None = None
    own: list[int] = field(default_factory=list)
    inner: list[int] = field(default_factory=list)

    def location(self, holes: Mapping[str, Location], around: Location) -> Location:
        numbers = self.own or self.inner
        if numbers:
            return holes[f"v{min(numbers)}"]
        return self.around.location(holes, around) if self.around else around


def line_locations(source: str, whole: Location, holes: Mapping[str, Location]) -> list[Location]:
    """The location for each line of generated code; `holes` are those of the variables, which are numbered.

    A piece in an f-string begins and ends with a newline. Its location is that of its first hole, or of the first one
    in its inner pieces, or else that of the piece around it. Code outside of all pieces is that of the whole.
    """
    piece = outermost = _Piece()
    pieces = [piece]  # by line
    for token in _TOKENS.finditer(source):
        if token[1]:
            piece.own.append(int(token[1]))
            continue
        if token[0][0] == "{":
            piece = _Piece(piece)
        elif piece.around is not None:
            piece.around.inner += piece.own or piece.inner
            piece = piece.around
        pieces.append(piece)
    outermost.own.clear()
    outermost.inner.clear()
    return [piece.location(holes, whole) for piece in pieces]


def located(code: CodeType, lines: Sequence[Location]) -> CodeType:
    """The code, and that of functions in it, where each line of its source has another location."""
    first = lines[code.co_firstlineno - 1].line
    constants = tuple(located(each, lines) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_firstlineno=first, co_linetable=_table(code, lines, first), co_consts=constants)


def _table(code: CodeType, lines: Sequence[Location], line: int) -> bytes:
    """The table of locations. `line` is that of the code; each entry has the difference from the one before."""
    table = bytearray()
    for start, end, number in code.co_lines():
        for units in batched(range(start, end, 2), _LONGEST, strict=False):
            kind = _NO_LOCATION if number is None else _WITH_COLUMNS
            table.append(0x80 | kind << 3 | len(units) - 1)
            if number is not None:
                location = lines[number - 1]
                step = location.line - line
                _write(table, -step << 1 | 1 if step < 0 else step << 1)
                _write(table, location.end_line - location.line)
                _write(table, location.column + 1)
                _write(table, location.end_column + 1)
                line = location.line
    return bytes(table)


def _write(table: bytearray, number: int) -> None:
    """A number in groups of six bits, the lowest first."""
    while number >= 0x40:
        table.append(0x40 | number & 0x3F)
        number >>= 6
    table.append(number)
