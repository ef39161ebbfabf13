"""`poll`: when it calls the function, what counts as a change, and its errors."""

import asyncio
import contextvars
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import pytest
from anyio import CancelScope
from markupsafe import Markup
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from hyperpy import JSON, Event, poll
from hyperpy.exceptions import StreamError, TemplateError
from hyperpy.streams import polling
from hyperpy.streams.events import PolledDict
from hyperpy.streams.polling import THREADS, Poll

QUICK = 0.001


class Asked:
    """Returns one value after the other, then ends the loop."""

    class OverError(Exception):
        pass

    def __init__(self, *values: object) -> None:
        self.values = list(values)

    def __call__(self) -> object:
        if not self.values:
            raise self.OverError
        value = self.values.pop(0)
        return value() if callable(value) else value


async def given(*values: object) -> list[object]:
    """The events that `poll` yields for these values."""
    found: list[object] = []
    with suppress(Asked.OverError):
        async for value in poll(Asked(*values), every=QUICK):
            found.append(value)
    return found


@dataclass
class Price:
    cents: int


class Room(BaseModel):
    name: str


class Plain:
    pass


class Written:
    def __init__(self, text: str) -> None:
        self.text = text

    def __html__(self) -> str:
        return self.text


NAN = float("nan")
ROWS = sqlite3.connect(":memory:")
ROWS.row_factory = sqlite3.Row


def row(number: int) -> sqlite3.Row:
    return ROWS.execute("SELECT ? AS number", (number,)).fetchone()


class Toast:
    def __init__(self, text: str) -> None:
        self.text = text

    def __event__(self) -> Event:
        return Event(t"<p>{self.text}</p>", event="toast")


TOAST, OTHER = Toast("a"), Toast("b")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 1, 2, 2, 1), [1, 2, 1]),
        ((None, 1, None, 1, None, 2), [1, 2]),
        ((0, False, "", 0.0), [0, False, "", 0.0]),
        (("<b>", Markup("<b>"), Markup("<b>")), ["<b>", Markup("<b>")]),
        ((NAN, NAN), [NAN]),
        (([1], [1], [1, 2]), [[1], [1, 2]]),
        (({"a": 1, "b": 2}, {"a": 1, "b": 2}), [PolledDict(a=1, b=2)]),
        (({"data": 1, "a": t"{2}"}, {}), [PolledDict(data=1, a=Markup("2")), PolledDict()]),
        (({"data": 1}, {"data": 1}), [{"data": 1}]),
        (("price", 1), ["price", 1]),
        ((("price", 1), ("price", 1), ("price", 2)), [("price", 1), ("price", 2)]),
        ((Price(1), Price(1), Price(2)), [Price(1), Price(2)]),
        ((Room(name="a"), Room(name="a"), Room(name="b")), [Room(name="a"), Room(name="b")]),
        ((Event("a"), Event("a"), Event("a", id=1)), [Event("a"), Event("a", id=1)]),
        ((TOAST, Toast("a"), OTHER), [TOAST, OTHER]),
        ((Event(), Event(None)), [Event(), Event(None)]),
        ((JSON([1]), JSON([1]), JSON([2])), [JSON([1]), JSON([2])]),
        ((b"\xff", b"\xff", b"\xfe"), [b"\xff", b"\xfe"]),
        ((row(1), row(1), row(2)), [row(1), row(2)]),
        ((t"<b>{1}</b>", t"<b>{1}</b>", t"<b>{2}</b>"), [Markup("<b>1</b>"), Markup("<b>2</b>")]),
        ((("a", t" <b>{1}</b>"), ("a", t"<b>{1}</b>")), [("a", Markup("<b>1</b>"))]),
        (({"data": t"{1}", "id": 1}, {"data": t"{1}", "id": 1}), [{"data": Markup("1"), "id": 1}]),
        ((Event(t"{1}", id=1), Event(t"{1}", id=1)), [Event(Markup("1"), id=1)]),
        ((t"{(n for n in 'ab')}", t"{(n for n in 'ab')}"), [Markup("ab")]),
    ],
)
async def test_changed_values_are_yielded(values, expected):
    found = await given(*values)
    assert [(type(value), value) for value in found] == [(type(value), value) for value in expected]


