"""What a server's generators note in a file, with the time: read from outside it tells when a `finally` has run.

It works however busy the server is, with several workers, and when the server has gone.
"""

import os
import time
from pathlib import Path

VARIABLE = "BENCH_MARKS"
LOOK_EVERY = 0.002  # seconds


def mark(what: str, token: str) -> None:
    """Notes that `what` has happened now to the stream that was asked for with `token`."""
    if path := os.environ.get(VARIABLE):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{what} {token} {time.monotonic()} {os.getpid()}\n")


class Marks:
    """Reads them. All processes of a machine have `time.monotonic()` in common."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def times(self, what: str, token: str) -> list[float]:
        return [float(at) for found, of, at, _ in self._all() if (found, of) == (what, token)]

    def processes(self, what: str) -> set[int]:
        """The ids of those to whose streams it has happened."""
        return {int(pid) for found, _, _, pid in self._all() if found == what}

    def _all(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def wait(self, what: str, token: str, patience: float) -> float | None:
        """When it happened for the first time; None if it has not within `patience` seconds."""
        until = time.monotonic() + patience
        while True:
            if times := self.times(what, token):
                return times[0]
            if time.monotonic() > until:
                return None
            time.sleep(LOOK_EVERY)
