"""What streams cost: many events on one, one event on many, and none on very many."""

import signal
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.figures import ratios, summary, table
from bench.rounds import Plan, measure, started
from bench.serving import serve
from bench.streams.behaviour import FRAMEWORKS
from bench.streams.clients import Delivered, most_streams, work
from bench.streams.servers import Framework, Server, ServerError, rss
from bench.streams.sockets import fetch
from bench.workers import ASKING, MEASURED, Peer, Worker, WorkerError

PLAIN, OWN = "bench.serving:plain_server", "bench.apps.hyperpy:server"
PEERS = tuple(Peer(each.name, each.target, OWN if each.own_server else PLAIN) for each in FRAMEWORKS)
LIMIT = PEERS[0]
PINGING = ("sse-starlette", "FastAPI", "hyperpy")
"""Who has pings, so that idle streams cost something."""
WARM_UP = 100  # streams
SETTLING = 0.3  # seconds after which a server's memory is looked at


@dataclass(frozen=True, slots=True)
class Amounts:
    single: Plan
    fans: tuple[int, ...]
    """Streams that a broadcast goes to."""
    fan_rounds: int
    broadcasts: int
    idle: tuple[int, ...]
    """Streams that are open while nothing happens; fewer first."""
    watching: float
    """Seconds of looking at them."""
    stopped: int
    """Streams that are open at a SIGTERM."""
    patience: float
    """Seconds that are waited for what may never happen."""


QUICK = Amounts(Plan(2, 0.2), (200,), 2, 10, (1000,), 0, 1000, 2)
FULL = Amounts(Plan(6, 0.5), (200, 1000), 6, 20, (1000, 10_000), 35, 1000, 8)


def main(*, quick: bool) -> bool:
    """Prints the tables; False if a peer could not be measured."""
    amounts = QUICK if quick else FULL
    client = Worker(work, core=ASKING)
    try:
        with started_all(client.start()) as (workers, problems):
            print(single(workers, client, amounts.single), flush=True)
            for number in amounts.fans:
                print(fan_out(workers, client, number, amounts), flush=True)
        lines = [idle(peer, client, amounts) for peer in PEERS]
        print(table("Streams on which nothing happens", lines, IDLE_NOTE), flush=True)
        lines = [stop(framework, client, amounts) for framework in FRAMEWORKS]
        print(table(f"SIGTERM with {amounts.stopped:,} streams open", lines, STOP_NOTE), flush=True)
    finally:
        client.stop()
    return not problems


@contextmanager
def started_all(client: Worker) -> Generator[tuple[dict[Peer, Worker], dict[Peer, str]]]:
    workers = {peer: Worker(serve, peer, core=MEASURED) for peer in PEERS}

    def check(worker: Worker, limit: Worker) -> str:
        client.ask("read", worker.started, "/numbers?n=2000", 2000)
        return ""

    try:
        yield started(workers, check)
    finally:
        for worker in workers.values():
            worker.stop(patience=0)


SINGLE_NOTE = (
    "Events/s, and CPU time per event, by those of one send for each event in the same round, median and spread.\n"
    "The events are all ready at once: what leaves together costs one send."
)


def single(workers: dict[Peer, Worker], client: Worker, plan: Plan) -> str:
    def one(peer: Peer, number: int) -> tuple[float, float]:
        worker = workers[peer]
        before = worker.ask()
        seconds = client.ask("read", worker.started, f"/numbers?n={number}", number)
        return number / seconds, (worker.ask() - before) / number

    # So many that each takes about as long.
    numbers = {peer: max(2000, int(one(peer, 5000)[0] * plan.seconds)) for peer in workers}
    figures = measure(workers, plan.rounds, lambda peer: one(peer, numbers[peer]))
    rates = {peer: [rate for rate, _ in rounds] for peer, rounds in figures.items()}
    costs = {peer: [cost for _, cost in rounds] for peer, rounds in figures.items()}
    rows = [
        {
            "framework": peer.name,
            "events/s / limit": str(ratios(rates[peer], rates[LIMIT])),
            "CPU / limit": str(ratios(costs[peer], costs[LIMIT])),
            "events/s": f"{summary(rates[peer]).middle:,.0f}",
            "CPU µs": f"{summary(costs[peer]).middle * 1e6:.2f}",
        }
        for peer in workers
    ]
    return table("Events on one stream", rows, SINGLE_NOTE)


FAN_NOTE = (
    "{times} times one event is published to all streams. CPU time per delivery by that of raw sends in the same\n"
    "round, and how long the event is on its way."
)


