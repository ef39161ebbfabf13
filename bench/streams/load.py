"""The cost of streams: many events on one stream, one event on many streams, and idle streams."""

import signal
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.figures import Summary, ratios, summary, table
from bench.results import Result
from bench.rounds import Plan, measure, start_peers
from bench.serving import serve
from bench.streams.behaviour import FRAMEWORKS
from bench.streams.clients import Delivered, raise_file_limit, work
from bench.streams.servers import Framework, Server, ServerError, rss
from bench.streams.sockets import fetch
from bench.workers import CLIENT_CORE, MEASURED_CORE, Peer, Worker, WorkerError

PLAIN, OWN = "bench.serving:plain_server", "bench.apps.hyperpy:server"
PEERS = tuple(Peer(each.name, each.target, OWN if each.own_server else PLAIN) for each in FRAMEWORKS)
BASELINE = PEERS[0]
PINGING = ("sse-starlette", "FastAPI", "hyperpy")
"""Peers that send pings, so that idle streams take CPU time."""
WARM_UP = 100  # streams
SETTLING = 0.3  # seconds to wait before measuring the memory of a server


@dataclass(frozen=True, slots=True)
class Amounts:
    single: Plan
    fans: tuple[int, ...]
    """Numbers of streams that receive a broadcast."""
    fan_rounds: int
    broadcasts: int
    idle: tuple[int, ...]
    """Numbers of idle streams, ascending."""
    ping_seconds: float
    """Duration of the ping measurement; 0 skips it."""
    stopped: int
    """Number of streams open at a SIGTERM."""
    timeout: float
    """Seconds to wait for things that may never happen."""


QUICK = Amounts(Plan(2, 0.2), (200,), 2, 10, (1000,), 0, 1000, 2)
FULL = Amounts(Plan(6, 0.5), (200, 2000), 6, 20, (1000, 10_000), 35, 1000, 8)


def main(results: list[Result], *, quick: bool) -> bool:
    """Print the tables and add the results; return False if a peer could not be measured."""
    amounts = QUICK if quick else FULL
    client = Worker(work, core=CLIENT_CORE)
    try:
        with started_all(client.start()) as (workers, problems):
            print(single(workers, client, amounts.single, results), flush=True)
            for number in amounts.fans:
                print(fan_out(workers, client, number, amounts, results), flush=True)
        memory: Memory = defaultdict(dict)
        lines = [idle(peer, client, amounts, memory) for peer in PEERS]
        print(table("Idle streams", lines, IDLE_NOTE), flush=True)
        results.extend(_memory_results(memory))
        lines = [stop(framework, client, amounts) for framework in FRAMEWORKS]
        print(table(f"SIGTERM with {amounts.stopped:,} streams open", lines, STOP_NOTE), flush=True)
    finally:
        client.stop()
    return not problems


@contextmanager
def started_all(client: Worker) -> Generator[tuple[dict[Peer, Worker], dict[Peer, str]]]:
    workers = {peer: Worker(serve, peer, core=MEASURED_CORE) for peer in PEERS}

    def check(worker: Worker, baseline: Worker) -> str:
        client.call("read", worker.handshake, "/numbers?n=2000", 2000)
        return ""

    try:
        yield start_peers(workers, check)
    finally:
        for worker in workers.values():
            worker.stop(timeout=0)


def _relative(costs: Mapping[Peer, Sequence[float]]) -> dict[str, Summary]:
    return {peer.name: ratios(figures, costs[BASELINE]) for peer, figures in costs.items()}


type Memory = dict[int, dict[str, float]]
"""Bytes per stream: number of streams -> peer -> bytes."""


def _memory_results(memory: Memory) -> Iterable[Result]:
    for number, used in memory.items():
        if baseline := used.get(BASELINE.name):
            relative = {name: Summary(amount / baseline, 0) for name, amount in used.items()}
            yield Result.of(f"Memory of a stream, {number:,} idle", "memory", BASELINE.name, relative)


SINGLE_NOTE = (
    "Events/s and CPU time per event, relative to raw ASGI with one send per event in the same round (median and\n"
    "spread). The events are all available at once, so a framework may send several together."
)


def single(workers: dict[Peer, Worker], client: Worker, plan: Plan, results: list[Result]) -> str:
    def measure_one(peer: Peer, number: int) -> tuple[float, float]:
        worker = workers[peer]
        before = worker.call()
        seconds = client.call("read", worker.handshake, f"/numbers?n={number}", number)
        return number / seconds, (worker.call() - before) / number

    # As many events as each peer sends in about the same time.
    numbers = {peer: max(2000, int(measure_one(peer, 5000)[0] * plan.seconds)) for peer in workers}
    figures = measure(workers, plan.rounds, lambda peer: measure_one(peer, numbers[peer]))
    rates = {peer: [rate for rate, _ in rounds] for peer, rounds in figures.items()}
    costs = {peer: [cost for _, cost in rounds] for peer, rounds in figures.items()}
    relative = _relative(costs)
    results.append(Result.of("Events on one stream", "CPU time", BASELINE.name, relative))
    rows = [
        {
            "framework": peer.name,
            "events/s / raw ASGI": str(ratios(rates[peer], rates[BASELINE])),
            "CPU / raw ASGI": str(relative[peer.name]),
            "events/s": f"{summary(rates[peer]).median:,.0f}",
            "CPU µs": f"{summary(costs[peer]).median * 1e6:.2f}",
        }
        for peer in workers
    ]
    return table("Events on one stream", rows, SINGLE_NOTE)


