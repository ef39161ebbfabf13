import asyncio
from contextlib import AsyncExitStack

from hyperpy import START, channel

names: str  # with commas between them
replays: bool


async def pour(name, messages, board):
    async for message in messages:
        board.put_nowait((name, message))
        await board.join()


async def stream():
    board = asyncio.Queue()
    pouring = []
    async with AsyncExitStack() as leaving:
        subscriptions = {name: channel(name).subscribe(after=START if replays else None) for name in names.split(",")}
        for messages in subscriptions.values():
            await leaving.enter_async_context(messages)
        for name, messages in subscriptions.items():
            pouring.append(asyncio.create_task(pour(name, messages, board)))
            leaving.callback(pouring[-1].cancel)
        while True:
            name, message = await board.get()
            yield message.event(name=f"gap:{name}" if message.gap else name)
            board.task_done()
