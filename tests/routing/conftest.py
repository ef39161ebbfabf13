from collections.abc import Callable
from pathlib import Path

import pytest

from hyperpy.routing import Discovery, discover

type Found = Callable[..., Discovery]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Creates the named files in a folder and discovers them."""

    def make(*names: str, folder: str = "routes") -> Discovery:
        root = tmp_path / folder
        root.mkdir(exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return discover(root)

    return make
