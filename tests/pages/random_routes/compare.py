"""Serves random route files and compares each response with the oracle's."""

import asyncio
import random
from collections.abc import Iterable
from pathlib import Path

import httpx

from tests.pages.random_routes.generator import route_file
from tests.pages.random_routes.oracle import Outcome, Request, expected
from tests.support.clients import EVENT_SOURCE

AT_ONCE = 20

EFFECTS = """
import contextlib

notes = {}


def note(rid, value):
    notes.setdefault(rid, []).append(value)


@contextlib.contextmanager
def transaction(rid):
    note(rid, "begin")
    try:
        yield
    except BaseException:
        note(rid, "rollback")
        raise
    note(rid, "commit")
"""
NOTES = """
from hyperpy import JSONResponse
from random_route_effects import notes

rid: str
response = JSONResponse(notes.pop(rid, []))
"""


def write_site(folder: Path, seeds: Iterable[int]) -> dict[str, str]:
    """Writes a site with a file for each seed. Returns the sources by URL."""
    (folder / "routes").mkdir()
    (folder / "random_route_effects.py").write_text(EFFECTS)
    (folder / "routes" / "notes.py").write_text(NOTES)
    sources = {}
    for seed in seeds:
        sources[f"/r{seed}"] = route_file(seed)
        (folder / "routes" / f"r{seed}.py").write_text(sources[f"/r{seed}"])
    return sources


def requests_for(url: str, source: str) -> list[Request]:
    chosen = random.Random(url)
    methods = ["GET", "POST"] if "POST" in source.partition("rid: str")[2] else ["GET"]
    words = [None, "", "t1", "<&>'"]
    made = [Request(chosen.choice(methods), chosen.randint(0, 12), chosen.choice(words), False) for _ in range(4)]
    if "async def stream" in source:
        made.append(Request("GET", chosen.randint(0, 12), chosen.choice(words), True))
    return made


async def differences(client: httpx.AsyncClient, sources: dict[str, str]) -> list[str]:
    """Sends several requests to each file, many at once, and describes the responses that the oracle doesn't give."""
    found: list[str] = []
    waiting = [(url, request) for url, source in sources.items() for request in requests_for(url, source)]
    random.Random(0).shuffle(waiting)
    numbered = iter(enumerate(waiting))

    async def work() -> None:
        for number, (url, request) in numbered:
            rid = f"request-{number}"
            wanted = await expected(sources[url], request, rid)
            received = await _received(client, url, request, rid)
            if not _same(wanted, received):
                found.append(f"{url} {request}\n  oracle:  {wanted}\n  hyperpy: {received}")

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    return found


async def _received(client: httpx.AsyncClient, url: str, request: Request, rid: str) -> Outcome:
    query = {"rid": rid} | request.query
    headers = {"accept": EVENT_SOURCE if request.streams else "text/html"}
    async with client.stream(request.method, url, params=query, headers=headers) as response:
        content: object = (await response.aread()).decode()
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        content = _events(str(content))
    elif response.status_code == 303:
        content = response.headers["location"]
    elif response.status_code >= 400:
        content = None
    notes = (await client.get("/notes", params={"rid": rid})).json()
    return Outcome(response.status_code, content, notes)


def _events(text: str) -> list[tuple[str, str, str]]:
    """Name, data and id of each event with data, except `close`. A generated value has no line break."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
        if fields.get("event") != "close" and "data" in fields:
            found.append((fields.get("event", "message"), fields["data"], fields.get("id", "")))
    return found


def _same(wanted: Outcome, received: Outcome) -> bool:
    if wanted.status >= 500:
        return received.status >= 500
    return wanted == received