async def test_objects_with_html_are_compared_as_html():
    first, second, third = Written("a"), ("named", Written("a")), ("named", Written("b"))
    assert await given(first, Written("a"), second, ("named", Written("a")), third) == [first, second, third]


async def test_an_object_that_is_changed_in_place_has_changed():
    numbers, price = [1], Price(1)

    def append() -> list[int]:
        numbers.append(2)
        return numbers

    def raised() -> Price:
        price.cents += 1
        return price

    assert len(await given(numbers, lambda: numbers, append, append)) == 3
    assert len(await given(price, raised, lambda: price)) == 2


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (Plain(), "can't tell whether an object of class Plain has changed", "a t-string, or a value for JSON"),
        ([Plain()], "can't tell whether an object of class list has changed", "a t-string"),
        (iter([1]), "can't compare the items of an iterator", "list(…)"),
    ],
)
async def test_values_that_can_not_be_compared_are_errors(value, message, hint):
    def fn() -> object:
        return value

    with pytest.raises(StreamError, match=message) as caught:
        await anext(poll(fn))
    assert hint in caught.value.hint
    assert (caught.value.place.file, caught.value.place.line) == (__file__, fn.__code__.co_firstlineno)


async def test_an_invalid_template_names_the_function():
    async def later() -> int:
        return 1

    with pytest.raises(TemplateError, match="has to be awaited") as caught:
        await anext(poll(lambda: t"{later()}"))
    assert caught.value.place.file == __file__


async def twice() -> int:
    return 2


class AsyncCallable:
    async def __call__(self) -> int:
        return 2


@pytest.mark.parametrize(
    ("fn", "is_async"),
    [(twice, True), (partial(twice), True), (AsyncCallable(), True), (lambda: twice(), False), (lambda: 2, False)],
)
async def test_sync_and_async_functions(fn, is_async, monkeypatch):
    threads = []
    monkeypatch.setattr(polling, "_in_thread", lambda fn: threads.append(fn) or run_in_threadpool(fn))
    assert await anext(poll(fn)) == 2
    assert threads == ([] if is_async else [fn])


async def test_a_synchronous_function_may_block_and_sees_the_context():
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    released = threading.Event()

    def blocks() -> tuple[int, bool]:
        released.wait(10)
        return variable.get(), threading.current_thread() is threading.main_thread()

    call = asyncio.ensure_future(anext(poll(blocks)))
    await asyncio.sleep(0.01)
    released.set()  # so the event loop is not blocked
    assert await call == (7, False)


async def test_an_exception_ends_the_loop():
    def fails() -> int:
        raise LookupError("no such table")

    for fn in (fails, Asked()):
        with pytest.raises((LookupError, Asked.OverError)):
            await anext(poll(fn))


@pytest.fixture
def clock(monkeypatch):
    """A clock that advances only by sleeping and, if the test wants, with each call."""

    class Clock:
        now = 1000.0
        calls: list[float] = []  # noqa: RUF012

    async def sleep(delay: float) -> None:
        assert delay >= 0
        Clock.now += delay

    Clock.calls = []
    monkeypatch.setattr("hyperpy.streams.polling.monotonic", lambda: Clock.now)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return Clock


