"""Backends for tests: memory, and real brokers."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from hyperpy.channels import Hub, connect
from hyperpy.config import Settings
from tests.channels.brokers import Broker, PostgresBroker, RedisBroker
from tests.support.once import made_once

BROKERS = {"redis": ("redis-server", RedisBroker), "postgres": ("postgres", PostgresBroker)}


def run_broker(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Broker]:
    program, kind = BROKERS[name]
    broker = kind(request.getfixturevalue("require_program")(program), folder / name)
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    broker.prepared = partial(made_once, factory)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="session", params=["memory", *BROKERS])
def shared_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker | None]:
    """None for memory."""
    if request.param == "memory":
        yield None
    else:
        yield from run_broker(request.param, request, tmp_path_factory.mktemp("broker"))


@pytest.fixture(scope="session")
def _postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    yield from run_broker("postgres", request, tmp_path_factory.mktemp("broker"))


@pytest.fixture
def shared_postgres(_postgres: Broker) -> Broker:
    _postgres.forget()
    return _postgres


@pytest.fixture
def broken_postgres(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A server for this test only, which may break it."""
    yield from run_broker("postgres", request, tmp_path)


@pytest.fixture
def address(shared_broker: Broker | None) -> str:
    """The channels URL of each backend, without data."""
    if shared_broker is None:
        return "memory://"
    shared_broker.forget()
    return shared_broker.address


@pytest.fixture
def settings(address: str) -> Settings:
    return Settings(channels=address, channel_max_messages=100, channel_max_age=60)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    async with connect(settings) as connected:
        yield connected


@pytest.fixture
async def memory_hub() -> AsyncIterator[Hub]:
    async with connect(Settings(channel_max_messages=100)) as connected:
        yield connected


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A server for this test only, which may break it."""
    yield from run_broker(request.param, request, tmp_path)
