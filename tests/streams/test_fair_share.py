"""Generators that never wait share a limited part of the event loop's time."""

import asyncio

from hyperpy.streams import STATE_KEY, EventStream, Streams
from hyperpy.streams.sending.fair_share import SECONDS


async def ceaseless():
    while True:
        yield "x"


def test_many_of_them_block_the_loop_no_longer_than_one(run):
    async def check():
        streams = Streams()
        scope = {"type": "http", "state": {STATE_KEY: streams}}

        async def send(message):
            pass

        async def receive():
            await asyncio.Event().wait()

        tasks = [
            asyncio.create_task(EventStream(ceaseless(), route="routes/feed.py")(scope, receive, send))
            for _ in range(20)
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        assert streams.fair_share.share == SECONDS / 20
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)
        assert streams.fair_share.share == SECONDS
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)
        assert not streams.fair_share._counting

    run(check)
