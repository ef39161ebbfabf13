"""What the keeper of the north light writes down: an entry every two seconds, numbered, and the same for everybody."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from string.templatelib import Template
from typing import Final

EVERY: Final = 2  # seconds
KEPT: Final = 30  # entries that can be asked for again
SEEN: Final = (
    "Light turns, all well",
    "Ferry for Skarvøy passes to the south",
    "Porpoises, three",
    "Fishing boat without a stern light",
    "Light turns, sky clears",
    "Ferry for Northhaven, on time",
    "Geese, in formation",
)


@dataclass(frozen=True, slots=True)
class Sighting:
    number: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.number * EVERY)

    @property
    def text(self) -> str:
        return SEEN[self.number % len(SEEN)]


def latest() -> int:
    return int(time.time() // EVERY)


async def sightings(after: int) -> AsyncIterator[Sighting]:
    """The entries that follow a number, as far back as they are kept, and then each new one."""
    number = min(max(after, latest() - KEPT), latest())
    while True:
        while number < latest():
            number += 1
            yield Sighting(number)
        await asyncio.sleep((number + 1) * EVERY - time.time())


def Line(entry: Sighting, late: bool = False) -> Template:
    return t"""
        <li class={ {"late": late} }>
          <time datetime={entry.at.isoformat()}>{entry.at:%H:%M:%S}</time> <span>No. {entry.number % 10_000:04}</span>
          {entry.text}
        </li>
    """
