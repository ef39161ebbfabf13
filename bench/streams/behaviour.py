"""Observes every framework, row by row, against real servers."""

from contextlib import ExitStack

from bench.figures import table
from bench.streams import between, lifecycle, stopping, wire
from bench.streams.rows import BAD, FULL, GOOD, NONE, QUICK, UNKNOWN, Site, observe
from bench.streams.servers import Framework

FRAMEWORKS = (
    Framework("raw ASGI", "raw"),
    Framework("Starlette", "starlette"),
    Framework("sse-starlette", "sse_starlette"),
    Framework("FastAPI", "fastapi"),
    Framework("hyperpy", "hyperpy", own_server=True),
)
TABLES = {
    "On the wire": wire.ROWS,
    "Failing and leaving": lifecycle.ROWS,
    "Stopping": stopping.ROWS,
    "On the way": between.ROWS,
}
NOTE = (
    f"Seen on real servers: {GOOD} as it should be, {BAD} not, {NONE} has no such thing, {UNKNOWN} could not be seen.\n"
    "All but hyperpy, which `hyper serve` serves, run under uvicorn's command. Raw ASGI and Starlette write their\n"
    "events by hand."
)


def main(*, quick: bool) -> bool:
    """Prints the tables; False if something could not be observed."""
    complete = True
    with ExitStack() as closing:
        sites = [Site(framework, QUICK if quick else FULL, closing) for framework in FRAMEWORKS]
        for title, rows in TABLES.items():
            lines = observe(title, rows, sites)
            print(table(title, lines, NOTE), flush=True)
            complete &= not any(cell.startswith(UNKNOWN) for line in lines for cell in line.values())
    return complete
