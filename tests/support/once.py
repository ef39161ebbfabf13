"""Folders that the processes of one run of pytest-xdist share, because making them takes long."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Inside, no other process holds the lock at this path."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that `make` fills in the first process that asks for it. Nobody may change it afterwards."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the folder of the run
    folder = base / name
    with locked(base / f"{name}.lock"):
        if not folder.exists():
            unfinished = Path(mkdtemp(prefix=f"{name}-", dir=base))
            make(unfinished)
            unfinished.rename(folder)
    return folder
