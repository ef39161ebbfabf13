"""Template engines without a server: a page, a fragment and a table."""

from multiprocessing.connection import Connection
from pkgutil import resolve_name
from time import perf_counter
from typing import Any

from bench.data import SHOP, TABLE
from bench.engines import Engine
from bench.figures import ratios, summary, table
from bench.html_diff import difference
from bench.results import Result
from bench.rounds import Plan, measure, start_peers
from bench.workers import MEASURED_CORE, Peer, Worker

PEERS = (
    Peer("f-string + markupsafe.escape", "bench.engines.fstring:BASELINE"),
    Peer("floor: f-string + C escape", "bench.engines.fstring:FLOOR"),
    Peer("Jinja2", "bench.engines.jinja:ENGINE"),
    Peer("hyperpy", "bench.engines.hyperpy:ENGINE", setup="hyperpy.server.serve:tune_collector"),
    Peer("hyperpy, default gc", "bench.engines.hyperpy:ENGINE"),
)
COMPARED = (PEERS[2], PEERS[3])
QUICK = Plan(rounds=7, seconds=0.03)
FULL = Plan(rounds=25, seconds=0.08)
DOCUMENTS = {"page": SHOP, "fragment": SHOP.books[1], "table": TABLE}
TITLES = {
    "page": "Rendering a page",
    "fragment": "Rendering a fragment of a page",
    "table": "Rendering a table of 1000 rows and 10 columns",
}
NOTE = (
    "Time relative to f-strings with markupsafe.escape in the same round (less is better), median and spread.\n"
    "`hyperpy` uses the garbage collector settings of `hyper serve`; all other peers use Python's."
)


def main(results: list[Result], *, quick: bool) -> bool:
    """Print the tables and add the results; return False if a peer could not be measured."""
    workers = {peer: Worker(work, peer, core=MEASURED_CORE) for peer in PEERS}
    try:
        ready, problems = start_peers(workers, _check)
        for document in DOCUMENTS:
            print(_table(document, ready, QUICK if quick else FULL, results), flush=True)
    finally:
        for worker in workers.values():
            worker.stop()
    return not problems


def _check(worker: Worker, baseline: Worker) -> str:
    differences = {name: difference(worker.handshake[name], baseline.handshake[name]) for name in DOCUMENTS}
    return "; ".join(f"its {name} {text}" for name, text in differences.items() if text)


def _table(document: str, workers: dict[Peer, Worker], plan: Plan, results: list[Result]) -> str:
    calls = {peer: max(1, int(plan.seconds / worker.call(document, 5))) for peer, worker in workers.items()}
    times = measure(workers, plan.rounds, lambda peer: workers[peer].call(document, calls[peer]))
    relative = {peer: ratios(figures, times[PEERS[0]]) for peer, figures in times.items()}
    compared = {peer.name: ratio for peer, ratio in relative.items() if peer in COMPARED}
    results.append(Result.of(TITLES[document], "time", PEERS[0].name, compared))
    rows = [
        {
            "engine": peer.name,
            "time / f-string": str(relative[peer]),
            "µs": f"{summary(figures).median * 1e6:,.0f}",
            "bytes": f"{len(workers[peer].handshake[document].encode()):,}",
        }
        for peer, figures in sorted(times.items(), key=lambda item: relative[item[0]].median)
    ]
    return table(TITLES[document], rows, NOTE)


def work(pipe: Connection[Any, Any], peer: Peer) -> None:
    """Send the rendered documents; then receive (document, number of calls) and reply with the seconds per call."""
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
