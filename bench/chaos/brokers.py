"""Real brokers, which confirm nothing that they have not written."""

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
def started(name: str) -> Generator[Broker]:
    """Raises OSError if the machine has no such program."""
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
