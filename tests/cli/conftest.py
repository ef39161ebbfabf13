from collections.abc import Iterator

import pytest

from hyperpy.config import running_command


@pytest.fixture(autouse=True)
def no_command_left() -> Iterator[None]:
    """Loading an application for a command says so to all of this process."""
    yield
    running_command.set(None)
