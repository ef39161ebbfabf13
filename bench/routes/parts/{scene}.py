from contextlib import aclosing

from bench.streams.scenes import PAGES
from hyperpy import Markup, Request

scene: str
request: Request


async def stream():
    async with aclosing(PAGES[scene](request.query_params)) as parts:
        async for part in parts:
            yield Markup(part)
