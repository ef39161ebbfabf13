"""HTTP clients: of an application in this process, of a server, and of event streams."""

import asyncio
import contextlib
import http.client
import time
from collections.abc import AsyncIterator

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse
from starlette.types import ASGIApp

from tests.support.until import PATIENCE, PAUSE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EVENT_SOURCE = "text/event-stream"
HTMX_4 = "text/html, text/event-stream"
ANYTHING = "*/*"


def fetch(port: int, path: str = "/", **headers: str) -> tuple[int, str]:
    """Status and body of a response, requested on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()


def client_of(app: ASGIApp, **options: object) -> httpx.AsyncClient:
    """A client that calls the application without a network: for responses that end.

    The option `root_path` is where the application is mounted.
    """
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, **options)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://site.example", headers={"accept": BROWSER})


def client_at(port: int, accept: str = BROWSER) -> httpx.AsyncClient:
    """A client of a server, with any number of connections."""
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers={"accept": accept}, limits=limits, timeout=PATIENCE
    )


@contextlib.asynccontextmanager
async def events_of(
    client: httpx.AsyncClient, url: str, **options: object
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The events at a URL, parsed by httpx-sse, which is independent of hyperpy."""
    async with aconnect_sse(client, "GET", url, **options) as source:
        source.response.raise_for_status()
        yield source.aiter_sse()


async def all_events(client: httpx.AsyncClient, url: str, **options: object) -> list[tuple[str, str]]:
    """Name and data of each event until the stream ends."""
    async with events_of(client, url, **options) as events:
        return [(event.event, event.data) async for event in events]


async def wait_for_items(client: httpx.AsyncClient, url: str, key: str, count: int) -> list[list[object]]:
    """The JSON list at a URL (or under `key` in it), once it has at least `count` items."""
    deadline = time.monotonic() + PATIENCE
    while True:
        body = (await client.get(url)).json()
        items: list[list[object]] = body[key] if key else body
        if len(items) >= count:
            return items
        assert time.monotonic() < deadline, f"{url} has {len(items)} items of {count}"
        await asyncio.sleep(PAUSE)
