"""A broadcast to all open streams, shared by all peers."""

import asyncio
import time
from collections.abc import AsyncGenerator

END = "~"
"""Occurs once in every event, so that events can be counted."""

_queues: set[asyncio.Queue[str]] = set()


def publish() -> int:
    """Send the current time to all listeners; return their number."""
    data = f"<p>{time.monotonic_ns()}{END}</p>"
    for queue in _queues:
        queue.put_nowait(data)
    return len(_queues)


def listeners() -> int:
    return len(_queues)


async def subscribed() -> AsyncGenerator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    _queues.add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        _queues.discard(queue)
