"""A broadcast: what is published goes to every stream that listens now. The same for all peers."""

import asyncio
import time
from collections.abc import AsyncGenerator

END = "~"
"""Stands once in every event that is counted."""

_queues: set[asyncio.Queue[str]] = set()


def publish() -> int:
    """Sends the time of now to all; returns how many they are."""
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
