"""A routes folder from a dict of files, and a client that calls the application in process."""

from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from tests.support.sites import Files, Site, Write, write_files


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files below a routes folder and returns that folder."""
    return lambda files: write_files(tmp_path / "routes", files)


@pytest.fixture
def site(write: Write) -> Site:
    """A client of the site that the given files make."""

    def site(files: Files, *, debug: bool = False) -> httpx.AsyncClient:
        app = Hyper(routes=write(files), static=None, debug=debug)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://site")

    return site
