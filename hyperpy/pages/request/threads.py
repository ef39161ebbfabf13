"""Worker threads for the parts of a request that may block, and a mark of the tasks that a part starts."""

import asyncio
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from anyio import to_thread

from hyperpy.lazy import anyio

# How many threads each level may use. Level 0 is anyio's default limiter.
THREADS: Final = 40

_limiters: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, anyio.CapacityLimiter]]] = WeakKeyDictionary()


class TaskMark:
    """In the context of a function, and of the tasks that it starts. It is gone when all of these have ended."""

    __slots__ = ("__weakref__",)


async def in_thread[T](function: Callable[[], T], level: int) -> T:
    """Call a function in a worker thread. Waits for it to return, even if the request is cancelled meanwhile.

    `level` is the number of resources that the request holds. Each level has its own threads: the requests that wait in
    a thread for a resource must not keep those that hold one from getting a thread, because these could never release
    it.
    """
    work = asyncio.ensure_future(to_thread.run_sync(function, limiter=_limiter(level)))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait((work,))
        if work.done() and not work.cancelled():
            work.exception()  # retrieved, or asyncio would log it
        raise


def _limiter(level: int) -> anyio.CapacityLimiter | None:
    if not level:
        return None
    levels = _limiters.setdefault(asyncio.get_running_loop(), {})
    if level not in levels:
        levels[level] = anyio.CapacityLimiter(THREADS)
    return levels[level]
