"""Streams that keep what a generator dependency opens."""

from pathlib import Path

import pytest

from hyperpy.app.loaded_routes import load_routes
from tests.support.sites import write_files

DATABASE = """
from typing import Annotated
from hyperpy import POST, Depends, channel, poll
async def database():
    yield "db"
def reading():
    yield "db"
async def current_member(db: Annotated[str, Depends(database)]):
    return "ada"
def paging():
    return 1
"""
IMPORT = "from routes._database import *\n"
MEMBER = f"{IMPORT}Depends(current_member)\n"
FINITE = "async def stream():\n    for n in range(3):\n        yield n\n"
READS = "async def stream():\n    for n in x:\n        yield n\n"
LIVE = "async def stream():\n    async for n in channel(x):\n        yield n\n"
INPUT = f"{IMPORT}x: str = Depends(database)\n"
MISTAKES = {
    "a guard": (
        {"_guard.py": MEMBER, "live.py": FINITE},
        "_guard.py:2",
        "live.py keeps what the generator `database` opens until its client leaves",
        "Declare it under `if POST:`, or let `current_member` open its own and close it before it returns.",
    ),
    "a guard's own": ({"_guard.py": INPUT, "live.py": FINITE}, "_guard.py:2", "`database`", "let the guard open"),
    "a page's": ({"live.py": f"{INPUT}{FINITE}t'{{x}}'"}, "live.py:2", "the stream keeps", "for each step"),
    "a channel": ({"live.py": INPUT + LIVE}, "live.py:2", "`database`", "let the stream open its own for each step."),
    "a poll": ({"live.py": INPUT + LIVE.replace("channel(x)", "poll(lambda: x)")}, "live.py:2", "`database`", ""),
    "a loop": (
        {"live.py": f"{IMPORT}x: str = Depends(reading)\nasync def stream():\n    while True:\n        yield x\n"},
        "live.py:2",
        "`reading`",
        "",
    ),
    "a dependency of the file": (
        {"live.py": f"{IMPORT}x: str = Depends(current_member)\n{FINITE}"},
        "live.py:2",
        "`database`",
        "let `current_member`",
    ),
}
FINE = {
    "no generator": {"_guard.py": f"{IMPORT}Depends(paging)\n", "live.py": FINITE},
    "a guard of another method": {"_guard.py": f"{IMPORT}if POST:\n    Depends(current_member)\n", "live.py": FINITE},
    "another method": {"live.py": f"{IMPORT}if POST:\n    x: str = Depends(database)\n    t'{{x}}'\n{FINITE}"},
    "an export": {"live.py": INPUT + READS},
    "no stream": {"_guard.py": MEMBER, "live.py": f"{INPUT}t'{{x}}'"},
    "a page in parts": {"_guard.py": MEMBER, "live.py": "async def stream():\n    yield t'<!doctype html><p>a'\n"},
}


@pytest.mark.parametrize(("files", "place", "what", "hint"), MISTAKES.values(), ids=MISTAKES)
def test_streams_that_keep_connections(tmp_path: Path, files: dict[str, str], place: str, what: str, hint: str) -> None:
    folder = write_files(tmp_path / "routes", files | {"_database.py": DATABASE})
    [warning] = load_routes(folder).warnings
    assert f"{Path(warning.place.file).name}:{warning.place.line}" == place
    assert what in warning.what
    assert hint in warning.hint


@pytest.mark.parametrize("files", FINE.values(), ids=FINE)
def test_streams_that_keep_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    folder = write_files(tmp_path / "routes", files | {"_database.py": DATABASE})
    assert load_routes(folder).warnings == ()


def test_a_guard_of_many_streams_is_reported_once(tmp_path: Path) -> None:
    files = {"_database.py": DATABASE, "_guard.py": MEMBER, "a.py": FINITE, "b.py": FINITE}
    assert len(load_routes(write_files(tmp_path / "routes", files)).warnings) == 1
