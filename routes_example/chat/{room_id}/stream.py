"""The kept messages of a room, then the new ones. A client that reconnects resumes where it was."""

from collections.abc import AsyncIterator

from hyperpy import START, Event, Header, HTTPException, Path, channel
from routes_example._radio import ROOMS, Said

room_id: int = Path()
last: str = Header("", alias="Last-Event-ID")

if room_id not in ROOMS:
    raise HTTPException(404)


async def stream() -> AsyncIterator[Event]:
    # `begin` replaces all messages on the page, so that none of those that follow is shown twice.
    if not last:
        yield Event(t'<li class="note">You are listening to channel {room_id}.</li>', event="begin")
    async for message in channel(f"radio:{room_id}").subscribe(after=START):
        if message.gap:
            yield message.event(t'<li class="note">Some of the conversation is lost in the static.</li>', name="begin")
        else:
            yield message.event(Said(message))
