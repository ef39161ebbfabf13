"""The smallest live page."""

import asyncio
from collections.abc import AsyncIterator

from hyperpy import Markup, fragment, render
from routes_example._base import Layout
from routes_example._harbour import wind


async def stream() -> AsyncIterator[Markup]:
    while True:
        yield render(fragments="wind")
        await asyncio.sleep(1)


t"""
<{Layout} title="Wind" file={__file__}>
  <h1>Wind</h1>
  <div hx-ext="sse"
    sse-connect="/wind" sse-swap="message">
    <p id="wind" class="reading" {fragment}>
      <b>{wind():.2f}</b> m/s</p>
  </div>
</{Layout}>
"""
