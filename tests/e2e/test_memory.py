"""Requests don't leak memory."""

import asyncio
import gc
import os
from pathlib import Path

import pytest

from hyperpy import Hyper
from tests.support.clients import BROWSER, EVENT_SOURCE

REQUESTS = int(os.environ.get("REQUESTS", "1500"))
WARM_UP = 300
KEPT_OBJECTS = 200  # that caches may still add
GROWTH = 6 * 2**20  # bytes that the allocator may keep

FILES = {
    "index.py": """
        from hyper import Request, Response, fragment, render

        request: Request
        response: Response

        class Box:
            owner = request
            items = []

        seen = [0] * 1000
        Box.items.append(seen)

        async def load():
            global inner
            inner = render(fragments="mine")
            response.headers["x-seen"] = str(len(seen))

        t'<b {fragment}="mine">{len(seen)}</b>{inner}{[t"<i>{x}</i>" for x in range(20)]}'
    """,
    "blocking.py": "import time\nseen = [0] * 1000\ntime.monotonic()\nt'{len(seen)}'\n",
    "answer.py": "from hyper import JSONResponse\nseen = [0] * 1000\nresponse = JSONResponse(seen[:2])\n",
    "broken.py": "async def load():\n    seen = [0] * 1000\n    raise LookupError(seen)\nt'never'\n",
    "stream.py": """
        seen = [0] * 1000

        async def stream():
            for number in range(5):
                yield "tick", {"number": number, "seen": len(seen)}
    """,
    "endless.py": """
        import asyncio

        seen = [0] * 1000

        async def stream():
            yield t"<b>{len(seen)}</b>"
            await asyncio.Event().wait()
    """,
}
CASES = {"/": 200, "/blocking": 200, "/answer": 200, "/broken": 500, "/stream": 200, "/endless": 200, "/none": 404}


async def request(app: Hyper, path: str, query: bytes) -> int:
    """Call the application with one request. The client disconnects as soon as it has received part of the body."""
    status = 0
    over = asyncio.Event()

    async def receive():
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal status
        status = message.get("status", status)
        if message.get("body"):
            over.set()

    accept = EVENT_SOURCE if path == "/endless" else BROWSER
    headers = [(b"host", b"site.example"), (b"accept", accept.encode())]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "", "scheme": "http",
        "query_string": query, "headers": headers, "http_version": "1.1", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    await asyncio.sleep(0)
    return status


def resident() -> int:
    """The resident memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def settled(most: float) -> int:
    """The number of objects, once it is at most `most` or no longer falls: timers take 0.1 s to disappear."""
    before = float("inf")
    while True:
        await asyncio.sleep(0.2)
        gc.collect()
        objects = len(gc.get_objects())
        if objects <= most or objects >= before:
            return objects
        before = objects


@pytest.mark.parametrize("path", CASES)
async def test_memory_stays_level(make, path, caplog):
    caplog.set_level("CRITICAL", "hyperpy")
    app = make(FILES)
    for number in range(WARM_UP):
        assert await request(app, path, b"n=%d" % number) == CASES[path]
    objects, memory = await settled(0), resident()
    for number in range(REQUESTS):
        await request(app, path, b"n=%d" % number)
    assert await settled(objects + KEPT_OBJECTS) < objects + KEPT_OBJECTS
    assert resident() - memory < GROWTH
