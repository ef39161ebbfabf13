from pathlib import Path

import pytest

from tests.servers.every_server import make_site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, for servers to run one after the other. Runs have names of their own in it."""
    folder = tmp_path_factory.mktemp("servers")
    make_site(folder)
    return folder


@pytest.fixture
def run(request: pytest.FixtureRequest) -> str:
    """A name for the files by which a test and the generator that it asks for know each other."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
