import argparse
import os
import platform
import sys
import time
from pkgutil import resolve_name

PARTS = ("render", "http", "streams", "channels")
SOAK, CHAOS = "soak", "chaos"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures hyperpy beside its peers.")
    parser.add_argument(
        "part", nargs="?", choices=(*PARTS, SOAK, CHAOS), help=f"only this part; {SOAK} and {CHAOS} only if asked for"
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a first look")
    parser.add_argument("--seconds", type=float, help="of the soak (600), and of the chaos with each broker (300)")
    parser.add_argument("--broker", action="append", default=[], choices=("redis", "postgres"), help="of the chaos")
    parser.add_argument("--seed", type=int, help="of the chaos, to repeat it")
    options = parser.parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.process_cpu_count()} cores"
    print(f"# Python {platform.python_version()}, {machine}\n", flush=True)
    start = time.monotonic()
    if options.part == SOAK:
        complete = [resolve_name("bench.streams.soak:main")(seconds=options.seconds or 600)]
    elif options.part == CHAOS:
        seconds, brokers = options.seconds or 300, options.broker
        complete = [resolve_name("bench.chaos:main")(seconds=seconds, brokers=brokers, seed=options.seed)]
    else:
        parts = [options.part] if options.part else PARTS
        complete = [resolve_name(f"bench.{part}:main")(quick=options.quick) for part in parts]
    print(f"Measured in {time.monotonic() - start:.0f} s.")
    return 0 if all(complete) else 1


# The processes that are started import this module too, and must not import the parts with it.
if __name__ == "__main__":
    sys.exit(main())
