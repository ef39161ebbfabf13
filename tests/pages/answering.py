"""Route files that answer in all ways, and what each has logged before it ended."""

import httpx

from tests.support.sites import Site

SHARED = """
from contextlib import contextmanager, asynccontextmanager
from hyperpy import *

log = []

def returned(url="/login"):
    return redirect(url)

async def areturned():
    return redirect("/login")

@contextmanager
def transaction(failing=False):
    try:
        yield
    except BaseException:
        log.append("rollback")
        raise
    if failing:
        raise ValueError("the commit failed")
    log.append("commit")

@asynccontextmanager
async def atransaction():
    with transaction():
        yield
"""
IMPORTS = """
import asyncio
from typing import Annotated
from starlette.background import BackgroundTask
from hyperpy import *
from ._shared import areturned, atransaction, log, returned, transaction
"""
PAGE = "\nlog.append('after')\nt'<p>secret</p>'\n"


def function(*lines: str, keyword: str = "async def") -> str:
    return f"{keyword} load():\n    " + "\n    ".join(lines)


async def results(
    site: Site, sources: dict[str, str], **options: object
) -> dict[str, tuple[httpx.Response, list[str]]]:
    """The response of each file, and what it has logged."""
    files = {f"r{index}.py": IMPORTS + source for index, source in enumerate(sources.values())}
    logged = (
        "from ._shared import log\nfrom hyperpy import *\nfound = log[:]\nlog.clear()\nresponse = JSONResponse(found)\n"
    )
    client = site({"_shared.py": SHARED, "log.py": logged, **files})
    found = {}
    for index, name in enumerate(sources):
        answer = await client.get(f"/r{index}", **options)  # type: ignore[arg-type]
        found[name] = (answer, (await client.get("/log")).json())
    return found
