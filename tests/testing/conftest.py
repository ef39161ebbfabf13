"""Sites of a few files in a working directory of their own, on either kind of site."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from textwrap import dedent

import pytest

from hyperpy.testing import Site, client, serve

type Open = Callable[..., AbstractAsyncContextManager[Site]]
type Write = Callable[..., Path]


@pytest.fixture(params=[client, serve], ids=["client", "serve"])
def opened(request: pytest.FixtureRequest) -> Open:
    """What must hold on both, is tested on both."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes route files, by path below `routes/`, and returns that folder; it lies in the working directory."""
    monkeypatch.chdir(tmp_path)

    def write_files(files: dict[str, str], folder: str = "routes") -> Path:
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip())
        return tmp_path / folder

    return write_files
