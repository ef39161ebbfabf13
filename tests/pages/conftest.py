"""A routes folder from a dict of files, and a client that calls the application in process."""

import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.app.loaded_routes import LoadedRoutes, load_routes
from hyperpy.pages import temporary_imports
from hyperpy.pages.loading import compilation
from tests.pages.cached_routes import Load
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


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads a folder as a new process would, and returns with it the names of the files that were compiled."""
    compiled: set[str] = set()

    for name in ("compile_route", "compile_private"):
        compile_ = getattr(compilation, name)

        def counted(*arguments: object, compile_: Callable[..., object] = compile_) -> object:
            file = next(each.file for each in arguments if hasattr(each, "file"))
            compiled.add(Path(file).name)
            return compile_(*arguments)

        monkeypatch.setattr(compilation, name, counted)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)

    def load(folder: Path) -> tuple[LoadedRoutes, set[str]]:
        compiled.clear()
        with temporary_imports(folder):
            return load_routes(folder), set(compiled)

    return load
