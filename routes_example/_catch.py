"""The fish market's scales: a background job that publishes its progress on a channel."""

import csv
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string.templatelib import Template
from typing import Final

from pydantic import TypeAdapter

from hyperpy import channel, spawn
from routes_example import _harbour as harbour
from routes_example._database import KEPT, transaction

# The crates of a boat, in kilograms by kind.
type Landed = Mapping[str, Sequence[float]]

LANDED: Final[dict[str, Landed]] = {
    "Havfruen": {"Cod": (24.1, 22.8, 25.3, 23.9), "Haddock": (20.4, 19.7, 21.2), "Saithe": (26.0, 24.4)},
    "Silver Darling": {"Herring": (18.2, 18.9, 17.6, 18.4, 18.8, 17.9), "Mackerel": (21.3, 20.6)},
    "Ronja": {"Langoustine": (8.1, 7.7, 8.4), "Brown crab": (14.2, 13.1, 15.0, 13.8)},
}
MOST_CRATES: Final = 60
HEAVIEST: Final = 100  # kilograms that a crate can weigh


class ReportError(Exception):
    """A catch report that can't be read; the message is for the owner."""


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

    @property
    def is_done(self) -> bool:
        return self.weighed == self.crates


_weighing: Final = TypeAdapter(Weighing)


def read_report(text: str) -> Landed:
    """The crates in a CSV file."""
    lines = csv.reader(io.StringIO(text, newline=""))
    landed: dict[str, list[float]] = {}
    try:
        if next(lines, None) != ["kind", "kilograms"]:
            raise ReportError("The first line has to be: kind,kilograms")
        for kind, weight in filter(None, lines):
            kilograms = float(weight)
            if not kind.strip() or not 0 < kilograms <= HEAVIEST:
                raise ReportError(f"Line {lines.line_num}: a crate has a kind, and up to {HEAVIEST} kilograms.")
            landed.setdefault(kind.strip(), []).append(kilograms)
    except ValueError, csv.Error:
        raise ReportError(f"Line {lines.line_num} is not a kind and a number of kilograms.") from None
    if not 0 < sum(map(len, landed.values())) <= MOST_CRATES:
        raise ReportError(f"A report has between 1 and {MOST_CRATES} crates.")
    return landed


def start_weighing(boat: str, landed: Landed) -> str:
    """Start the job in the background, and return its id."""
    job_id = secrets.token_hex(4)
    spawn(_weigh(job_id, boat, landed), name=f"weighing of {boat}")
    return job_id


async def _weigh(job_id: str, boat: str, landed: Landed) -> None:
    progress = channel(f"catch:{job_id}")
    for weighing in _steps(boat, landed):
        _remember(job_id, weighing)
        await progress.publish(weighing)
        await _lift_crate()
    await progress.close()


async def _lift_crate() -> None:
    await harbour.pause(0.8)


def _remember(job_id: str, weighing: Weighing) -> None:
    with transaction() as database:
        database.execute("delete from weighings where changed < datetime('now', ?)", (KEPT,))
        state = _weighing.dump_json(weighing).decode()
        database.execute("insert or replace into weighings (job, state) values (?, ?)", (job_id, state))


def latest(job_id: str) -> Weighing | None:
    """How far a job is, for a page that can't watch it."""
    with transaction() as database:
        row = database.execute("select state from weighings where job = ?", (job_id,)).fetchone()
    return _weighing.validate_json(row[0]) if row else None


def _steps(boat: str, landed: Landed) -> Iterator[Weighing]:
    crates = sum(map(len, landed.values()))
    yield Weighing(boat, crates)
    kilograms: dict[str, float] = {}
    weighed = 0
    for kind, weights in landed.items():
        for weight in weights:
            weighed += 1
            kilograms = {**kilograms, kind: kilograms.get(kind, 0.0) + weight}
            yield Weighing(boat, crates, weighed, kilograms)


def received(data: object) -> Weighing:
    """The progress in a message of a job's channel."""
    return _weighing.validate_python(data)


def Scales(now: Weighing) -> Template:
    """The display of the scales."""
    return t"""
        <h2>{now.boat}</h2>
        <p role="status">{"All is weighed." if now.is_done else f"Weighing, {now.weighed} of {now.crates} crates."}</p>
        <progress max={now.crates} value={now.weighed} aria-label="Crates weighed">{now.weighed}</progress>
        <table>
          <thead><tr><th>Kind</th><th class="number">kg</th></tr></thead>
          <tbody>{[Row(kind, kilograms) for kind, kilograms in now.kilograms.items()]}</tbody>
          <tfoot><tr><th>All</th><td class="number">{now.total:.1f}</td></tr></tfoot>
        </table>
    """


def Row(kind: str, kilograms: float) -> Template:
    return t"<tr><th>{kind}</th><td class='number'>{kilograms:.1f}</td></tr>"
