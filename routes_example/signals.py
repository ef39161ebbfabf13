"""The signal mast: one stream that yields in three ways, each for a part of the page."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from string.templatelib import Template

from routes_example._base import Layout
from routes_example._flags import Hoist, Lamp

WORDS = ("WELCOME", "BERTH", "FERRY", "CALM", "GALE", "BUNS")


async def stream() -> AsyncIterator[Template | tuple[str, Template] | dict[str, object]]:
    for number in count(1):
        word = WORDS[number % len(WORDS)]
        yield t"<{Hoist} {word} />"
        yield "lamp", t"<{Lamp} {word} />"
        yield {"event": "log", "data": {"hoist": number, "word": word}}
        await asyncio.sleep(3)


t"""
<{Layout} title="Signals" here="/signals" file={__file__}>
  <h1>The signal mast</h1>
  <p class="lead">Flags for those who see us, a lamp for the night, a log for the office: one stream says it all.</p>
  <div class="signals" hx-ext="sse" sse-connect="/signals" sse-close="close">
    <section class="tile">
      <h2>Flags</h2>
      <div class="signal" sse-swap="message"><{Hoist} word="WELCOME" /></div>
      <p class="note">A t-string is an event without a name.</p>
      <pre tabindex="0"><code>yield t"&lt;…&gt;"</code></pre>
    </section>
    <section class="tile">
      <h2>Lamp</h2>
      <div class="signal" sse-swap="lamp"><{Lamp} word="WELCOME" /></div>
      <p class="note">A tuple names its event.</p>
      <pre tabindex="0"><code>yield "lamp", t"&lt;…&gt;"</code></pre>
    </section>
    <section class="tile">
      <h2>Log</h2>
      <div class="signal" sse-swap="log"><span class="note">Nothing hoisted yet</span></div>
      <p class="note">A dict has every field, and its data is JSON.</p>
      <pre tabindex="0"><code>yield {{"event": "log", "data": {{…}}}}</code></pre>
    </section>
  </div>
</{Layout}>
"""
