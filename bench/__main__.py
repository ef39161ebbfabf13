import argparse
import os
import platform
import sys
import time
from pkgutil import resolve_name

PARTS = ("render", "http", "streams")
SOAK = "soak"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures hyperpy beside its peers.")
    parser.add_argument("part", nargs="?", choices=(*PARTS, SOAK), help=f"only this part; {SOAK} only if asked for")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a first look")
    parser.add_argument("--seconds", type=float, default=600, help="of the soak")
    options = parser.parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.process_cpu_count()} cores"
    print(f"# Python {platform.python_version()}, {machine}\n", flush=True)
    start = time.monotonic()
    if options.part == SOAK:
        complete = [resolve_name("bench.streams.soak:main")(seconds=options.seconds)]
    else:
        parts = [options.part] if options.part else PARTS
        complete = [resolve_name(f"bench.{part}:main")(quick=options.quick) for part in parts]
    print(f"Measured in {time.monotonic() - start:.0f} s.")
    return 0 if all(complete) else 1


# The processes that are started import this module too, and must not import the parts with it.
if __name__ == "__main__":
    sys.exit(main())
