"""The text of a literal, joined for scanning, and the mapping of positions back to its strings and holes."""

from bisect import bisect_right
from itertools import accumulate

from hyperpy.templates.syntax.holes import HoleShape, Value

# The placeholder of a hole. NUL is never valid in HTML.
HOLE = "\0"


class LiteralSource:
    """The static strings, joined by a placeholder for each hole. `named` collects holes for `Document.named`."""

    def __init__(self, strings: tuple[str, ...], shapes: tuple[HoleShape, ...]) -> None:
        assert len(strings) == len(shapes) + 1
        self.strings = strings
        self.shapes = shapes
        self.text = HOLE.join(strings)
        self.named: set[int] = set()
        self._starts = [0, *accumulate(len(string) + 1 for string in strings[:-1])]

    def part(self, position: int) -> tuple[int, int]:
        """The string at this position and the offset in it. A hole belongs to the string before it."""
        index = bisect_right(self._starts, position) - 1
        return index, position - self._starts[index]

    def hole(self, position: int) -> int:
        """The index of the hole at this position."""
        assert self.text[position] == HOLE
        return self.part(position)[0]

    def named_hole(self, position: int) -> int:
        """The same, for a hole whose expression or value determines the meaning of the literal."""
        index = self.hole(position)
        self.named.add(index)
        return index

    def position(self, hole: int) -> int:
        return self._starts[hole + 1] - 1

    def shape(self, position: int) -> HoleShape:
        return self.shapes[self.hole(position)]

    def pieces(self, start: int, end: int) -> Value:
        """The text between two positions, with its holes as indices."""
        pieces: list[str | int] = []
        while start < end:
            stop = self.text.find(HOLE, start, end)
            if stop == start:
                pieces.append(self.hole(start))
                start += 1
                continue
            stop = end if stop < 0 else stop
            pieces.append(self.text[start:stop])
            start = stop
        return tuple(pieces)
