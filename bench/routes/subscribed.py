from bench.streams.broadcast import subscribed
from hyperpy import Markup


async def stream():
    async for each in subscribed():
        yield Markup(each)
