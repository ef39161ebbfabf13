"""Generated code → the same code with the locations of the t-string and its holes, for tracebacks.

`compile` gives each instruction a line of the generated source, in which the code of each hole has lines of its own. So
the locations can be replaced line by line, which is much quicker than to parse the source and relocate its tree.
"""

import ast
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Final, NamedTuple

from hyperpy.lazy import lazy_pattern

MARK: Final = "\f"
"""Precedes the variable of a hole in generated code. It is white space to Python, and `repr` escapes it in texts."""

_TOKENS: Final = lazy_pattern(rf"\{{\n|\n\}}|{MARK}v(\d+)")

# The kinds of entries in a table of locations, as CPython's Objects/locations.md defines them.
_NO_LOCATION: Final = 15
_WITH_COLUMNS: Final = 14
_LONGEST: Final = 8
_NONE: Final = sys.maxsize


class Location(NamedTuple):
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, node: ast.expr) -> Location:
        return cls(node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0)


def line_locations(source: str, whole: Location, holes: Mapping[str, Location]) -> list[Location]:
    """The location for each line of generated code; `holes` are those of the variables, which are numbered.

    A piece in an f-string begins and ends with a newline. Its location is that of its first hole, or of the first one
    in its inner pieces, or else that of the piece around it. Code outside of all pieces is that of the whole.
    """
    lines, piece = [0], 0  # the numbers of pieces; 0 is what is outside
    around, own, inner = [0], [_NONE], [_NONE]  # by piece: the outer piece, and the numbers of the first holes
    for token in _TOKENS.finditer(source):
        if token[1]:
            own[piece] = min(own[piece], int(token[1]))
            continue
        if token[0][0] == "{":
            around.append(piece)
            own.append(_NONE)
            inner.append(_NONE)
            piece = len(own) - 1
        else:
            first, piece = own[piece] if own[piece] < _NONE else inner[piece], around[piece]
            inner[piece] = min(inner[piece], first)
        lines.append(piece)
    found = [whole]
    for number in range(1, len(own)):
        first = own[number] if own[number] < _NONE else inner[number]
        found.append(holes[f"v{first}"] if first < _NONE else found[around[number]])
    return [found[piece] for piece in lines]


def located(code: CodeType, lines: Sequence[Location]) -> CodeType:
    """The code, and that of functions in it, where each line of its source has another location."""
    first = lines[code.co_firstlineno - 1].line
    constants = tuple([located(each, lines) if isinstance(each, CodeType) else each for each in code.co_consts])
    return code.replace(co_firstlineno=first, co_linetable=_table(code, lines, first), co_consts=constants)


def _table(code: CodeType, lines: Sequence[Location], line: int) -> bytes:
    """The table of locations. `line` is that of the code; each entry has the difference from the one before."""
    table = bytearray()
    for start, end, number in code.co_lines():
        units = (end - start) // 2
        if number is None:
            kind, step, rest = _NO_LOCATION, b"", b""
        else:
            at = lines[number - 1]
            kind, step, line = _WITH_COLUMNS, _signed(at.line - line), at.line
            rest = _number(at.end_line - at.line) + _number(at.column + 1) + _number(at.end_column + 1)
        while units > 0:
            table.append(0x80 | kind << 3 | min(units, _LONGEST) - 1)
            table += step + rest
            step = step and b"\0"
            units -= _LONGEST
    return bytes(table)


def _signed(number: int) -> bytes:
    return _number(-number << 1 | 1 if number < 0 else number << 1)


@lru_cache(maxsize=4096)
def _number(number: int) -> bytes:
    """A number in groups of six bits, the lowest first."""
    written = bytearray()
    while number >= 0x40:
        written.append(0x40 | number & 0x3F)
        number >>= 6
    written.append(number)
    return bytes(written)
