"""A site for each test, with a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hyperpy.testing import Site, client

import database


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(database, "FILE", str(tmp_path / "test.db"))
    async with client("routes") as running:
        yield running
