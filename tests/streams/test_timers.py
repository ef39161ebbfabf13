"""Timers that streams share, and when the one of a stream is due."""

import asyncio
from contextvars import ContextVar

from hyperpy.streams import StreamLimits
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


def test_when_a_stream_is_looked_at_again():
    """Without pings when a send would be too slow, else when a ping is due, but soon enough for a send that begins."""
    usual, impatient = StreamLimits(ping=15, send=30), StreamLimits(ping=15, send=5)
    seconds = {
        (usual, 0, False, True): 15,
        (usual, 4, False, True): 11,
        (usual, 15, False, True): 0.01,
        (usual, 4, True, True): 15,
        (usual, 20, True, True): 10,
        (usual, 4, False, False): 30,
        (usual, 40, False, False): 30,
        (usual, 31, True, False): 0.01,
        (impatient, 4, False, True): 5,
        (impatient, 12, False, True): 3,
    }
    assert {(limits, *case): limits.next_tick(*case) for limits, *case in seconds} == seconds
