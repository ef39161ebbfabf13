"""Rounds: each measures every peer once, forwards and backwards in turn, so that a slow moment hits them all alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.workers import Peer, Worker, WorkerError


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    seconds: float
    """How long one peer is measured in one round."""


def measure[T](peers: Iterable[Peer], rounds: int, one: Callable[[Peer], T]) -> dict[Peer, list[T]]:
    peers = list(peers)
    figures: dict[Peer, list[T]] = {peer: [] for peer in peers}
    for number in range(rounds):
        for peer in peers if number % 2 == 0 else reversed(peers):
            figures[peer].append(one(peer))
    return figures


def started(
    workers: dict[Peer, Worker], check: Callable[[Worker, Worker], str]
) -> tuple[dict[Peer, Worker], dict[Peer, str]]:
    """The workers that run and whose output `check(worker, limit)` has nothing against, and the others' problems.

    The first is the limit: without it there is nothing to compare with, so its error is raised.
    """
    limit = next(iter(workers.values())).start()
    ready: dict[Peer, Worker] = {}
    problems: dict[Peer, str] = {}
    for peer, worker in workers.items():
        try:
            problem = check(worker if worker is limit else worker.start(), limit)
        except (WorkerError, OSError) as error:
            problem = str(error)
        if problem:
            problems[peer] = problem
            print(f"not measured: {peer.name}: {problem}\n", flush=True)
        else:
            ready[peer] = worker
    return ready, problems
