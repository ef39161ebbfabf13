"""Instruments. They need a moment to settle, and every third wave is high."""

import asyncio
from dataclasses import dataclass
from itertools import count

_ticks = count(1)


@dataclass(frozen=True, slots=True)
class Reading:
    wind: int
    swell: int
    ships: int


async def read_gauges() -> Reading:
    await asyncio.sleep(0.005)
    tick = next(_ticks)
    return Reading(wind=20 + tick % 10, swell=90 if tick % 3 == 0 else 40, ships=tick)
