from pathlib import Path
from typing import Any

import pytest

from hyperpy import Hyper
from tests.support.sites import Files, Make, write_files


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An application of route files, given by their paths below `routes/`."""

    def make_app(files: Files, **options: Any) -> Hyper:
        folder = write_files(tmp_path / "routes", files)
        return Hyper(routes=folder, **({"static": None} | options))

    return make_app
