"""The event with which uvicorn says that a request has changed."""

import asyncio

from hyperpy.streams import MessageEvent


async def test_whoever_waits_for_a_message_gets_to_know():
    event = MessageEvent()
    by_receive, stream, cancelled = asyncio.ensure_future(event.wait()), event.taken(), event.taken()
    await asyncio.sleep(0)
    cancelled.cancel()

    event.set()
    await asyncio.gather(by_receive, stream)

    assert event.taken().done()  # it was still set
    assert not event.taken().done()
    event.set()
    event.clear()
    assert not event.taken().done()
