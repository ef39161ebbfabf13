import asyncio
from datetime import datetime

from hyperpy import fragment, render, route, url

from routes.live._frame import Frame

route(dynamic=True)

t"""
<{Frame} title="Clock" source={url("/live/clock")}>
  <h1>The server's clock</h1>
  <time id="now" {fragment}>{datetime.now():%H:%M:%S}</time>
</{Frame}>
"""


async def stream():
    while True:
        yield render(fragments="now")
        await asyncio.sleep(1)
