"""Sites of a few files in a working directory of their own, on either kind of site."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from hyperpy.testing import Site, client, serve
from tests.support.sites import Write, write_files

type Open = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture(params=[client, serve], ids=["client", "serve"])
def opened(request: pytest.FixtureRequest) -> Open:
    """What must hold on both, is tested on both."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes route files, by path below `routes/`, and returns that folder; it lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda files, folder="routes": write_files(tmp_path / folder, files)