FAN_NOTE = (
    "One event is published to all streams, {times} times. CPU time per delivery, relative to raw ASGI in the same\n"
    "round, and delivery times."
)


def fan_out(workers: dict[Peer, Worker], client: Worker, number: int, amounts: Amounts, results: list[Result]) -> str:
    path = "/subscribed"
    for worker in workers.values():
        listening = int(fetch(worker.handshake, "/control/listeners"))
        client.call("hold", worker.handshake, path, number, b"\r\n\r\n")
        wait_for_listeners(worker.handshake, listening + number)

    def measure_one(peer: Peer) -> tuple[float, Delivered]:
        worker = workers[peer]
        before = worker.call()
        delivered = client.call("broadcast", worker.handshake, path, amounts.broadcasts)
        return (worker.call() - before) / number / amounts.broadcasts, delivered

    figures = measure(workers, amounts.fan_rounds, measure_one)
    for worker in workers.values():
        client.call("leave", worker.handshake, path)
    costs = {peer: [cost for cost, _ in rounds] for peer, rounds in figures.items()}
    relative = _relative(costs)
    results.append(Result.of(f"One event to {number:,} streams", "CPU time", BASELINE.name, relative))
    rows = [
        {
            "framework": peer.name,
            "CPU / raw ASGI": str(relative[peer.name]),
            "CPU µs": f"{summary(costs[peer]).median * 1e6:.1f}",
            "p50 ms": f"{summary(each.median for _, each in figures[peer]).median * 1e3:.1f}",
            "p99 ms": f"{summary(each.p99 for _, each in figures[peer]).median * 1e3:.1f}",
        }
        for peer in workers
    ]
    return table(f"One event to {number:,} streams", rows, FAN_NOTE.format(times=amounts.broadcasts))


def wait_for_listeners(port: int, number: int, timeout: float = 10.0) -> None:
    """Wait until the generators have subscribed, which may be after their headers were sent."""
    deadline = time.monotonic() + timeout
    while int(fetch(port, "/control/listeners")) < number:
        if time.monotonic() > deadline:
            raise OSError(f"fewer than {number} streams have subscribed")
        time.sleep(0.02)


IDLE_NOTE = (
    "Memory per open stream, after a warm-up; CPU time for pings at the default interval of 15 s; and the time until\n"
    "every `finally` has run after all clients disconnect at once."
)


def idle(peer: Peer, client: Worker, amounts: Amounts, memory: Memory) -> dict[str, str]:
    row = {"framework": peer.name}
    maximum = raise_file_limit(amounts.idle[-1])
    numbers = [min(number, maximum) for number in amounts.idle]
    worker = Worker(serve, peer, core=MEASURED_CORE)
    try:
        port = worker.start().handshake
        client.call("hold", port, "/idle", WARM_UP)
        client.call("leave", port, "/idle")
        time.sleep(SETTLING)
        base, opened = rss(worker.pid), 0
        open_before = int(fetch(port, "/control/open"))
        for number in numbers:
            client.call("hold", port, "/idle", number - opened)
            opened = number
            time.sleep(SETTLING)
            memory[number][peer.name] = (rss(worker.pid) - base) / number
            row[f"KiB per stream, {number:,}"] = f"{memory[number][peer.name] / 1024:.1f}"
        if amounts.ping_seconds:
            row |= ping_costs(peer, worker, client, amounts.ping_seconds)
        row["all closed"] = close_time(port, client, open_before, amounts.timeout)
    except (WorkerError, RuntimeError, OSError) as error:
        row |= {"all closed": str(error)}
    finally:
        worker.stop(timeout=0)
    return row


def ping_costs(peer: Peer, worker: Worker, client: Worker, seconds: float) -> dict[str, str]:
    if peer.name not in PINGING:
        return {"CPU of a core": "no pings", "pings per stream": "0"}
    before = worker.call()
    pings = client.call("pings", worker.handshake, "/idle", seconds)
    return {
        "CPU of a core": f"{(worker.call() - before) / seconds:.1%}",
        "pings per stream": f"{pings:.1f} in {seconds:g} s",
    }


def close_time(port: int, client: Worker, open_before: int, timeout: float) -> str:
    start = client.call("leave", port, "/idle")
    while int(fetch(port, "/control/open", timeout)) > open_before:
        if time.monotonic() - start > timeout:
            return f"not within {timeout:g} s"
        time.sleep(0.02)
    return f"{time.monotonic() - start:.2f} s"


STOP_NOTE = "Time until the process exits, and the number of clients whose response ends properly."


def stop(framework: Framework, client: Worker, amounts: Amounts) -> dict[str, str]:
    row = {"framework": framework.name, "exits after": "", "clean ends": ""}
    with ExitStack() as closing:
        try:
            server = closing.enter_context(Server(framework))
            client.call("hold", server.port, "/idle", amounts.stopped)
        except (ServerError, WorkerError) as error:
            return row | {"exits after": str(error)}
        server.send(signal.SIGTERM)
        exited = server.exits(amounts.timeout)
        row["exits after"] = f"{exited:.2f} s" if exited is not None else f"alive after {amounts.timeout:g} s"
        row["clean ends"] = f"{client.call('ends', server.port, '/idle', 1.0):,}"
    return row
