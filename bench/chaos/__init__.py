"""`python -m bench chaos`: workers, brokers and clients die for minutes, and nobody misses a message without a word."""

import asyncio
import random

from bench.chaos.brokers import BROKERS, started
from bench.chaos.report import report
from bench.chaos.running import Plan, run


def main(*, seconds: float, brokers: list[str], seed: int | None) -> bool:
    """Prints what was seen; False if a promise was broken."""
    kept = True
    for name in brokers or BROKERS:
        chosen = random.randrange(1 << 32) if seed is None else seed
        with started(name) as broker:
            outcome = asyncio.run(run(broker, Plan(seconds=seconds, seed=chosen)))
        kept &= report(f"{name}, {seconds:g} s", outcome)
    return kept
