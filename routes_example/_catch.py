"""The fish market's scales: a background job that publishes its progress on a channel."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from string.templatelib import Template
from typing import Final

from pydantic import TypeAdapter

from hyperpy import Message, channel
from routes_example import _harbour as harbour

# The crates that each boat has landed, in kilograms by kind.
LANDED: Final = {
    "Havfruen": {"Cod": (24.1, 22.8, 25.3, 23.9), "Haddock": (20.4, 19.7, 21.2), "Saithe": (26.0, 24.4)},
    "Silver Darling": {"Herring": (18.2, 18.9, 17.6, 18.4, 18.8, 17.9), "Mackerel": (21.3, 20.6)},
    "Ronja": {"Langoustine": (8.1, 7.7, 8.4), "Brown crab": (14.2, 13.1, 15.0, 13.8)},
}


@dataclass(frozen=True, slots=True)
class Weighing:
    """The progress of a job."""

    boat: str
    crates: int  # the total
    weighed: int = 0
    kilograms: dict[str, float] = field(default_factory=dict)  # by kind, so far

    @property
    def total(self) -> float:
        return sum(self.kilograms.values())


_weighing: Final = TypeAdapter(Weighing)
# The event loop holds only weak references to its tasks.
_running: Final[set[asyncio.Task[None]]] = set()


def start_weighing(boat: str) -> str:
    """Start the job in the background, and return its id."""
    job_id = secrets.token_hex(4)
    task = asyncio.create_task(_weigh(job_id, boat))
    _running.add(task)
    task.add_done_callback(_running.discard)
    return job_id


async def _weigh(job_id: str, boat: str) -> None:
    progress = channel(f"catch:{job_id}")
    for weighing in _steps(boat):
        await progress.publish(weighing)
        await _lift_crate()
    await progress.close()


async def _lift_crate() -> None:
    await harbour.pause(0.8)


def _steps(boat: str) -> Iterator[Weighing]:
    landed = LANDED[boat]
    crates = sum(map(len, landed.values()))
    yield Weighing(boat, crates)
    kilograms: dict[str, float] = {}
    weighed = 0
    for kind, weights in landed.items():
        for weight in weights:
            weighed += 1
            kilograms = {**kilograms, kind: kilograms.get(kind, 0.0) + weight}
            yield Weighing(boat, crates, weighed, kilograms)


def Scales(message: Message) -> Template:
    """The display of the scales."""
    now = _weighing.validate_python(message.data)
    done = now.weighed == now.crates
    return t"""
        <h2>{now.boat}</h2>
        <p role="status">{"All is weighed." if done else f"Weighing, {now.weighed} of {now.crates} crates."}</p>
        <progress max={now.crates} value={now.weighed} aria-label="Crates weighed">{now.weighed}</progress>
        <table>
          <thead><tr><th>Kind</th><th class="number">kg</th></tr></thead>
          <tbody>{[Row(kind, kilograms) for kind, kilograms in now.kilograms.items()]}</tbody>
          <tfoot><tr><th>All</th><td class="number">{now.total:.1f}</td></tr></tfoot>
        </table>
    """


def Row(kind: str, kilograms: float) -> Template:
    return t"<tr><th>{kind}</th><td class='number'>{kilograms:.1f}</td></tr>"
