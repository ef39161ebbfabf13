"""Template engines, in process: the page and the table."""

from multiprocessing.connection import Connection
from pkgutil import resolve_name
from time import perf_counter
from typing import Any

from bench.data import SHOP, TABLE
from bench.engines import Engine
from bench.figures import ratios, summary, table
from bench.rounds import Plan, measure, started
from bench.tokens import difference
from bench.workers import MEASURED, Peer, Worker

PEERS = (
    Peer("f-string + markupsafe.escape", "bench.engines.fstring:LIMIT"),
    Peer("floor: f-string + C escape", "bench.engines.fstring:FLOOR"),
    Peer("Jinja2", "bench.engines.jinja:ENGINE"),
    Peer("hyperpy", "bench.engines.hyperpy:ENGINE", setup="hyperpy.server.serve:tune_collector"),
    Peer("hyperpy, default gc", "bench.engines.hyperpy:ENGINE"),
)
QUICK = Plan(rounds=7, seconds=0.03)
FULL = Plan(rounds=25, seconds=0.08)
DOCUMENTS = {"page": SHOP, "table": TABLE}
NOTE = (
    "Time by the limit's in the same round (1.00 is the limit, less is better), median and spread.\n"
    "`hyperpy` has the garbage collector set as `hyper serve` sets it, all others Python's default."
)


def main(*, quick: bool) -> bool:
    """Prints the tables; False if a peer could not be measured."""
    workers = {peer: Worker(work, peer, core=MEASURED) for peer in PEERS}
    try:
        ready, problems = started(workers, _check)
        for document in DOCUMENTS:
            print(_table(document, ready, QUICK if quick else FULL), flush=True)
    finally:
        for worker in workers.values():
            worker.stop()
    return not problems


def _check(worker: Worker, limit: Worker) -> str:
    wrong = {name: difference(worker.started[name], limit.started[name]) for name in DOCUMENTS}
    return "; ".join(f"its {name} {what}" for name, what in wrong.items() if what)


def _table(document: str, workers: dict[Peer, Worker], plan: Plan) -> str:
    calls = {peer: max(1, int(plan.seconds / worker.ask(document, 5))) for peer, worker in workers.items()}
    times = measure(workers, plan.rounds, lambda peer: workers[peer].ask(document, calls[peer]))
    limit = times[PEERS[0]]
    rows = [
        {
            "engine": peer.name,
            "time / limit": str(ratios(figures, limit)),
            "µs": f"{summary(figures).middle * 1e6:,.0f}",
            "bytes": f"{len(workers[peer].started[document].encode()):,}",
        }
        for peer, figures in sorted(times.items(), key=lambda item: ratios(item[1], limit).middle)
    ]
    titles = {"page": "Rendering a page", "table": "Rendering a table of 1000 rows and 10 columns"}
    return table(titles[document], rows, NOTE)


def work(pipe: Connection[Any, Any], peer: Peer) -> None:
    """Sends both documents; then answers (document, number of calls) with the seconds that one call took."""
    engine: Engine = resolve_name(peer.target)
    render = {name: getattr(engine, name) for name in DOCUMENTS}
    pipe.send({name: str(render[name](value)) for name, value in DOCUMENTS.items()})
    if peer.setup:
        resolve_name(peer.setup)()
    while True:
        document, calls = pipe.recv()
        pipe.send(_timed(render[document], DOCUMENTS[document], calls))


def _timed(function: Any, value: object, calls: int) -> float:
    start = perf_counter()
    for _ in range(calls):
        function(value)
    return (perf_counter() - start) / calls
