import argparse
import os
import platform
import sys
import time
from pkgutil import resolve_name

PARTS = ("render", "http")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures hyperpy beside its peers.")
    parser.add_argument("part", nargs="?", choices=PARTS, help="only this part")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a first look")
    options = parser.parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.process_cpu_count()} cores"
    print(f"# Python {platform.python_version()}, {machine}\n", flush=True)
    parts = [options.part] if options.part else PARTS
    start = time.monotonic()
    complete = [resolve_name(f"bench.{part}:main")(quick=options.quick) for part in parts]
    print(f"Measured in {time.monotonic() - start:.0f} s.")
    return 0 if all(complete) else 1


# The processes that are started import this module too, and must not import the parts with it.
if __name__ == "__main__":
    sys.exit(main())
