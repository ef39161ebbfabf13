"""Berths and the ships that come and go."""

import asyncio
from collections.abc import AsyncIterator

from models import Berth

_STATES = ["arriving", "moored <fast>", "gone"]
_at: dict[int, int] = {}


def berth_at(place: int) -> Berth:
    return Berth("Marigold", _STATES[_at.get(place, 0)])


async def moves_at(place: int) -> AsyncIterator[str]:
    """Each move of the ship until she is gone. Then the berth is reset."""
    for step in range(1, len(_STATES)):
        await asyncio.sleep(0.005)
        _at[place] = step
        yield _STATES[step]
    del _at[place]
