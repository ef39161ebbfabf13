from contextlib import aclosing

from bench.streams.scenarios import PAGES
from hyperpy import Markup, Request

scenario: str
request: Request


async def stream():
    async with aclosing(PAGES[scenario](request.query_params)) as parts:
        async for part in parts:
            yield Markup(part)
