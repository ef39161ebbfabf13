"""Where code stands: the lines around an expression."""

import linecache
from collections.abc import Iterator
from itertools import islice
from types import CodeType, TracebackType
from typing import Final

from hyperpy.exceptions import Place, display_path
from hyperpy.record_classes import record

AROUND: Final = 5  # lines before and after an expression
_LONGEST_LINE: Final = 400  # characters of one line that are shown
_MOST_LINES: Final = 30  # of one expression


@record(frozen=True, slots=True)
class Span:
    """An expression in a file: lines from 1, columns in characters from 0, the end exclusive. Line 0 means unknown."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        name = display_path(self.file)
        return f"{name}:{self.line}" if self.line else name

    @classmethod
    def of_place(cls, place: Place) -> Span:
        return cls(place.file, place.line, place.column, place.line, place.column + place.width)


@record(frozen=True, slots=True)
class SourceLine:
    """A line of an excerpt. `marked` is the part of it that belongs to the expression."""

    number: int
    before: str
    marked: str
    after: str

    @property
    def text(self) -> str:
        return self.before + self.marked + self.after


def span_of(frame: TracebackType) -> Span:
    """The expression that a frame was evaluating."""
    return positions(frame.tb_frame.f_code, frame.tb_lineno or 0, frame.tb_lasti)


def positions(code: CodeType, line: int, instruction: int) -> Span:
    """The expression that an instruction belongs to, or only its line."""
    first, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None or first != line:
        return Span(code.co_filename, line, 0, line, 0)
    return Span(
        *(code.co_filename, first, _characters(code.co_filename, first, start)),
        *(last, _characters(code.co_filename, last, end)),
    )


def _characters(file: str, line: int, column: int) -> int:
    """Python counts columns in bytes of UTF-8."""
    return len(linecache.getline(file, line).encode()[:column].decode(errors="replace"))


def excerpt(span: Span, around: int = AROUND) -> tuple[SourceLine, ...]:
    """The lines of an expression and some around them, as the file was loaded; none if it can't be read."""
    lines = linecache.getlines(span.file)
    if not 0 < span.line <= len(lines):
        return ()
    last = min(span.end_line, span.line + _MOST_LINES)
    first, end = max(1, span.line - around), min(len(lines), last + around)
    numbered = enumerate(lines[first - 1 : end], first)
    return tuple(_trimmed(_source_line(span, number, text.rstrip("\r\n"))) for number, text in numbered)


def _source_line(span: Span, number: int, text: str) -> SourceLine:
    if not span.line <= number <= span.end_line:
        return SourceLine(number, text, "", "")
    indent = len(text) - len(text.lstrip())
    start = span.column if number == span.line else indent
    end = span.end_column if number == span.end_line else len(text)
    if span.line == span.end_line and span.column == span.end_column:  # the line is all that is known
        start, end = indent, len(text)
    return SourceLine(number, text[:start], text[start:end], text[end:])


def _trimmed(line: SourceLine) -> SourceLine:
    if len(line.text) <= _LONGEST_LINE:
        return line
    before = line.before[-_LONGEST_LINE // 2 :]
    marked = line.marked[: _LONGEST_LINE // 2]
    return SourceLine(line.number, before, marked, f"{line.after[: _LONGEST_LINE // 4]}…")


def frames_of(error: BaseException) -> Iterator[TracebackType]:
    """The frames of an error's traceback, outermost first, without those of the functions that templates become."""
    inner = error.__traceback__
    while inner is not None:
        if "__name__" in inner.tb_frame.f_globals:
            yield inner
        inner = inner.tb_next
