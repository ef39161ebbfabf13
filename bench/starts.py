"""How long sites of many routes take to load: without a cache, with it, and with one changed file."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROUNDS = 7
ROUTES = (200, 1000)
WIDTHS = (22, 12, 12, 12)
LOAD = """
import sys, time
sys.path[:0] = sys.argv[1:]
from hyperpy import Hyper
start = time.perf_counter()
Hyper()
print((time.perf_counter() - start) * 1000)
"""
NOTE = "Milliseconds of `Hyper()`, median of {rounds} processes: with no route compiled, with all, with all but one."
PAGE = "import models\nname = 'x'\nt'<!doctype html><title>x</title><p>{name}: {models.VALUE}'\n"


def main() -> None:
    """Print the table."""
    print(f"## Loading many routes\n\n{NOTE.format(rounds=ROUNDS)}\n")
    print_row("", "cold", "warm", "one changed")
    print_row(*["-" * width for width in WIDTHS])
    for routes in ROUTES:
        with tempfile.TemporaryDirectory() as folder:
            print_row(f"{routes} routes", *times(Path(folder), routes))
    print()


def print_row(*cells: str) -> None:
    print("|", " | ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)), "|", flush=True)


def times(folder: Path, routes: int) -> Iterator[str]:
    files = [folder / f"routes/s{at // 50}/p{at}.py" for at in range(routes)]
    (folder / "models.py").write_text("VALUE = 1\n")
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PAGE)
    loaded(folder)  # hyperpy's own bytecode
    found: dict[str, list[float]] = {"cold": [], "warm": [], "one changed": []}
    for number in range(ROUNDS):
        for cached in folder.rglob("*.hyper"):
            cached.unlink()
        found["cold"].append(loaded(folder))
        found["warm"].append(loaded(folder))
        files[number].write_text(f"{PAGE}# {number}\n")
        found["one changed"].append(loaded(folder))
    yield from (f"{median(each):.0f}" for each in found.values())


def variables() -> dict[str, str]:
    """The environment, but with Python's caches."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def loaded(folder: Path) -> float:
    command = [sys.executable, "-c", LOAD, str(Path.cwd()), str(folder)]
    done = subprocess.run(command, cwd=folder, env=variables(), capture_output=True, text=True, check=True)
    return float(done.stdout)
