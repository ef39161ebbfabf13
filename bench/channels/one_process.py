"""One message to many streams in one process, with channels in memory."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.figures import ratios, summary, table
from bench.results import Result
from bench.rounds import measure
from bench.serving import serve
from bench.streams.clients import Delivered
from bench.workers import MEASURED_CORE, Peer, Worker, WorkerError

SITE, OWN = "bench.apps.hyperpy:app", "bench.apps.hyperpy:server"
RAW = Peer("plain queues", "bench.channels.raw:app", "bench.channels.raw:server")
SHARED = Peer("channel: event()", SITE, OWN)
PER_STREAM = Peer('channel: event(t"…")', SITE, OWN)
PEERS = {RAW: "/channels/shared_event", SHARED: "/channels/shared_event", PER_STREAM: "/channels/own_event"}
PUBLISH = "/channels/publish_many?name=news&size=0&times=1"
SLOW = "/channels/watch?names=news,filling&replays=false"
FILL = "/channels/publish_many?name=filling&size=65536&times=150"
"""More than the buffers on the way to a client hold."""

QUIET = 0.1  # seconds: idle if less than 5 % of this is CPU time


@dataclass(frozen=True, slots=True)
class Amounts:
    streams: tuple[int, ...]
    two_workers: int
    """Number of streams across two workers."""
    rounds: int
    messages: int
    """Per round; each is published after the previous one has reached every stream."""


QUICK = Amounts((500,), 500, 2, 10)
FULL = Amounts((2000, 10_000), 2000, 5, 10)

NOTE = (
    "One message at a time: CPU time per delivery, relative to plain queues in the same round; deliveries/s until the\n"
    "last stream has the message; and delivery times. The plain queues are raw ASGI under uvicorn."
)
SLOW_NOTE = "Delivery times for the streams whose clients read, while the clients of {slow} other streams don't."


def main(client: Worker, amounts: Amounts, maximum: int, results: list[Result]) -> bool:
    workers = {peer: Worker(serve, peer, core=MEASURED_CORE) for peer in PEERS}
    try:
        for worker in workers.values():
            worker.start()
        for number in amounts.streams:
            print(fan_out(workers, client, min(number, maximum), amounts, results), flush=True)
        print(slow_readers(workers[SHARED], client, min(amounts.streams[0], maximum), amounts), flush=True)
    except (WorkerError, OSError) as error:
        print(f"not measured: {error}\n", flush=True)
        return False
    finally:
        for worker in workers.values():
            worker.stop(timeout=0)
    return True


def fan_out(workers: dict[Peer, Worker], client: Worker, number: int, amounts: Amounts, results: list[Result]) -> str:
    def measure_one(peer: Peer) -> tuple[float, Delivered]:
        worker, path = workers[peer], PEERS[peer]
        client.call("hold", worker.handshake, path, number)
        with closing(client, worker, path):
            client.call("broadcast", worker.handshake, path, 2, PUBLISH)
            before = worker.call()
            delivered = client.call("broadcast", worker.handshake, path, amounts.messages, PUBLISH)
            return (worker.call() - before) / number / amounts.messages, delivered

    figures = measure(PEERS, amounts.rounds, measure_one)
    costs = {peer: [cost for cost, _ in rounds] for peer, rounds in figures.items()}
    relative = {peer: ratios(costs[peer], costs[RAW]) for peer in PEERS}
    work = f"A message of a channel to {number:,} streams"
    results.append(Result.of(work, "CPU time", "queues on raw ASGI", {"hyperpy": relative[PER_STREAM]}))
    rows = [
        {
            "source of a stream": peer.name,
            "CPU / plain queues": str(relative[peer]),
            "CPU µs": f"{summary(costs[peer]).median * 1e6:.1f}",
            **delivery_times([each for _, each in figures[peer]]),
        }
        for peer in PEERS
    ]
    return table(f"One message to {number:,} streams of one process", rows, NOTE)


def delivery_times(rounds: list[Delivered]) -> dict[str, str]:
    return {
        "deliveries/s": f"{summary(each.rate for each in rounds).median:,.0f}",
        "p50 ms": f"{summary(each.median for each in rounds).median * 1e3:.1f}",
        "p99 ms": f"{summary(each.p99 for each in rounds).median * 1e3:.1f}",
    }


def slow_readers(worker: Worker, client: Worker, number: int, amounts: Amounts) -> str:
    path, slow = PEERS[SHARED], number // 100
    client.call("hold", worker.handshake, path, number)

    def rounds() -> list[Delivered]:
        return [
            client.call("broadcast", worker.handshake, path, amounts.messages, PUBLISH) for _ in range(amounts.rounds)
        ]

    with closing(client, worker, path):
        before = rounds()
        client.call("hold", worker.handshake, SLOW, slow, b"\r\n\r\n")
        with closing(client, worker, SLOW):
            client.call("fetch", worker.handshake, FILL)
            rows = [{"clients that don't read": "none", **delivery_times(before)}]
            rows.append({"clients that don't read": "1 %", **delivery_times(rounds())})
    return table(f"One message to {number:,} streams, some of them blocked", rows, SLOW_NOTE.format(slow=slow))


@contextmanager
def closing(client: Worker, worker: Worker, path: str) -> Generator[None]:
    """Close the streams at `path` on leaving, and wait until the server is idle again."""
    try:
        yield
    finally:
        client.call("leave", worker.handshake, path)
        before = -1.0
        while (used := worker.call()) > before + QUIET / 20:
            before = used
            time.sleep(QUIET)
