"""`python -m bench chaos`: workers, brokers and clients die for minutes, and nobody misses a message without a word."""

import asyncio
import random
import shutil
import tempfile
from pathlib import Path

from bench.chaos.report import report
from bench.chaos.running import Plan, run
from tests.channels.brokers import Broker, PostgresBroker, RedisBroker


class DurablePostgres(PostgresBroker):
    fsync = "on"


BROKERS: dict[str, tuple[str, type[RedisBroker | PostgresBroker]]] = {
    "redis": ("redis-server", RedisBroker),
    "postgres": ("postgres", DurablePostgres),
}


def main(*, seconds: float, brokers: list[str], seed: int | None) -> bool:
    """Prints what was seen; False if a promise was broken."""
    kept = True
    for name in brokers or BROKERS:
        chosen = random.randrange(1 << 32) if seed is None else seed
        with tempfile.TemporaryDirectory(prefix="bench-broker-") as folder:
            broker = made(name, Path(folder))
            try:
                broker.start()
                outcome = asyncio.run(run(broker, Plan(seconds=seconds, seed=chosen)))
            finally:
                broker.stop()
        kept &= report(f"{name}, {seconds:g} s", outcome)
    return kept


def made(name: str, folder: Path) -> Broker:
    program, kind = BROKERS[name]
    found = shutil.which(program)
    if found is None:
        raise SystemExit(f"this needs {program}")
    return kind(found, folder / name)
