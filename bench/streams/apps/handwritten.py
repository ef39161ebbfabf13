"""Events encoded by hand, for raw ASGI and Starlette's StreamingResponse."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bench.streams.cases import EventFields
from bench.streams.scenarios import Events

HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


def text(item: EventFields) -> str:
    lines = [f"{name}: {item[name]}\n" for name in ("id", "event", "retry") if name in item]
    if "comment" in item:
        lines.insert(0, f": {item['comment']}\n")
    if "data" in item:
        lines.append(f"data: {item['data']}\n")
    return "".join(lines) + "\n"


async def encoded(items: Events) -> AsyncGenerator[bytes]:
    async with aclosing(items):
        async for item in items:
            yield text(item).encode()


async def encoded_data(texts: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
    async with aclosing(texts):
        async for each in texts:
            yield f"data: {each}\n\n".encode()
