"""A log of timestamped marks that a server's generators write, such as when a `finally` has run.

Reading the file works however busy the server is, with several workers, and after the server has exited.
"""

import os
import time
from pathlib import Path

VARIABLE = "BENCH_MARKS"
POLL_INTERVAL = 0.002  # seconds


def mark(kind: str, token: str) -> None:
    """Record that `kind` has happened now to the stream requested with `token`."""
    if path := os.environ.get(VARIABLE):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{kind} {token} {time.monotonic()} {os.getpid()}\n")


class Marks:
    """Reads marks. All processes on a machine share the clock of `time.monotonic()`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def times(self, kind: str, token: str) -> list[float]:
        return [float(at) for found, of, at, _ in self._all() if (found, of) == (kind, token)]

    def processes(self, kind: str) -> set[int]:
        """Ids of the processes that have written this mark."""
        return {int(pid) for found, _, _, pid in self._all() if found == kind}

    def _all(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def wait(self, kind: str, token: str, timeout: float) -> float | None:
        """Return the time of the first such mark, or None after `timeout` seconds without one."""
        deadline = time.monotonic() + timeout
        while True:
            if times := self.times(kind, token):
                return times[0]
            if time.monotonic() > deadline:
                return None
            time.sleep(POLL_INTERVAL)
