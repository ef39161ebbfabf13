"""Observe how every framework behaves on real servers."""

from contextlib import ExitStack

from bench.figures import table
from bench.streams import intermediaries, lifecycle, stopping, wire
from bench.streams.rows import BAD, FULL, GOOD, NONE, QUICK, UNKNOWN, Subject, observe
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
    "Failures and disconnects": lifecycle.ROWS,
    "Stopping": stopping.ROWS,
    "Intermediaries": intermediaries.ROWS,
}
NOTE = (
    f"Observed on real servers: {GOOD} correct, {BAD} incorrect, {NONE} not supported, {UNKNOWN} not observed.\n"
    "hyperpy runs under `hyper serve`, all others under the uvicorn command. Raw ASGI and Starlette encode their\n"
    "events by hand."
)


def main(*, quick: bool) -> bool:
    """Print the tables; return False if something could not be observed."""
    complete = True
    with ExitStack() as closing:
        subjects = [Subject(framework, QUICK if quick else FULL, closing) for framework in FRAMEWORKS]
        for title, rows in TABLES.items():
            lines = observe(title, rows, subjects)
            print(table(title, lines, NOTE), flush=True)
            complete &= not any(cell.startswith(UNKNOWN) for line in lines for cell in line.values())
    return complete
