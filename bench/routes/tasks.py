import asyncio

tasks = len(asyncio.all_tasks())


async def load():
    """An async loader makes the page run on the event loop, where tasks can be counted."""


t"{tasks}"
