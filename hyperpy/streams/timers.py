"""Timers that many streams share: the event loop has one handle for all that are due at about the same time."""

import asyncio
import math
from collections.abc import Callable
from contextvars import Context

# A shared timer is late by up to this part of its time. A handle takes 500 bytes, a place in a set 40.
_LATE = 1 / 64

type Timer = asyncio.TimerHandle | float
"""A handle of the event loop, or when a shared one is due."""


class SharedTimers:
    """Calls functions after some seconds or a little later. For one event loop."""

    def __init__(self) -> None:
        self._due: dict[float, tuple[asyncio.TimerHandle, set[Callable[[], None]]]] = {}
        self._context = Context()  # that of no stream

    def later(self, seconds: float, call: Callable[[], None], *, is_shared: bool = True) -> Timer:
        """A timer that isn't shared calls in the current context."""
        loop = asyncio.get_running_loop()
        if not is_shared:
            return loop.call_later(seconds, call)
        step = 2.0 ** math.floor(math.log2(seconds * _LATE))
        due = math.ceil((loop.time() + seconds) / step) * step
        if due not in self._due:
            self._due[due] = loop.call_at(due, self._call, due, context=self._context), set()
        self._due[due][1].add(call)
        return due

    def cancel(self, timer: Timer, call: Callable[[], None]) -> None:
        """Nothing happens if it has been called."""
        if not isinstance(timer, float):
            timer.cancel()
        elif timer in self._due:
            handle, calls = self._due[timer]
            calls.discard(call)
            if not calls:
                handle.cancel()
                del self._due[timer]

    def _call(self, due: float) -> None:
        _, calls = self._due.pop(due)
        for call in calls:
            call()
