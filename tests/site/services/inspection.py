"""The parts of an inspection report. The second can be held back, to test that the first arrives without it."""

import asyncio
from collections import defaultdict

released: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)

HELD_BACK = 1000  # reports from this number on wait until they are released


async def write_abstract(number: int) -> str:
    await asyncio.sleep(0.005)
    return f"Pier {number} stands, rust < 3 mm."


async def draw_soundings(number: int) -> str:
    if number >= HELD_BACK:
        await released[number].wait()
    await asyncio.sleep(0.005)
    return f"{number} fathoms & rising"
