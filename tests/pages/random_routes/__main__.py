"""`python -m tests.pages.random_routes [FILES [FIRST]]` serves random files and prints the differences."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.pages.random_routes.compare import differences, write_site
from tests.support.clients import client_at
from tests.support.servers import hyper_serve


async def main(files: int, first: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sources = write_site(Path(folder), range(first, first + files))
        with hyper_serve(Path(folder)) as command:
            async with client_at(command.port()) as client:
                found = await differences(client, sources)
    print(*found, sep="\n")
    print(f"{files} files, {len(found)} differences")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(arguments + [2000, 0][len(arguments) :])))
