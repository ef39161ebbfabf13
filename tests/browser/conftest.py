"""The example as `hyper serve` serves it, in a folder of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fetch_browser_scripts
import pytest

from tests.browser import libraries
from tests.browser.libraries import Sources
from tests.conftest import RequireProgram
from tests.support.once import locked, made_once
from tests.support.servers import Command

REPOSITORY = Path(__file__).resolve().parents[2]

# The example pauses so that people can watch it.
QUICK = """

async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds / 20)
"""
# Instead of a hash that takes 200 ms of CPU time.
QUICK_HASHER = "PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)"


@contextmanager
def serve(folder: Path, *arguments: str, **variables: str) -> Iterator[str]:
    """Serve `routes_example/` or `routes/` of a folder. Yields the URL of the site."""
    routes = "routes_example" if (folder / "routes_example").is_dir() else "routes"
    variables = {"HYPER_SECRET_KEY": "a key that only tests use"} | variables
    with Command("serve", "--port", "0", "--routes", routes, *arguments, folder=folder, **variables) as command:
        yield f"http://127.0.0.1:{command.port()}"


@pytest.fixture(scope="session")
def scripts(require_program: RequireProgram, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with htmx and its extension: copies from the repository, or fetched by npm if they are missing there."""

    def fill(folder: Path) -> None:
        for path in (REPOSITORY / "static" / "vendor").glob("*.js"):
            shutil.copy(path, folder)
        scripts = fetch_browser_scripts.SCRIPTS
        if not all(fetch_browser_scripts.is_fetched(folder / script.name, script.integrity) for script in scripts):
            require_program("npm")
            fetch_browser_scripts.main(folder)

    return made_once(tmp_path_factory, "browser-scripts", fill)


@pytest.fixture(scope="session")
def sources(require_program: RequireProgram, pytestconfig: pytest.Config) -> Sources:
    """Browser libraries from npm and PyPI, kept between runs."""
    assert pytestconfig.cache is not None
    cache = Path(pytestconfig.cache.mkdir("browser-libraries"))
    with locked(cache / "lock"):
        return libraries.fetch(require_program("npm"), cache)


@pytest.fixture(scope="module")
def example(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with shorter pauses, whose routes and scripts a test may change."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(REPOSITORY / "routes_example", folder / "routes_example")
    shutil.copytree(REPOSITORY / "static", folder / "static", ignore=shutil.ignore_patterns("vendor"))
    shutil.copytree(scripts, folder / "static" / "vendor")
    with (folder / "routes_example" / "_harbour.py").open("a") as harbour:
        harbour.write(QUICK)
    hash_quickly(folder / "routes_example" / "_owners.py")
    return folder


def hash_quickly(file: Path) -> None:
    text = file.read_text()
    assert "PasswordHasher()" in text
    file.write_text(text.replace("PasswordHasher()", QUICK_HASHER))


@pytest.fixture(scope="module")
def site(example: Path) -> Iterator[str]:
    with serve(example) as url:
        yield url
