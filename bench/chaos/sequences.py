"""What one client has heard of one publisher in one channel, and whether that is what it was promised."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that did not come, from the first to the last of them, and what the client noted when it saw so."""

    first: int
    last: int
    place: str

    def lost(self, confirmed: Collection[int]) -> list[int]:
        """Those that have been confirmed to their publisher. The others need not have been kept."""
        return [number for number in range(self.first, self.last + 1) if number in confirmed]


class Sequence:
    """Numbers rise by one, but where a gap has been told of. Doubles come after a reconnection only.

    `highest` is the number before the first that has to come, None if any may be the first.
    """

    __slots__ = ("_gap", "_here", "_unheard", "doubled", "highest", "holes", "told")

    def __init__(self, highest: int | None) -> None:
        self.highest = highest
        self._here: int | None = None  # the last one over this connection
        self._gap = False  # told, and nothing heard since
        self._unheard: set[int] = set()
        self.doubled = 0
        self.holes: list[Hole] = []  # not told of
        self.told: list[Hole] = []

    def reconnected(self, *, afresh: bool) -> None:
        """With `afresh`, the client has not said where it was, so that it can't complain of what lies between."""
        self._here = None
        if afresh:
            self.highest, self._gap = None, False

    def gap(self, *, replays: bool) -> None:
        """The channel has told of one. If it `replays`, everything that is kept follows, also what is known already."""
        self._gap = True
        if replays:
            self._here = None

    def heard(self, number: int, place: str) -> str:
        """Takes the next number; says what is wrong with it, nothing as a rule."""
        wrong = ""
        if self._here is not None and number <= self._here:
            late = " for the first time" if number in self._unheard else ""
            wrong = f"{number} came{late} behind {self._here}"
        elif self.highest is not None and number > self.highest + 1:
            hole = Hole(self.highest + 1, number - 1, place)
            (self.told if self._gap else self.holes).append(hole)
            self._unheard |= set(range(hole.first, hole.last + 1))
        elif self.highest is not None and number <= self.highest and number not in self._unheard:
            self.doubled += 1
        self._unheard.discard(number)
        self._gap = False
        self._here = number
        self.highest = number if self.highest is None else max(number, self.highest)
        return wrong

    def violations(self, confirmed: Collection[int], last: int) -> Iterator[str]:
        """At the end, when it is known what has been confirmed; `last`, or one behind it, should have come."""
        for hole in self.holes:
            if lost := [number for number in hole.lost(confirmed) if number in self._unheard]:
                yield f"{shown(lost)} never came, and no gap was told of; seen at {hole.place}"
        if self.highest is None or self.highest < last:
            yield f"nothing came behind {self.highest}, though {last} was published"


def shown(numbers: list[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return str(first) if first == last else f"{len(numbers)} from {first} to {last}"
