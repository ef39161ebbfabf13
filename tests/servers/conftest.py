from pathlib import Path

import pytest

from tests.servers.every_server import make_site


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's folder, shared by all servers. Each test uses files of its own in it, named after `run`."""
    folder = tmp_path_factory.mktemp("servers")
    make_site(folder)
    return folder


@pytest.fixture
def run(request: pytest.FixtureRequest) -> str:
    """The prefix of the files with which a test and its generator signal each other."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
