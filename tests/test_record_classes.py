"""Records behave like the standard dataclasses that type checkers take them for."""

from dataclasses import InitVar, dataclass, field, fields, replace
from functools import cached_property

import pytest

from hyperpy.record_classes import record


def classes(decorator):
    """The same classes, made by a decorator."""

    @decorator(frozen=True, slots=True)
    class Point:
        """A place."""

        x: int
        y: int = 0
        note: str = field(default="", compare=False)
        secret: str = field(default="", repr=False)

    @decorator(frozen=True)
    class Square:
        side: int

        @cached_property
        def area(self):
            return self.side**2

    @decorator(slots=True)
    class Changing:
        items: list[int] = field(default_factory=list)

    @decorator(frozen=True, slots=True, eq=False)
    class Unique:
        x: int

    @decorator(frozen=True, slots=True)
    class Empty: ...

    @decorator(slots=True)
    class Counter:
        start: InitVar[int]
        count: int = field(default=3, init=False)
        seen: list[int] = field(default_factory=list, init=False)

        def __post_init__(self, start):
            self.seen.append(start)

    @decorator(slots=True)
    class Own:
        x: int

        def __init__(self, x):
            self.x = x * 2

    return Point, Square, Changing, Unique, Empty, Counter, Own


def described(decorator):
    """What can be observed of the classes and their instances."""
    point, square, changing, unique, empty, counter, own = classes(decorator)
    one, changed = point(1, note="a"), changing([1])
    changed.items = [2]
    other = unique(1)
    return {
        "repr": [repr(each).replace(decorator.__name__, "") for each in (one, square(2), changed, empty())],
        "equal": [one == point(1), one == point(2), one == square(1), changed == changing([2]), other == unique(1)],
        "same": [other != unique(1), empty() == empty(), square(3) != square(4)],
        "hashes": [hash(one) == hash(point(1, note="b")), len({one, point(1), point(2)}), len({empty(), empty()})],
        "hashable": [each.__hash__ is not None for each in (point, square, changing, unique, empty)],
        "replaced": repr(replace(one, y=5)),
        "fields": [each.name for each in fields(point)],
        "area": square(3).area,
        "slots": [hasattr(each, "__dict__") for each in (one, square(1), changed, other)],
        "match": point.__match_args__,
        "made": [(each.count, each.seen) for each in (counter(1), counter(start=2))] + [own(2).x],
        "refused": [refused(point), refused(point, 1, z=2), refused(point, 1, 2, "", "", 5)],
    }


def refused(kind, *arguments, **named):
    with pytest.raises(TypeError) as caught:
        kind(*arguments, **named)
    return str(caught.value).rpartition("__init__")[2]


def test_records_behave_like_dataclasses():
    assert described(record) == described(dataclass)


def test_records_that_change_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(classes(record)[2]())
