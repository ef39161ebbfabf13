"""A routes folder from a dict of files, and a client that calls the application in process."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from hyperpy import Hyper
from tests.pages.sites import Site, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files below a routes folder and returns that folder."""

    def write(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "routes"
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text).lstrip("\n"))
        return folder

    return write


@pytest.fixture
def site(write: Write) -> Site:
    """A client of the site that the given files make."""

    def site(files: Mapping[str, str], *, debug: bool = False) -> httpx.AsyncClient:
        app = Hyper(routes=write(files), static=None, debug=debug)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://site")

    return site
