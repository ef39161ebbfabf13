from typing import Annotated

from hyperpy import POST, START, Form, channel, redirect, route, url
from pydantic import Field

from routes.live._frame import Frame

route(dynamic=True)

if POST:
    name: Annotated[str, Field(min_length=1, max_length=30)] = Form()


async def load():
    if POST:
        await channel("guests").publish(name)
        return redirect(url("/live/guests"))
    return None


async def stream():
    async for message in channel("guests").subscribe(after=START):
        if not message.gap:
            yield message.event(t"<li>{message.data} was here</li>")


t"""
<{Frame} title="Guests" source={url("/live/guests")}>
  <form method="post"><label>Your name <input name="name" required maxlength="30"></label> <button>Sign</button></form>
  <ol id="guests"></ol>
</{Frame}>
"""
