"""Every test of channels runs on each backend."""

from collections.abc import AsyncIterator

import pytest

from hyperpy.channels import Hub, connect
from hyperpy.config import Settings


@pytest.fixture(params=["memory"])
def address(request: pytest.FixtureRequest) -> str:
    """What HYPER_CHANNELS would be."""
    return f"{request.param}://"


@pytest.fixture
def settings(address: str) -> Settings:
    return Settings(channels=address, channel_max_messages=100, channel_max_age=60)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    async with connect(settings) as connected:
        yield connected
