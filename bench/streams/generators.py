"""Minimal streams for the measurements, shared by all peers."""

import asyncio
from collections.abc import AsyncGenerator

from bench.streams.broadcast import END

_open = 0


def still_open() -> int:
    """Number of idle streams whose `finally` has not run."""
    return _open


async def numbers(count: int) -> AsyncGenerator[str]:
    """Events that are all available at once."""
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
