import time

from hyperpy import PlainTextResponse, channel

name: str
size: int
times: int


async def load():
    for _ in range(times):
        await channel(name).publish({"html": f"<p>{time.monotonic_ns()}~</p>", "padding": "x" * size})
    return PlainTextResponse("published")


t"published"
