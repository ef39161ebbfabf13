"""Records behave like the standard dataclasses that type checkers take them for."""

import copy
import pickle
from dataclasses import KW_ONLY, FrozenInstanceError, InitVar, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from inspect import signature
from typing import ClassVar

import pytest

from hyperpy.lazy import compile_patterns, lazy_pattern
from hyperpy.record_classes import compile_records, public_record, record


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

    @decorator(slots=True)
    class Base:
        x: int
        kind: ClassVar[str] = "base"
        y: int = 1

        def name(self):
            return f"{self.kind} {self.x}"

    @decorator(slots=True)
    class Derived(Base):
        y: int = 5
        z: list[int] = field(default_factory=list)
        later: int = field(default=7, init=False)

        def name(self):
            return f"derived {super().name()}"

    @decorator(frozen=True, kw_only=True)
    class Named:
        a: int
        b: int = 2

    @decorator
    class Mixed:
        a: int
        _: KW_ONLY
        b: int = 2

    return Point, Square, Changing, Unique, Empty, Counter, Own, Derived, Named, Mixed


def described(decorator):
    """What can be observed of the classes and their instances."""
    point, square, changing, unique, empty, counter, own, derived, named, mixed = classes(decorator)
    some = derived(1)
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
        "match": [each.__match_args__ for each in (point, counter, derived, named, mixed)],
        "derived": [some.name(), derived(1, 2, [3]).z, some.later, some.y, some.z is not derived(1).z, repr(some)],
        "keywords": [repr(named(a=1)), repr(mixed(1, b=3)), refused(named, 1), refused(mixed, 1, 3)],
        "wrong": [refused(point, 1, x=1), refused(point, 1, colour=2), refused(square, colour=2), refused(derived)],
        "made often": [repr(point(n, note="n")) for n in range(20)],
        "made": [(each.count, each.seen) for each in (counter(1), counter(start=2))] + [own(2).x],
        "refused": [refused(point), refused(point, 1, z=2), refused(point, 1, 2, "", "", 5)],
    }


def refused(kind, *arguments, **named):
    with pytest.raises(TypeError) as caught:
        kind(*arguments, **named)
    return str(caught.value).rpartition("__init__")[2]


@public_record(frozen=True, slots=True)
class Public:
    """A record that users see."""

    x: int
    y: list[int] = field(default_factory=list)


def test_records_behave_like_dataclasses():
    assert described(record) == described(dataclass)


def test_public_records_are_frozen():
    one = Public(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x
    assert one == Public(1)


def test_public_records_have_a_signature():
    assert list(signature(Public).parameters) == ["x", "y"]
    assert list(signature(Public).parameters) == ["x", "y"]


def test_public_records_are_copied_and_pickled():
    one = Public(1, [2])
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
    assert copy.replace(one, x=3) == Public(3, [2])


def test_dataclasses_inherit_from_public_records():
    @dataclass(frozen=True)
    class Mine(Public):
        z: int = 3

    assert repr(Mine(1, z=4)).endswith("Mine(x=1, y=[], z=4)")
    assert is_dataclass(Public)


def test_records_that_change_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(classes(record)[2]())


def test_records_and_patterns_can_be_compiled_before_a_fork():
    @record(frozen=True, slots=True)
    class Point:
        x: int

    pattern = lazy_pattern("a+")
    first = Point.__init__
    compile_records()
    compile_patterns()
    assert Point.__init__ is not first
    assert Point(1) == Point(x=1)
    assert "match" in vars(pattern)
    assert pattern.match("aab").group() == "aa"
