"""Sites made of a few files, served by `hyper serve`, or asked without a network."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from textwrap import dedent

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse
from starlette.types import ASGIApp

from tests.server.running import PATIENCE, Command

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EVENT_SOURCE = "text/event-stream"
HTMX_4 = "text/html, text/event-stream"
ANYTHING = "*/*"

type Files = Mapping[str, str]


def write(folder: Path, files: Files) -> Path:
    """Writes files, by path below the folder, and returns it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip())
    return folder


@contextlib.contextmanager
def hyper_serve(folder: Path, *arguments: str) -> Iterator[Command]:
    """`hyper serve` in the folder, on a free port; ends with SIGTERM, and has to do so well."""
    with Command("serve", "--port", "0", *arguments, folder=folder) as command:
        command.port()
        yield command
        if command.process.poll() is None:
            command.send(signal.SIGTERM)
        assert command.status() == 0, command.told()


def client_of(app: ASGIApp, **options: object) -> httpx.AsyncClient:
    """Asks the application itself: for answers that end. `root_path` is where it is mounted."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, **options)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://site.example", headers={"accept": BROWSER})


def client_at(port: int, accept: str = BROWSER) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"accept": accept}, limits=limits, timeout=PATIENCE
    )


@contextlib.asynccontextmanager
async def events_of(
    client: httpx.AsyncClient, url: str, **options: object
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The events at a URL, as a client of the event stream's own makes them out."""
    async with aconnect_sse(client, "GET", url, **options) as source:
        source.response.raise_for_status()
        yield source.aiter_sse()


async def all_events(client: httpx.AsyncClient, url: str, **options: object) -> list[tuple[str, str]]:
    """Name and data of each event until the stream ends."""
    async with events_of(client, url, **options) as events:
        return [(event.event, event.data) async for event in events]


async def until_many(client: httpx.AsyncClient, url: str, key: str, count: int) -> list[list[object]]:
    """The JSON list at a URL (or the one under `key` there), once it has as many items."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = (await client.get(url)).json()
        items: list[list[object]] = answer[key] if key else answer
        if len(items) >= count:
            return items
        assert time.monotonic() < deadline, f"{url} has {len(items)} items of {count}"
        await asyncio.sleep(0.02)
