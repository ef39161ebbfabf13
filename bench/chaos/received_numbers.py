"""Numbers that one client received from one publisher in one channel, checked against the delivery guarantees."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MissingRange:
    """A range of numbers that did not arrive, and when the client noticed."""

    first: int
    last: int
    noticed: str

    def lost(self, confirmed: Collection[int]) -> list[int]:
        """The missing numbers whose publication was confirmed. Others may be lost."""
        return [number for number in range(self.first, self.last + 1) if number in confirmed]


class ReceivedNumbers:
    """Numbers rise by one except across a reported gap. Duplicates may arrive only after a reconnect.

    `highest` starts as the number before the first expected one; None accepts any first number.
    """

    __slots__ = ("_gap", "_last", "_missing", "duplicates", "highest", "reported", "unreported")

    def __init__(self, highest: int | None) -> None:
        self.highest = highest
        self._last: int | None = None  # on this connection
        self._gap = False  # reported, and no number received since
        self._missing: set[int] = set()
        self.duplicates = 0
        self.unreported: list[MissingRange] = []  # without a gap event
        self.reported: list[MissingRange] = []

    def reconnected(self, *, without_id: bool) -> None:
        """`without_id`: the client sent no Last-Event-ID, so it may miss messages in between."""
        self._last = None
        if without_id:
            self.highest, self._gap = None, False

    def gap(self, *, replays: bool) -> None:
        """A gap event arrived. With `replays`, all retained messages follow, including those already received."""
        self._gap = True
        if replays:
            self._last = None

    def receive(self, number: int, time: str) -> str:
        """Record the next number. Returns a description of the violation, normally ""."""
        violation = ""
        if self._last is not None and number <= self._last:
            first = " for the first time" if number in self._missing else ""
            violation = f"{number} arrived{first} after {self._last}"
        elif self.highest is not None and number > self.highest + 1:
            missing = MissingRange(self.highest + 1, number - 1, time)
            (self.reported if self._gap else self.unreported).append(missing)
            self._missing |= set(range(missing.first, missing.last + 1))
        elif self.highest is not None and number <= self.highest and number not in self._missing:
            self.duplicates += 1
        self._missing.discard(number)
        self._gap = False
        self._last = number
        self.highest = number if self.highest is None else max(number, self.highest)
        return violation

    def violations(self, confirmed: Collection[int], last: int) -> Iterator[str]:
        """Check at the end of a run, given the confirmed numbers; `last` or a later number must have arrived."""
        for missing in self.unreported:
            if lost := [number for number in missing.lost(confirmed) if number in self._missing]:
                yield f"{format_range(lost)} never arrived and no gap was reported; noticed at {missing.noticed}"
        if self.highest is None or self.highest < last:
            yield f"nothing arrived after {self.highest}, though {last} was published"


def format_range(numbers: list[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return str(first) if first == last else f"{len(numbers)} from {first} to {last}"
