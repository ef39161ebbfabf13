"""`python -m tests.pages.random_routes [FILES [FIRST]]` serves random files and prints the differences."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.pages.random_routes.compare import differences, write_site
from tests.support.clients import client_at
from tests.support.servers import hyper_serve

AT_ONCE = 200  # files of one server: it has to start before the tests lose patience


async def compare(files: range) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        sources = write_site(Path(folder), files)
        with hyper_serve(Path(folder)) as command:
            async with client_at(command.port()) as client:
                return await differences(client, sources)


async def main(files: int, first: int) -> None:
    last, count = first + files, 0
    for start in range(first, last, AT_ONCE):
        found = await compare(range(start, min(start + AT_ONCE, last)))
        print(*found, sep="\n", end="", flush=True)
        count += len(found)
    print(f"{files} files, {count} differences")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(arguments + [2000, 0][len(arguments) :])))
