"""Timers that streams share."""

import asyncio
from contextvars import ContextVar

from hyperpy.streams.timers import SharedTimers
from tests.support.counting import counted_scheduling

visitor = ContextVar("visitor", default="nobody")


async def test_timers_of_about_the_same_time_are_one():
    timers, called = SharedTimers(), asyncio.Event()
    seen: list[tuple[int, str]] = []

    def caller(number: int):
        def call() -> None:
            seen.append((number, visitor.get()))
            called.set()

        return call

    calls = [caller(number) for number in range(3)]
    visitor.set("somebody")
    with counted_scheduling() as scheduled:
        due = [timers.later(1000, call) for call in calls]
    assert scheduled["call_at"] <= 2  # the second may be the next interval's

    for at, call in zip(due, calls, strict=True):
        timers.cancel(at, call)
        timers.cancel(at, call)  # which does nothing
    assert not timers._due

    due = [timers.later(0.02, call) for call in calls[:2]]
    own = timers.later(1000, calls[2], is_shared=False)
    timers.cancel(due[0], calls[0])
    timers.cancel(own, calls[2])
    await called.wait()
    assert seen == [(1, "nobody")]  # not in the context of the stream that came first
    assert not timers._due
