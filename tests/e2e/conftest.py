from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hyperpy import Hyper
from tests.e2e.running import Files, write

type Make = Callable[..., Hyper]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An application of route files, given by their paths below `routes/`."""

    def make_app(files: Files, **options: Any) -> Hyper:
        folder = write(tmp_path / "routes", files)
        return Hyper(routes=folder, **({"static": None} | options))

    return make_app
