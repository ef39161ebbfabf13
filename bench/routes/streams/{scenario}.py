from contextlib import aclosing

from bench.streams.scenarios import SCENARIOS
from hyperpy import Markup, Request

scenario: str
request: Request


async def stream():
    async with aclosing(SCENARIOS[scenario](request.query_params)) as items:
        async for item in items:
            yield {**item, "data": Markup(item["data"])} if "data" in item else dict(item)
