from bench.streams.generators import idle
from hyperpy import Markup


async def stream():
    async for each in idle():
        yield Markup(each)
