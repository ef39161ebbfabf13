"""Web frameworks behind uvicorn: a line of text and a page."""

from dataclasses import dataclass
from http.client import HTTPConnection

from bench.apps import HELLO
from bench.client import CONNECTIONS, WRK, work
from bench.figures import ratios, summary, table
from bench.rounds import Plan, measure, started
from bench.serving import serve
from bench.tokens import difference
from bench.workers import ASKING, MEASURED, Peer, Worker

PLAIN = "bench.serving:plain_server"
PEERS = (
    Peer("raw ASGI + f-string", "bench.apps.raw:app", PLAIN),
    Peer("Starlette + f-string", "bench.apps.starlette:app", PLAIN),
    Peer("FastAPI + Jinja2", "bench.apps.fastapi:app", PLAIN),
    Peer("hyperpy", "bench.apps.hyperpy:app", "bench.apps.hyperpy:server"),
    Peer("hyperpy, default gc", "bench.apps.hyperpy:app", "bench.apps.hyperpy:untuned_server"),
)
QUICK = Plan(rounds=2, seconds=1)
FULL = Plan(rounds=6, seconds=2)
PATHS = {"/hello": "Requests for one line of text", "/page": "Requests for a page"}
WARM_UP = 200  # requests
TIMEOUT = 10  # seconds
NOTE = (
    "Requests/s and CPU time per request by those of raw ASGI on uvicorn in the same round, median and spread.\n"
    "CPU says more: a server that is less than 100 % busy has waited for the client, or for a core that others use.\n"
    "`hyperpy` is served as by `hyper serve`, but for the log of requests; `default gc` goes without its settings of\n"
    "the garbage collector, like all the others. Load: {load}."
)


@dataclass(frozen=True, slots=True)
class Figures:
    rate: float
    """Requests per second."""
    cpu: float
    """Seconds of the server's CPU per request."""
    busy: float


def main(*, quick: bool) -> bool:
    """Prints the tables; False if a peer could not be measured."""
    client = Worker(work, core=ASKING).start()
    workers = {peer: Worker(serve, peer, core=MEASURED) for peer in PEERS}
    try:
        ready, problems = started(workers, _check)
        for path in PATHS:
            print(_table(path, ready, client, QUICK if quick else FULL), flush=True)
    finally:
        for worker in (client, *workers.values()):
            worker.stop()
    return not problems


def _check(worker: Worker, limit: Worker) -> str:
    """Also warms up: caches fill, and Python specialises what it runs."""
    for path in PATHS:
        expected = HELLO if path == "/hello" else _fetch(limit.started, path).pop()
        for body in _fetch(worker.started, path, times=WARM_UP):
            if wrong := difference(body, expected):
                return f"{path} {wrong}"
    return ""


def _fetch(port: int, path: str, times: int = 1) -> set[str]:
    """The different bodies of several answers, which all come over one connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    bodies = set()
    try:
        for _ in range(times):
            connection.request("GET", path)
            response = connection.getresponse()
            bodies.add(response.read().decode())
            if response.status != 200 or response.will_close:
                raise OSError(f"{path} answered {response.status}, connection: {response.getheader('connection')}")
    finally:
        connection.close()
    return bodies


def _table(path: str, workers: dict[Peer, Worker], client: Worker, plan: Plan) -> str:
    figures = measure(workers, plan.rounds, lambda peer: _one(workers[peer], client, path, plan.seconds))
    rates = {peer: [each.rate for each in rounds] for peer, rounds in figures.items()}
    costs = {peer: [each.cpu for each in rounds] for peer, rounds in figures.items()}
    limit = PEERS[0]
    rows = [
        {
            "framework": peer.name,
            "CPU / limit": str(ratios(costs[peer], costs[limit])),
            "requests/s / limit": str(ratios(rates[peer], rates[limit])),
            "CPU µs": f"{summary(costs[peer]).middle * 1e6:.0f}",
            "requests/s": f"{summary(rates[peer]).middle:,.0f}",
            "busy": f"{summary(each.busy for each in figures[peer]).middle:.0%}",
        }
        for peer in sorted(workers, key=lambda peer: ratios(costs[peer], costs[limit]).middle)
    ]
    load = f"{'wrk' if WRK else 'our own client'} with {CONNECTIONS} connections"
    return table(f"{PATHS[path]}, `{path}`", rows, NOTE.format(load=load))


def _one(server: Worker, client: Worker, path: str, seconds: float) -> Figures:
    before = server.ask()
    load = client.ask(server.started, path, seconds)
    used = server.ask() - before
    return Figures(load.requests / load.seconds, used / load.requests, used / load.seconds)
