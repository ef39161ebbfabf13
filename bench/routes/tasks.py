import asyncio

tasks = len(asyncio.all_tasks())


async def load():
    """With a loader the page is made on the event loop, where tasks can be counted."""


t"{tasks}"
