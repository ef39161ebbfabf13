"""Waiting for a condition, the only way in which a test waits."""

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60  # seconds until a test fails because a condition still does not hold
PAUSE = 0.01  # seconds between two looks at a condition


async def until[T](probe: Callable[[], T], timeout: float = PATIENCE) -> T:
    """Call `probe` until it returns a true value, and return that. The event loop runs between the calls."""
    async with asyncio.timeout(timeout):
        while not (value := probe()):
            await asyncio.sleep(PAUSE)
        return value


def wait_until[T](probe: Callable[[], T], describe: Callable[[], str] = str, timeout: float = PATIENCE) -> T:
    """The same, blocking this thread. `describe` returns what the failure should show."""
    deadline = time.monotonic() + timeout
    while not (value := probe()):
        assert time.monotonic() < deadline, f"waited {timeout} seconds in vain\n{describe()}"
        time.sleep(PAUSE)
    return value


def wait_until_steady(count: Callable[[], int]) -> None:
    """Wait until a count has risen, and then has not risen for a while."""
    before = 0
    while (now := count()) != before or now == 0:
        before = now
        time.sleep(0.2)
