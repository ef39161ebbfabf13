from bench.streams.figured import numbers
from hyperpy import Markup

n: int


async def stream():
    async for each in numbers(n):
        yield Markup(each)
