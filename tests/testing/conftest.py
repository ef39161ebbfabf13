"""Sites of a few files in a temporary working directory, with both transports."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from hyperpy.testing import Site, client, serve
from tests.support.sites import Write, write_files

type Open = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture(params=[client, serve], ids=["client", "serve"])
def opened(request: pytest.FixtureRequest) -> Open:
    """Both ways to serve a site."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes route files, by path below `routes/`, and returns that folder in the working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda files, folder="routes": write_files(tmp_path / folder, files)
