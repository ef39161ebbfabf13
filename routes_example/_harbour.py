"""The made-up data of the pages: boats in memory, weather from the clock, and pauses like those of a database."""

import asyncio
import math
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

PIERS = {"A": 8, "B": 6, "C": 4}
NIGHTLY_FEE = 3.2  # euros per metre of a boat
TIDE_PERIOD = 12.42 * 3600  # seconds from one high water to the next


@dataclass(frozen=True, slots=True)
class Boat:
    id: int
    name: str
    rig: str
    home: str
    metres: float
    berth: str
    nights: int

    @property
    def pier(self) -> str:
        return self.berth[0]

    @property
    def fee(self) -> float:
        return self.nights * self.metres * NIGHTLY_FEE


@dataclass(frozen=True, slots=True)
class Conditions:
    at: datetime
    wind: float  # metres per second
    bearing: int  # degrees that the wind comes from
    winds: list[float]  # of the last two minutes
    tide: float  # metres above chart datum
    tides: list[float]  # of the next twelve hours
    water: float  # degrees Celsius

    @property
    def rising(self) -> bool:
        return self.tides[1] > self.tides[0]


@dataclass(frozen=True, slots=True)
class Ferry:
    to: str
    leaves: datetime
    quay: int
    minutes: int  # until it leaves


@dataclass(frozen=True, slots=True)
class Forecast:
    wind: str
    sea: str
    sight: str
    advice: str


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    text: str
    at: datetime


_BOATS = {
    boat.id: boat
    for boat in (
        Boat(101, "Albatross", "ketch", "Bergen", 14.2, "A1", 3),
        Boat(102, "Bonny & Clyde", "sloop", "Plymouth", 9.8, "A2", 1),
        Boat(103, "Étoile du Nord", "yawl", "Brest", 11.6, "A4", 7),
        Boat(104, "Fulmar", "cutter", "Lerwick", 12.4, "A5", 2),
        Boat(105, "Halcyon", "sloop", "Cuxhaven", 10.1, "A7", 4),
        Boat(106, "Kittiwake", "motor yacht", "Harlingen", 13.5, "A8", 1),
        Boat(107, "Lille My", "gaff cutter", "Turku", 8.7, "B1", 12),
        Boat(108, "Marlin", "sloop", "Harlingen", 9.2, "B2", 2),
        Boat(109, "Norðurljós", "schooner", "Reykjavík", 19.8, "B4", 5),
        Boat(110, "Petrel", "ketch", "Bergen", 12.9, "B6", 3),
        Boat(111, "Sankt Ansgar", "pilot cutter", "Cuxhaven", 15.3, "C1", 1),
        Boat(112, "Tern", "dinghy cruiser", "Lerwick", 5.6, "C2", 2),
        Boat(113, "Vela", "catamaran", "Brest", 11.9, "C3", 6),
    )
}

# Destination, interval in minutes, and quay.
_LINES = (("Skarvøy", 7, 1), ("Northhaven", 12, 2), ("Isle of Mull Head", 20, 3))

# The forecast for each sea area, and how many seconds it takes to get.
_AREAS = {
    "The harbour": (Forecast("SW 3 to 4", "Smooth", "Good", "Fine for dinghies until the evening."), 0.4),
    "The sound": (
        Forecast("SW 4, gusts 6", "Slight", "Good", "Reef before the point; the gusts come off the hill."),
        1.2,
    ),
    "Outer banks": (Forecast("SW 5 to 6", "Moderate", "Moderate in showers", "Small craft stay inside."), 2.2),
    "Open sea": (Forecast("SW 7, later W 6", "Rough", "Moderate", "Ferries run; expect to be late and wet."), 3.2),
}
AREAS = tuple(_AREAS)

_logbook = deque(
    [
        Entry("Maja & Ole", "Best cardamom buns north of the strait. The showers are warm, too.", datetime(2026, 6, 3)),
        Entry("The crew of Petrel", "Came in at dusk with a torn jib, left with new friends.", datetime(2026, 6, 2)),
    ],
    maxlen=50,
)


async def conditions() -> Conditions:
    await pause(0.02)
    now = datetime.now()
    seconds = now.timestamp()
    return Conditions(
        at=now,
        wind=_wind(seconds),
        bearing=round(232 + 14 * math.sin(seconds / 61)),
        winds=[_wind(seconds - ago) for ago in range(120, -1, -2)],
        tide=_tide(seconds),
        tides=[_tide(seconds + minutes * 60) for minutes in range(0, 12 * 60 + 1, 15)],
        water=14.5 + 0.6 * math.sin(seconds / 900),
    )


async def next_ferries(count: int = 5) -> list[Ferry]:
    await pause(0.01)
    now = datetime.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ferries = []
    for to, every, quay in _LINES:
        first = (now - midnight) // timedelta(minutes=every) + 1
        for departure in range(first, first + count):
            leaves = midnight + timedelta(minutes=every) * departure
            ferries.append(Ferry(to, leaves, quay, (leaves - now) // timedelta(minutes=1)))
    return sorted(ferries, key=lambda ferry: ferry.leaves)[:count]


async def find_boats(search: str = "", pier: str = "") -> list[Boat]:
    """The moored boats by name. `search` is part of a name or home port, in upper or lower case."""
    await pause(0.02)
    wanted = search.strip().casefold()
    found = [boat for boat in _BOATS.values() if wanted in f"{boat.name} {boat.home}".casefold()]
    return [boat for boat in found if pier in ("", boat.pier)]


async def get_boat(boat_id: int) -> Boat | None:
    await pause(0.02)
    return _BOATS.get(boat_id)


async def berths_of(pier: str) -> dict[str, Boat | None]:
    """The berths of a pier in order, with the boats in them."""
    taken = {boat.berth: boat for boat in await find_boats(pier=pier)}
    berths = [f"{pier}{number}" for number in range(1, PIERS[pier] + 1)]
    return {berth: taken.get(berth) for berth in berths}


async def read_logbook() -> list[Entry]:
    await pause(0.01)
    return list(_logbook)


async def sign_logbook(name: str, text: str) -> None:
    await pause(0.01)
    _logbook.appendleft(Entry(name, text, datetime.now()))


async def occupancy() -> list[tuple[str, int, int]]:
    """Each pier with its taken berths and all of its berths."""
    await pause(0.9)
    taken = Counter(boat.pier for boat in _BOATS.values())
    return [(pier, taken[pier], berths) for pier, berths in PIERS.items()]


async def home_ports() -> list[tuple[str, int]]:
    """The home ports and their numbers of boats, highest first."""
    await pause(0.9)
    return Counter(boat.home for boat in _BOATS.values()).most_common()


async def income() -> list[Boat]:
    """The boats, highest fee first."""
    await pause(0.9)
    return sorted(_BOATS.values(), key=lambda boat: -boat.fee)


async def forecast(area: str) -> Forecast:
    """The forecast for a sea area. Its service takes its time: the farther out, the longer."""
    outlook, seconds = _AREAS[area]
    await pause(seconds)
    return outlook


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def wind() -> float:
    """The wind of this moment, in metres per second."""
    return _wind(datetime.now().timestamp())


def _wind(seconds: float) -> float:
    return 7 + 2 * math.sin(seconds / 97) + 1.1 * math.sin(seconds / 13) + 0.6 * math.sin(seconds / 3.1)


def _tide(seconds: float) -> float:
    return 1.6 + 1.2 * math.sin(2 * math.pi * seconds / TIDE_PERIOD)
