from collections.abc import Callable
from pathlib import Path

import pytest

from hyperpy.routing import Discovery, discover

type Found = Callable[..., Discovery]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Makes the named files in a folder of routes and discovers them."""

    def make(*names: str) -> Discovery:
        root = tmp_path / "routes"
        root.mkdir(exist_ok=True)
        for name in names:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return discover(root)

    return make
