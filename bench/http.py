"""Web frameworks behind uvicorn, serving a line of text and a page."""

from dataclasses import dataclass
from http.client import HTTPConnection

from bench.apps import HELLO
from bench.client import CONNECTIONS, WRK, work
from bench.figures import ratios, summary, table
from bench.html_diff import difference
from bench.results import Result
from bench.rounds import Plan, measure, start_peers
from bench.serving import serve
from bench.workers import CLIENT_CORE, MEASURED_CORE, Peer, Worker

PLAIN = "bench.serving:plain_server"
PEERS = (
    Peer("raw ASGI", "bench.apps.raw:app", PLAIN),
    Peer("Starlette", "bench.apps.starlette:app", PLAIN),
    Peer("FastAPI", "bench.apps.fastapi:app", PLAIN),
    Peer("hyperpy", "bench.apps.hyperpy:app", "bench.apps.hyperpy:server"),
    Peer("hyperpy, default gc", "bench.apps.hyperpy:app", "bench.apps.hyperpy:untuned_server"),
)
COMPARED = PEERS[1:4]
QUICK = Plan(rounds=2, seconds=1)
FULL = Plan(rounds=6, seconds=2)
PATHS = {"/hello": "Requests for one line of text", "/page": "Requests for a page"}
WARM_UP = 200  # requests
TIMEOUT = 10  # seconds
NOTE = (
    "Requests/s and CPU time per request, relative to raw ASGI on uvicorn in the same round (median and spread).\n"
    "CPU time is the better measure: a server that is less than 100 % busy has waited for the client or for its core.\n"
    "Raw ASGI and Starlette render f-strings, FastAPI uses Jinja2. `hyperpy` runs as under `hyper serve`, without the\n"
    "access log; `default gc` uses Python's garbage collector settings, as all other peers do. Load: {load}."
)


@dataclass(frozen=True, slots=True)
class Figures:
    rate: float
    """Requests per second."""
    cpu: float
    """Server CPU seconds per request."""
    busy: float
    """Share of one core that the server used."""


def main(results: list[Result], *, quick: bool) -> bool:
    """Print the tables and add the results; return False if a peer could not be measured."""
    client = Worker(work, core=CLIENT_CORE).start()
    workers = {peer: Worker(serve, peer, core=MEASURED_CORE) for peer in PEERS}
    try:
        ready, problems = start_peers(workers, _check)
        for path in PATHS:
            print(_table(path, ready, client, QUICK if quick else FULL, results), flush=True)
    finally:
        for worker in (client, *workers.values()):
            worker.stop()
    return not problems


def _check(worker: Worker, baseline: Worker) -> str:
    """Compare a peer's responses with the expected ones. This warms it up too: caches and specialized bytecode."""
    for path in PATHS:
        expected = HELLO if path == "/hello" else _fetch(baseline.handshake, path).pop()
        for body in _fetch(worker.handshake, path, times=WARM_UP):
            if wrong := difference(body, expected):
                return f"{path} {wrong}"
    return ""


def _fetch(port: int, path: str, times: int = 1) -> set[str]:
    """Send requests over one connection and return the distinct response bodies."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    bodies = set()
    try:
        for _ in range(times):
            connection.request("GET", path)
            response = connection.getresponse()
            bodies.add(response.read().decode())
            if response.status != 200 or response.will_close:
                raise OSError(f"{path}: status {response.status}, connection: {response.getheader('connection')}")
    finally:
        connection.close()
    return bodies


def _table(path: str, workers: dict[Peer, Worker], client: Worker, plan: Plan, results: list[Result]) -> str:
    figures = measure(workers, plan.rounds, lambda peer: _measure(workers[peer], client, path, plan.seconds))
    rates = {peer: [each.rate for each in rounds] for peer, rounds in figures.items()}
    costs = {peer: [each.cpu for each in rounds] for peer, rounds in figures.items()}
    baseline = PEERS[0]
    relative = {peer: ratios(costs[peer], costs[baseline]) for peer in workers}
    compared = {peer.name: ratio for peer, ratio in relative.items() if peer in COMPARED}
    results.append(Result.of(PATHS[path], "CPU time", baseline.name, compared))
    rows = [
        {
            "framework": peer.name,
            "CPU / raw ASGI": str(relative[peer]),
            "requests/s / raw ASGI": str(ratios(rates[peer], rates[baseline])),
            "CPU µs": f"{summary(costs[peer]).median * 1e6:.0f}",
            "requests/s": f"{summary(rates[peer]).median:,.0f}",
            "busy": f"{summary(each.busy for each in figures[peer]).median:.0%}",
        }
        for peer in sorted(workers, key=lambda peer: relative[peer].median)
    ]
    load = f"{'wrk' if WRK else 'built-in client'} with {CONNECTIONS} connections"
    return table(f"{PATHS[path]}, `{path}`", rows, NOTE.format(load=load))


def _measure(server: Worker, client: Worker, path: str, seconds: float) -> Figures:
    before = server.call()
    load = client.call(server.handshake, path, seconds)
    used = server.call() - before
    return Figures(load.requests / load.seconds, used / load.requests, used / load.seconds)
