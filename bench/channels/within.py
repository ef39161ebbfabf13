"""One process, whose channels are in its memory."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.figures import ratios, summary, table
from bench.rounds import measure
from bench.serving import serve
from bench.streams.clients import Delivered
from bench.workers import MEASURED, Peer, Worker, WorkerError

SITE, OWN = "bench.apps.hyperpy:app", "bench.apps.hyperpy:server"
RAW = Peer("queues and bytes", "bench.channels.raw:app", "bench.channels.raw:server")
SAME = Peer("a channel: event()", SITE, OWN)
OWN_EACH = Peer('a channel: event(t"…")', SITE, OWN)
PEERS = {RAW: "/channels/heard", SAME: "/channels/heard", OWN_EACH: "/channels/shown"}
TELL = "/channels/tell?name=news&size=0&times=1"
SLOW = "/channels/watch?names=news,stuffing&replays=false"
STUFF = "/channels/tell?name=stuffing&size=65536&times=150"
"""More than the buffers on the way to one client hold."""

QUIET = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class Amounts:
    streams: tuple[int, ...]
    across: int
    """Streams of two workers."""
    rounds: int
    messages: int
    """In one round, each when the one before has reached every stream."""


QUICK = Amounts((500,), 500, 2, 10)
FULL = Amounts((2000, 10_000), 2000, 5, 10)

NOTE = (
    "One message at a time: CPU time per delivery by that of the queues in the same round, deliveries/s while a\n"
    "message goes round, and how long it is on its way to each stream. The queues are raw ASGI under uvicorn."
)
SLOW_NOTE = "How long a message is on its way to the streams whose clients read, {slow} others of which do not."


def main(client: Worker, amounts: Amounts, most: int) -> bool:
    workers = {peer: Worker(serve, peer, core=MEASURED) for peer in PEERS}
    try:
        for worker in workers.values():
            worker.start()
        for number in amounts.streams:
            print(fan_out(workers, client, min(number, most), amounts), flush=True)
        print(slow_readers(workers[SAME], client, min(amounts.streams[0], most), amounts), flush=True)
    except (WorkerError, OSError) as error:
        print(f"not measured: {error}\n", flush=True)
        return False
    finally:
        for worker in workers.values():
            worker.stop(patience=0)
    return True


def fan_out(workers: dict[Peer, Worker], client: Worker, number: int, amounts: Amounts) -> str:
    def one(peer: Peer) -> tuple[float, Delivered]:
        worker, path = workers[peer], PEERS[peer]
        client.ask("hold", worker.started, path, number)
        with held(client, worker, path):
            client.ask("broadcast", worker.started, path, 2, TELL)
            before = worker.ask()
            delivered = client.ask("broadcast", worker.started, path, amounts.messages, TELL)
            return (worker.ask() - before) / number / amounts.messages, delivered

    figures = measure(PEERS, amounts.rounds, one)
    costs = {peer: [cost for cost, _ in rounds] for peer, rounds in figures.items()}
    rows = [
        {
            "what a stream waits for": peer.name,
            "CPU / queues": str(ratios(costs[peer], costs[RAW])),
            "CPU µs": f"{summary(costs[peer]).middle * 1e6:.1f}",
            **delivery([each for _, each in figures[peer]]),
        }
        for peer in PEERS
    ]
    return table(f"One message to {number:,} streams of one process", rows, NOTE)


def delivery(rounds: list[Delivered]) -> dict[str, str]:
    return {
        "deliveries/s": f"{summary(each.rate for each in rounds).middle:,.0f}",
        "p50 ms": f"{summary(each.median for each in rounds).middle * 1e3:.1f}",
        "p99 ms": f"{summary(each.late for each in rounds).middle * 1e3:.1f}",
    }


def slow_readers(worker: Worker, client: Worker, number: int, amounts: Amounts) -> str:
    path, slow = PEERS[SAME], number // 100
    client.ask("hold", worker.started, path, number)

    def rounds() -> list[Delivered]:
        return [client.ask("broadcast", worker.started, path, amounts.messages, TELL) for _ in range(amounts.rounds)]

    with held(client, worker, path):
        before = rounds()
        client.ask("hold", worker.started, SLOW, slow, b"\r\n\r\n")
        with held(client, worker, SLOW):
            client.ask("tell", worker.started, STUFF)
            rows = [{"clients that don't read": "none", **delivery(before)}]
            rows.append({"clients that don't read": "1 %", **delivery(rounds())})
    return table(f"One message to {number:,} streams, and to some that are stuck", rows, SLOW_NOTE.format(slow=slow))


@contextmanager
def held(client: Worker, worker: Worker, path: str) -> Generator[None]:
    """Streams that are open, and afterwards of no more concern to the server."""
    try:
        yield
    finally:
        client.ask("leave", worker.started, path)
        before = -1.0
        while (used := worker.ask()) > before + QUIET / 20:
            before = used
            time.sleep(QUIET)
