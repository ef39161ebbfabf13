from hyperpy import NOW, Markup, channel


async def stream():
    async with channel("news").subscribe(after=NOW) as messages:
        yield "~"
        async for message in messages:
            yield message.event(t"<b>{Markup(message.data['html'])}</b>")
