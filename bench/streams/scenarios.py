"""The streams that every peer serves: `SCENARIOS` yield events, `PAGES` yield HTML in parts.

A generator gets the request's query parameters. `token` identifies the stream in the marks.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import contextmanager

from bench.streams.cases import CASES, EventFields
from bench.streams.marks import mark

type Query = Mapping[str, str]
type Events = AsyncGenerator[EventFields]

SECRET = "the-password-of-the-database"
BIG = "x" * 60_000  # bytes of one event
FLOOD = 1500  # events: far more than the buffers on the way to a client hold
CLEANUP = 0.2  # seconds that a `finally` awaits
PAUSE = 0.3  # seconds between the parts of a page
TICK = 0.1  # seconds


@contextmanager
def marked(query: Query) -> Generator[None]:
    token = query.get("token", "-")
    mark("started", token)
    try:
        yield
    finally:
        mark("finally", token)


async def case(query: Query) -> Events:
    for item in CASES[query["case"]]:
        yield item


async def waits(query: Query) -> Events:
    with marked(query):
        yield {"data": "ready"}
        await asyncio.Event().wait()


async def cleans_up(query: Query) -> Events:
    try:
        yield {"data": "ready"}
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(CLEANUP)
        mark("finally", query["token"])


async def raises_first(query: Query) -> Events:
    if query:
        raise RuntimeError(SECRET)
    yield {"data": "never"}


async def raises_later(query: Query) -> Events:
    yield {"data": "ready"}
    await asyncio.sleep(0.2)
    raise RuntimeError(SECRET)


async def floods(query: Query) -> Events:
    with marked(query):
        for _ in range(FLOOD):
            yield {"data": BIG}
            mark("made", query["token"])
            await asyncio.sleep(0)
        await asyncio.Event().wait()


async def never_awaits(query: Query) -> Events:
    with marked(query):
        while True:
            yield {"data": "again"}


async def ticks(query: Query) -> Events:
    """Each event holds the time when it was made, so that its reader can compute the delay."""
    with marked(query):
        while True:
            yield {"data": str(time.monotonic())}
            await asyncio.sleep(TICK)


async def brief(query: Query) -> Events:
    """Return after `n` events."""
    for number in range(int(query["n"])):
        yield {"data": str(number)}
        await asyncio.sleep(0.01)


async def parts(query: Query) -> AsyncGenerator[str]:
    for number in range(4):
        yield f"<!doctype html><p>{number}" if number == 0 else f"<p>{number}"
        await asyncio.sleep(PAUSE)


async def breaks(query: Query) -> AsyncGenerator[str]:
    yield "<!doctype html><p>half of it"
    await asyncio.sleep(PAUSE)
    raise RuntimeError(SECRET)


SCENARIOS: dict[str, Callable[[Query], Events]] = {
    each.__name__.replace("_", "-"): each
    for each in (case, waits, cleans_up, raises_first, raises_later, floods, never_awaits, ticks, brief)
}
PAGES: dict[str, Callable[[Query], AsyncGenerator[str]]] = {"parts": parts, "breaks": breaks}
