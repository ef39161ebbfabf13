"""An application behind the inspector, in this process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp

from hyperpy import Hyper
from hyperpy.inspector import Inspector
from hyperpy.testing import Site, client
from tests.support.sites import Files, write_files

type Inspect = Callable[..., AbstractAsyncContextManager[tuple[Inspector, Site]]]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """`async with inspect(files) as (inspector, site)`: route files, or another application."""

    @asynccontextmanager
    async def inspected(served: Files | ASGIApp, **options: Any) -> AsyncIterator[tuple[Inspector, Site]]:
        app = served
        if isinstance(served, dict):
            app = Hyper(write_files(tmp_path / "routes", served), static=None, debug=True, **options)
        inspector = Inspector(app)
        try:
            async with client(inspector) as site:
                yield inspector, site
        finally:
            inspector.close()

    return inspected
