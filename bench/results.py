"""What a run has found, by kind of work: the cost for each peer, relative to that for the baseline of the work."""

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self

from bench.figures import Summary, table

LIBRARIES = ("uvicorn", "starlette", "fastapi", "sse-starlette", "jinja2")
NOTE = "Relative to the baseline in the same round, the median of all rounds; less is better."


@dataclass(frozen=True, slots=True)
class Result:
    work: str
    cost: str
    """What is compared: CPU time, time or memory."""
    baseline: str
    ratios: Mapping[str, float]
    """By the name of the peer, without the baseline."""

    @classmethod
    def of(cls, work: str, cost: str, baseline: str, ratios: Mapping[str, Summary]) -> Self:
        others = {name: round(ratio.median, 2) for name, ratio in ratios.items() if name != baseline}
        return cls(work, cost, baseline, others)


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one run, with what they depend on."""

    date: str
    machine: str
    versions: Mapping[str, str]
    results: list[Result]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Self:
        versions = {"Python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
        return cls(f"{datetime.now(UTC):%Y-%m-%d}", _machine(), versions, list(results))

    @classmethod
    def read(cls, file: Path) -> Self:
        values = json.loads(file.read_text())
        return cls(**values | {"results": [Result(**result) for result in values["results"]]})

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    def peers(self) -> list[str]:
        """All peers but the baselines: hyperpy first, the others as they were met."""
        names = dict.fromkeys(name for result in self.results for name in result.ratios)
        return sorted(names, key=lambda name: name != "hyperpy")

    def table(self) -> str:
        rows = [
            {
                "work": result.work,
                "cost": result.cost,
                "baseline, 1": result.baseline,
                **{name: f"{result.ratios[name]:.2f}" if name in result.ratios else "" for name in self.peers()},
            }
            for result in self.results
        ]
        return table("Summary", rows, NOTE)


def _machine() -> str:
    model = ""
    if (cpuinfo := Path("/proc/cpuinfo")).exists():
        model = next((line.partition(":")[2] for line in cpuinfo.open() if line.startswith("model name")), "")
    parts = (model.strip(), f"{os.process_cpu_count()} cores", platform.system(), platform.machine())
    return ", ".join(part for part in parts if part)
