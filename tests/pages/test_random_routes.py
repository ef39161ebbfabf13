"""Random route files answer what the same statements do in a plain script."""

import sys
from pathlib import Path

import pytest

from hyperpy import Hyper
from tests.pages.random_routes.compare import differences, write_site
from tests.support.clients import client_of

FILES = 30


async def test_random_files_mean_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = write_site(tmp_path, range(FILES))
    monkeypatch.syspath_prepend(tmp_path)
    try:
        app = Hyper(routes=tmp_path / "routes", static=None)
        async with client_of(app) as client:
            found = await differences(client, sources)
    finally:
        sys.modules.pop("random_route_effects", None)
    assert not found, "\n".join(found)
