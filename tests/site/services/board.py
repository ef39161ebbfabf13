"""Notices for captains, and the list of captains who are listening."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from models import Notice

_NOTICES = [
    Notice("Gale warning", "Stay in & moor twice.", "06:00", 1),
    Notice("<i>Fuel</i>", "Back tomorrow.\nPerhaps.", "06:05", 2),
]

listening: Counter[int] = Counter()


async def notices_for(captain: int) -> AsyncIterator[Notice]:
    """The notices for captain 1 end after the second; those for the others never end."""
    listening[captain] += 1
    try:
        for notice in _NOTICES:
            await asyncio.sleep(0.005)
            yield notice
        if captain != 1:
            await asyncio.Event().wait()
    finally:
        listening[captain] -= 1