@pytest.mark.parametrize(
    ("every", "takes", "at"),
    [
        (5, 0, [0, 5, 10, 15]),
        (5, 0.5, [0, 5, 10, 15]),
        (5, 5, [0, 5, 10, 15]),
        (5, 6, [0, 10, 20, 30]),
        (5, 11, [0, 15, 30, 45]),
        (0.25, 0.1, [0, 0.25, 0.5, 0.75]),
    ],
)
async def test_calls_do_not_drift_and_missed_ones_are_skipped(clock, every, takes, at):
    async def counts() -> int:
        clock.calls.append(clock.now - 1000)
        clock.now += takes
        return len(clock.calls)

    values = poll(counts, every=every)
    assert [await anext(values) for _ in at] == [1, 2, 3, 4]
    assert clock.calls == at


async def test_a_slow_loop_skips_calls(clock):
    async def counts() -> int:
        clock.calls.append(clock.now - 1000)
        return len(clock.calls)

    async for count in poll(counts, every=5):
        clock.now += 7
        if count == 3:
            break
    assert clock.calls == [0, 10, 20]


async def test_a_cancelled_loop_waits_for_its_thread_and_for_nothing_else(caplog):
    begun, released, ended = threading.Event(), threading.Event(), threading.Event()

    def works() -> int:
        begun.set()
        released.wait(10)
        ended.set()
        raise ValueError("too late to matter")

    task = asyncio.ensure_future(anext(poll(works)))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert caplog.messages == []

    sleeping = poll(lambda: 1, every=1000)
    assert await anext(sleeping) == 1
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await anext(sleeping)
    assert time.monotonic() - before < 100


async def test_a_cancelled_scope_of_anyio_waits_for_the_thread_as_well():
    """Unlike a task, it is cancelled again and again until its block is left."""
    begun, released, scope = threading.Event(), threading.Event(), CancelScope()

    def works() -> bool:
        begun.set()
        return released.wait(10)

    async def loop() -> None:
        with scope:
            await anext(poll(works))

    task = asyncio.ensure_future(loop())
    while not begun.is_set():
        await asyncio.sleep(0.001)
    scope.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done()
    released.set()
    await task
    assert scope.cancelled_caught


async def stream():
    yield 1


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ((lambda: 1, 0), "`every` must be a number of seconds above 0, not 0", "every=0.5"),
        ((lambda: 1, -1), "not -1", "every=0.5"),
        ((lambda: 1, float("nan")), "not nan", "every=0.5"),
        ((lambda: 1, float("inf")), "not inf", "every=0.5"),
        ((lambda: 1, True), "not True", "every=0.5"),
        ((lambda: 1, "5"), "not '5'", "every=0.5"),
        ((42,), "takes a function, not int", "poll(get_count, every=5)"),
        ((stream,), "not a generator", "in stream():"),
    ],
)
def test_misuse_is_an_error_at_the_call(arguments, message, hint):
    with pytest.raises(StreamError, match=message) as caught:
        poll(*arguments)
    assert hint in caught.value.hint
    assert caught.value.place.file == __file__


def test_a_call_instead_of_the_function():
    with pytest.raises(StreamError, match="not the result of calling it") as caught:
        poll(twice())  # type: ignore[arg-type]
    assert "poll(twice, every=5)" in caught.value.hint


def test_it_is_an_async_iterator():
    values = poll(lambda: 1)
    assert isinstance(values, Poll)
    assert aiter(values) is values


async def test_functions_that_block_leave_the_threads_of_requests_alone():
    """And a poll that waits for a thread can be cancelled at once."""
    release, started = threading.Event(), []

    def block() -> int:
        started.append(1)
        release.wait()
        return 1

    polls = [asyncio.create_task(anext(poll(block))) for _ in range(THREADS + 30)]
    try:
        async with asyncio.timeout(10):
            while len(started) < THREADS:
                await asyncio.sleep(0.001)
            assert await asyncio.gather(*(run_in_threadpool(lambda: 2) for _ in range(50))) == [2] * 50
            polls[-1].cancel()
            with pytest.raises(asyncio.CancelledError):
                await polls[-1]
        assert len(started) == THREADS
    finally:
        release.set()
    assert await asyncio.gather(*polls[:-1]) == [1] * (THREADS + 29)
