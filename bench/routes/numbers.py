from bench.streams.generators import numbers

n: int


async def stream():
    async for each in numbers(n):
        yield each
