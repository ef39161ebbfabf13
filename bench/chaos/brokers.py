"""Real brokers that write each record to disk before they confirm it."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.channels.brokers import Broker, PostgresBroker, RedisBroker
from tests.support.programs import find_program, how_to_get


class DurablePostgres(PostgresBroker):
    fsync = "on"


BROKERS: dict[str, tuple[str, type[RedisBroker | PostgresBroker]]] = {
    "redis": ("redis-server", RedisBroker),
    "postgres": ("postgres", DurablePostgres),
}


@contextmanager
def running_broker(name: str) -> Generator[Broker]:
    """Start a broker. Raises OSError if its program isn't installed."""
    program, kind = BROKERS[name]
    found = find_program(program)
    if found is None:
        raise FileNotFoundError(how_to_get(program))
    with tempfile.TemporaryDirectory(prefix="bench-broker-") as folder:
        broker = kind(found, Path(folder) / name)
        try:
            broker.start()
            yield broker
        finally:
            broker.stop()
