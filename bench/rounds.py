"""Measure all peers in rounds.

Each round measures every peer once. The order alternates, so that a temporary slowdown affects all peers alike.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.workers import Peer, Worker, WorkerError


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    seconds: float
    """Duration of one measurement of one peer."""


def measure[T](peers: Iterable[Peer], rounds: int, measure_one: Callable[[Peer], T]) -> dict[Peer, list[T]]:
    peers = list(peers)
    figures: dict[Peer, list[T]] = {peer: [] for peer in peers}
    for number in range(rounds):
        for peer in peers if number % 2 == 0 else reversed(peers):
            figures[peer].append(measure_one(peer))
    return figures


def start_peers(
    workers: dict[Peer, Worker], check: Callable[[Worker, Worker], str]
) -> tuple[dict[Peer, Worker], dict[Peer, str]]:
    """Start the workers; return those that are ready, and the problems of the others.

    `check(worker, baseline)` returns what is wrong with a worker's output, or an empty string. The first worker is the
    baseline. Nothing can be compared without it, so an error while it starts is raised.
    """
    baseline = next(iter(workers.values())).start()
    ready: dict[Peer, Worker] = {}
    problems: dict[Peer, str] = {}
    for peer, worker in workers.items():
        try:
            problem = check(worker if worker is baseline else worker.start(), baseline)
        except (WorkerError, OSError) as error:
            problem = str(error)
        if problem:
            problems[peer] = problem
            print(f"not measured: {peer.name}: {problem}\n", flush=True)
        else:
            ready[peer] = worker
    return ready, problems
