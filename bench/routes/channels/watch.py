import asyncio
from contextlib import AsyncExitStack

from hyperpy import START, channel

names: str  # comma-separated
replays: bool


async def forward(name, messages, queue):
    async for message in messages:
        queue.put_nowait((name, message))
        await queue.join()


async def stream():
    queue = asyncio.Queue()
    forwarders = []
    async with AsyncExitStack() as stack:
        subscriptions = {name: channel(name).subscribe(after=START if replays else None) for name in names.split(",")}
        for messages in subscriptions.values():
            await stack.enter_async_context(messages)
        for name, messages in subscriptions.items():
            forwarders.append(asyncio.create_task(forward(name, messages, queue)))
            stack.callback(forwarders[-1].cancel)
        while True:
            name, message = await queue.get()
            yield message.event(name=f"gap:{name}" if message.gap else name)
            queue.task_done()
