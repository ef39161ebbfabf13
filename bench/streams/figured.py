"""The streams that are measured: no more than what they are measured for."""

import asyncio
from collections.abc import AsyncGenerator

from bench.streams.hub import END

_open = 0


def still_open() -> int:
    """Idle streams whose `finally` has not run."""
    return _open


async def numbers(count: int) -> AsyncGenerator[str]:
    """Events that are all ready at once."""
    for number in range(count):
        yield f"<p>event {number}{END}</p>"


async def idle() -> AsyncGenerator[str]:
    global _open
    _open += 1
    try:
        yield f"<p>ready{END}</p>"
        await asyncio.Event().wait()
    finally:
        _open -= 1
