from contextlib import aclosing

from bench.streams.scenes import SCENES
from hyperpy import Markup, Request

scene: str
request: Request


async def stream():
    async with aclosing(SCENES[scene](request.query_params)) as items:
        async for item in items:
            yield {**item, "data": Markup(item["data"])} if "data" in item else dict(item)
