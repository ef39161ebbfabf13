import argparse
import os
import platform
import sys
import time
from collections.abc import Iterable
from pkgutil import resolve_name

from bench import chart
from bench.results import Result, Run

MEASURED = ("render", "http", "streams", "channels")
"""Parts with results for the summary."""
PARTS = (*MEASURED, "reload")
SOAK, CHAOS = "soak", "chaos"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmark hyperpy and its peers.")
    parser.add_argument(
        "part", nargs="?", choices=(*PARTS, SOAK, CHAOS), help=f"part to run (default: all but {SOAK} and {CHAOS})"
    )
    parser.add_argument("--save", action="store_true", help="put the summary into docs/performance.md; needs all parts")
    parser.add_argument("--quick", action="store_true", help="run fewer and shorter rounds")
    parser.add_argument(
        "--seconds",
        type=float,
        help="duration of the soak test (default: 600) or of the chaos test per broker (default: 300)",
    )
    parser.add_argument(
        "--broker",
        action="append",
        default=[],
        choices=("redis", "postgres"),
        help="brokers for the chaos test (default: all)",
    )
    parser.add_argument("--seed", type=int, help="random seed of the chaos test, to repeat a run")
    options = parser.parse_args()
    if options.save and options.part:
        parser.error("--save needs all parts")
    machine = f"{platform.system()} {platform.machine()}, {os.process_cpu_count()} cores"
    print(f"# Python {platform.python_version()}, {machine}\n", flush=True)
    start = time.monotonic()
    if options.part == SOAK:
        complete = [resolve_name("bench.streams.soak:main")(seconds=options.seconds or 600)]
    elif options.part == CHAOS:
        seconds, brokers = options.seconds or 300, options.broker
        complete = [resolve_name("bench.chaos:main")(seconds=seconds, brokers=brokers, seed=options.seed)]
    else:
        complete = measure([options.part] if options.part else PARTS, quick=options.quick, save=options.save)
    print(f"Finished in {time.monotonic() - start:.0f} s.")
    return 0 if all(complete) else 1


def measure(parts: Iterable[str], *, quick: bool, save: bool) -> list[bool]:
    """Run the parts and print the summary; return for each whether it could measure everything."""
    results: list[Result] = []
    complete = []
    for part in parts:
        main = resolve_name(f"bench.{part}:main")
        complete.append(main(results, quick=quick) if part in MEASURED else main(quick=quick))
    if results:
        run = Run.of(results)
        print(run.table(), flush=True)
        if save:
            chart.write(run)
    return complete


# Spawned processes import this module too and must not import every part with it.
if __name__ == "__main__":
    sys.exit(main())