def fan_out(workers: dict[Peer, Worker], client: Worker, number: int, amounts: Amounts) -> str:
    path = "/subscribed"
    for worker in workers.values():
        listening = int(fetch(worker.started, "/control/listeners"))
        client.ask("hold", worker.started, path, number, b"\r\n\r\n")
        until_listening(worker.started, listening + number)

    def one(peer: Peer) -> tuple[float, Delivered]:
        worker = workers[peer]
        before = worker.ask()
        delivered = client.ask("broadcast", worker.started, path, amounts.broadcasts)
        return (worker.ask() - before) / number / amounts.broadcasts, delivered

    figures = measure(workers, amounts.fan_rounds, one)
    for worker in workers.values():
        client.ask("leave", worker.started, path)
    costs = {peer: [cost for cost, _ in rounds] for peer, rounds in figures.items()}
    rows = [
        {
            "framework": peer.name,
            "CPU / limit": str(ratios(costs[peer], costs[LIMIT])),
            "CPU µs": f"{summary(costs[peer]).middle * 1e6:.1f}",
            "p50 ms": f"{summary(each.median for _, each in figures[peer]).middle * 1e3:.1f}",
            "p99 ms": f"{summary(each.late for _, each in figures[peer]).middle * 1e3:.1f}",
        }
        for peer in workers
    ]
    return table(f"One event to {number:,} streams", rows, FAN_NOTE.format(times=amounts.broadcasts))


def until_listening(port: int, number: int, patience: float = 10.0) -> None:
    """Headers may leave before the generator has come to its first wait."""
    until = time.monotonic() + patience
    while int(fetch(port, "/control/listeners")) < number:
        if time.monotonic() > until:
            raise OSError(f"fewer than {number} streams listen")
        time.sleep(0.02)


IDLE_NOTE = (
    "Memory per open stream, after others have been opened and closed; the CPU that pings at the default 15 s take;\n"
    "and the time until every `finally` has run when all clients leave at once."
)


def idle(peer: Peer, client: Worker, amounts: Amounts) -> dict[str, str]:
    row = {"framework": peer.name}
    most = most_streams(amounts.idle[-1])
    numbers = [min(number, most) for number in amounts.idle]
    worker = Worker(serve, peer, core=MEASURED)
    try:
        port = worker.start().started
        client.ask("hold", port, "/idle", WARM_UP)
        client.ask("leave", port, "/idle")
        time.sleep(SETTLING)
        base, opened = rss(worker.pid), 0
        left = int(fetch(port, "/control/open"))
        for number in numbers:
            client.ask("hold", port, "/idle", number - opened)
            opened = number
            time.sleep(SETTLING)
            row[f"KiB each of {number:,}"] = f"{(rss(worker.pid) - base) / number / 1024:.1f}"
        if amounts.watching:
            row |= pinged(peer, worker, client, amounts.watching)
        row["all left"] = all_left(port, client, left, amounts.patience)
    except (WorkerError, RuntimeError, OSError) as error:
        row |= {"all left": str(error)}
    finally:
        worker.stop(patience=0)
    return row


def pinged(peer: Peer, worker: Worker, client: Worker, seconds: float) -> dict[str, str]:
    if peer.name not in PINGING:
        return {"CPU of a core": "no pings", "pings each": "0"}
    before = worker.ask()
    pings = client.ask("comments", worker.started, "/idle", seconds)
    return {"CPU of a core": f"{(worker.ask() - before) / seconds:.1%}", "pings each": f"{pings:.1f} in {seconds:g} s"}


def all_left(port: int, client: Worker, left_before: int, patience: float) -> str:
    start = client.ask("leave", port, "/idle")
    while int(fetch(port, "/control/open", patience)) > left_before:
        if time.monotonic() - start > patience:
            return f"not within {patience:g} s"
        time.sleep(0.02)
    return f"{time.monotonic() - start:.2f} s"


STOP_NOTE = "How long the process takes to go, and how many clients see their response end as it should."


def stop(framework: Framework, client: Worker, amounts: Amounts) -> dict[str, str]:
    row = {"framework": framework.name, "gone after": "", "clean ends": ""}
    with ExitStack() as closing:
        try:
            server = closing.enter_context(Server(framework))
            client.ask("hold", server.port, "/idle", amounts.stopped)
        except (ServerError, WorkerError) as error:
            return row | {"gone after": str(error)}
        server.send(signal.SIGTERM)
        gone = server.exits(amounts.patience)
        row["gone after"] = f"{gone:.2f} s" if gone is not None else f"alive after {amounts.patience:g} s"
        row["clean ends"] = f"{client.ask('ends', server.port, '/idle', 1.0):,}"
    return row
