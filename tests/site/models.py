"""The harbour's data, in memory. Asynchronous functions really wait, as they would for a database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from hyper import HTTPException


@dataclass(frozen=True, slots=True)
class Harbour:
    name: str
    founded: int

    @classmethod
    def called(cls, short: str) -> Self:
        return cls(*_HARBOURS[short])


@dataclass(frozen=True, slots=True)
class Captain:
    number: int
    name: str
    mail: str
    portrait: str

    @classmethod
    async def by_number(cls, number: int) -> Self:
        await asyncio.sleep(0.005)
        if number not in _CAPTAINS:
            raise HTTPException(404, f"No captain has the number {number}.")
        return cls(number, *_CAPTAINS[number])

    @classmethod
    async def everyone(cls) -> AsyncIterator[Self]:
        for number in _CAPTAINS:
            yield await cls.by_number(number)


@dataclass(frozen=True, slots=True)
class Voyage:
    goal: str

    @classmethod
    async def of(cls, captain: Captain) -> list[Self]:
        await asyncio.sleep(0.005)
        return [cls(goal) for goal in _VOYAGES.get(captain.number, ())]


@dataclass(frozen=True, slots=True)
class Notice:
    heading: str
    text: str
    sent: str
    unread: int


@dataclass(frozen=True, slots=True)
class Call:
    """A message on the radio."""

    number: int
    captain: Captain
    text: str
    sent: str


@dataclass(slots=True)
class Berth:
    ship: str
    state: str


_HARBOURS = {"east": ("Eastquay & Sons", 1884)}

# Don't trust names that users have chosen.
_CAPTAINS = {
    1: ("Ada Brook", "ada@eastquay.example", "/static/ada.png"),
    2: ("<script>alert('Bo')</script>", "bo@eastquay.example", '/static/bo.png" onerror="alert(2)'),
    3: ("Cleo Dunn", "cleo@eastquay.example", "javascript:alert(3)"),
}
_VOYAGES = {1: ("Skerry Light", "Port & Star"), 2: ("<b>nowhere</b>",)}

CAPTAINS = {number: Captain(number, *known) for number, known in _CAPTAINS.items()}
