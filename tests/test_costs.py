"""What requests, events and open streams cost, as counts: no hot path gets longer unnoticed."""

import asyncio
import contextlib
import gc
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import CodeType
from typing import Self

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

import hyperpy
from hyperpy import Hyper
from hyperpy.streams.sending import fair_share
from tests.server.in_process import Served, served
from tests.support.clients import BROWSER, EVENT_SOURCE
from tests.support.counting import counted_instructions, counted_scheduling
from tests.support.raw_client import RawClient
from tests.support.sites import write_files
from tests.support.until import PATIENCE, until

PACKAGE = str(Path(hyperpy.__file__).parent)

FILES = {
    "hello.py": 't"Hello"',
    "page.py": """
        rows = [(number, f"row {number}") for number in range(20)]
        t"<!doctype html><title>Rows</title><ul>{[t'<li id=r{number}>{name}</li>' for number, name in rows]}</ul>"
    """,
    "users/{name}.py": """
        name: str
        page: int = 1

        async def load():
            global title
            title = f"{name}, page {page}"

        t"<!doctype html><title>{title}</title><h1>{title}</h1>"
    """,
    "ready.py": """
        from hyper import Query

        count: int = Query(0)

        async def stream():
            for number in range(count):
                yield t"<b>{number}</b>"
    """,
    "told.py": """
        from hyper import channel

        async def stream():
            async for message in channel("news").subscribe():
                yield message.event(t"<b>{message.data}</b>")
    """,
    "tell.py": """
        from hyper import channel

        async def load():
            await channel("news").publish("text")

        t"told"
    """,
    "idle.py": """
        import asyncio

        async def stream():
            yield t"<b>open</b>"
            await asyncio.Event().wait()
    """,
}

LISTENERS = 20
MESSAGE = f"a message to {LISTENERS} streams, and its request"

ATTEMPTS = 3  # on a busy machine, events that are ready together may leave in two writes

# The most bytecode instructions, tasks and handles of each, as Python 3.14 counts them today. A change that needs less
# lowers the figure; one that needs more must be worth it.
CEILINGS = {
    "a minimal page": (1621, 4),
    "a page with a list": (2791, 4),
    "a page with inputs and a loader": (2202, 4),
    "100 events that are ready": (16802, 0),
    MESSAGE: (15801, 68),
}
BEHIND_MIDDLEWARE = {MESSAGE: (19818, 69)}
BLOCKS = 144  # of memory for an idle stream, with its connection; 138, and a few more on a busy machine
MEASURED = (3, 14)  # other versions of Python have other instructions

type Run = Callable[[int], Awaitable[None]]  # does something so many times


class Client:
    """One connection to the server in this process."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()

    async def get(self, path: str, accept: str, end: bytes) -> None:
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())
        await self.hear(end)

    async def hear(self, end: bytes) -> None:
        """Read as far as `end`. Then let the server do what it does after it has sent that."""
        async with asyncio.timeout(PATIENCE):
            await self.reader.readuntil(end)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def measured(server: Served) -> AsyncIterator[dict[str, Run]]:
    async with contextlib.AsyncExitStack() as connections:
        client, publisher, *listeners = [
            await connections.enter_async_context(Client(server.port)) for _ in range(2 + LISTENERS)
        ]
        for listener in listeners:
            await listener.get("/told", EVENT_SOURCE, b"\r\n\r\n")

        def page(path: str, end: bytes) -> Run:
            async def run(count: int) -> None:
                for _ in range(count):
                    await client.get(path, BROWSER, end)

            return run

        async def ready(count: int) -> None:
            await client.get(f"/ready?count={100 * count}", EVENT_SOURCE, b"\r\n0\r\n\r\n")

        async def messages(count: int) -> None:
            for _ in range(count):
                await publisher.get("/tell", BROWSER, b"told")
                for listener in listeners:
                    await listener.hear(b"</b>")

        pages = (page("/hello", b"Hello"), page("/page", b"</ul>"), page("/users/ann?page=2", b"</h1>"))
        yield dict(zip(CEILINGS, (*pages, ready, messages), strict=True))


def behind_middleware(app: ASGIApp) -> ASGIApp:
    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, lambda message: send(message))

    return middleware


async def cost(run: Run, folder: str) -> tuple[Counter[CodeType], Counter[str]]:
    """The instructions and the scheduling of doing something once more, when everything has its caches."""
    await run(3)

    async def of(count: int) -> tuple[Counter[CodeType], Counter[str]]:
        with counted_instructions(PACKAGE, folder) as instructions, counted_scheduling() as scheduled:
            await run(count)
        return instructions, scheduled

    (two, scheduled_for_two), (three, scheduled_for_three) = await of(2), await of(3)
    return three - two, scheduled_for_three - scheduled_for_two


def excess(instructions: Counter[CodeType], scheduled: Counter[str], most: int, most_scheduled: int) -> Iterator[str]:
    """What is more than it may be, with the functions that need most."""
    total = instructions.total()
    if sys.version_info[:2] == MEASURED and total > most:
        longest = (f"{count} {code.co_qualname}" for code, count in instructions.most_common(12))
        yield f"{total} instructions, not {most}: {', '.join(longest)}"
    if scheduled.total() > most_scheduled:
        yield f"{dict(scheduled)} are more than {most_scheduled}"


@pytest.mark.parametrize(("wrap", "ceilings"), [(lambda app: app, CEILINGS), (behind_middleware, BEHIND_MIDDLEWARE)])
async def test_nothing_takes_more_steps(
    wrap: Callable[[ASGIApp], ASGIApp],
    ceilings: Mapping[str, tuple[int, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(fair_share, "SECONDS", 60)  # streams are interrupted by the clock
    app = wrap(Hyper(write_files(tmp_path / "routes", FILES)))
    problems = []
    async with served(app) as server, measured(server) as runs:
        for name, ceiling in ceilings.items():
            for _ in range(ATTEMPTS):
                instructions, scheduled = await cost(runs[name], str(tmp_path))
                assert instructions.total() > ceiling[0] / 2, f"{name}: counts nothing"
                print(name, instructions.total(), scheduled)
                found = [f"{name}: {problem}" for problem in excess(instructions, scheduled, *ceiling)]
                if not found:
                    break
            problems += found
    assert not problems, "\n".join(problems)


async def test_an_idle_stream_takes_no_more_memory(tmp_path: Path):
    app = Hyper(write_files(tmp_path / "routes", FILES))
    async with served(app) as server:
        with contextlib.ExitStack() as connections:

            async def open_streams(count: int) -> int:
                for _ in range(count):
                    client = connections.enter_context(RawClient(server.port)).get("/idle", Accept=EVENT_SOURCE)
                    await asyncio.to_thread(client.read_until, b"</b>\n\n")
                gc.collect()
                return sys.getallocatedblocks()

            counts = [await open_streams(50) for _ in range(4)]
            blocks = min(more - fewer for fewer, more in pairwise(counts)) / 50  # what else grows does so now and then
        await until(lambda: not server.state.tasks)
    assert BLOCKS / 2 < blocks <= BLOCKS, blocks
