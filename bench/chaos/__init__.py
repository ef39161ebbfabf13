"""`python -m bench chaos`: kill workers, brokers and clients for minutes, and check that every lost message is reported
as a gap."""

import asyncio
import random

from bench.chaos.brokers import BROKERS, running_broker
from bench.chaos.report import report
from bench.chaos.running import Plan, run


def main(*, seconds: float, brokers: list[str], seed: int | None) -> bool:
    """Print the tables; return False if a guarantee was violated."""
    passed = True
    for name in brokers or BROKERS:
        run_seed = random.randrange(1 << 32) if seed is None else seed
        with running_broker(name) as broker:
            outcome = asyncio.run(run(broker, Plan(seconds=seconds, seed=run_seed)))
        passed &= report(f"{name}, {seconds:g} s", outcome)
    return passed
