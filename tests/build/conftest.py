"""`hyper build` in a temporary folder, in this process."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute

from hyperpy import Hyper, Settings
from hyperpy.build import BuildOptions, build_site
from hyperpy.build.build_report import BuildReport
from hyperpy.pages import temporary_imports
from tests.support.sites import Files, write_files

type Build = Callable[..., Awaitable[BuildReport]]


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Writes route files, by their paths below `routes/`, and builds the site into `dist/`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPER_SECRET_KEY", "a key for this test")

    async def run(
        files: Files,
        *,
        static: str | None = None,
        lifespan: Any = None,
        settings: Settings | None = None,
        middleware: Iterable[Any] = (),
        routes: Iterable[BaseRoute] = (),
        **options: Any,
    ) -> BuildReport:
        write_files(Path("routes"), files)
        with temporary_imports(Path("routes")):
            app = Hyper(routes="routes", static=static, lifespan=lifespan, settings=settings)
            app.router.routes.extend(routes)
            for each in middleware:
                app.add_middleware(each)
            return await build_site(app, BuildOptions(**{"out": Path("dist")} | options))

    return run


def written(folder: str = "dist") -> dict[str, str]:
    """The files of a build and their text, without the list of them."""
    root = Path(folder)
    files = (path for path in root.rglob("*") if path.is_file() and path.name != ".hyper-build.json")
    return {path.relative_to(root).as_posix(): path.read_text() for path in files}
