from hyperpy import NOW, channel


async def stream():
    async with channel("news").subscribe(after=NOW) as messages:
        yield "~"
        async for message in messages:
            yield message.event()
