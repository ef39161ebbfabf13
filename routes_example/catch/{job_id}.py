"""The progress of a weighing: a page and, at the same URL, its stream. A reload replays all of it at once.

When the job closes its channel, the stream ends, and the browser doesn't reconnect.
"""

from collections.abc import AsyncIterator
from string.templatelib import Template

from hyperpy import START, Event, Path, channel
from routes_example._base import Layout
from routes_example._catch import Scales, Weighing, latest, received

job_id: str = Path()
now = latest(job_id)


async def stream() -> AsyncIterator[Event]:
    async for message in channel(f"catch:{job_id}").subscribe(after=START):
        if not message.gap:
            yield message.event(Scales(received(message.data)))


def WithoutJavaScript(now: Weighing) -> Template | None:
    if now.is_done:
        return None
    return t'<noscript><p class="note">This shows one moment. <a href="">Look again</a></p></noscript>'


t"""
<{Layout} title="Weighing" here="/catch" file={__file__}>
  <h1>On the scales</h1>
  <p class="lead">Reload the page, or open it on your phone: the scales don't mind.</p>
  <section class="scales" hx-ext="sse" sse-connect="/catch/{job_id}" sse-swap="message" sse-close="close">
    {Scales(now) if now else t'<p class="note">There is nothing on the scales under this number.</p>'}
  </section>
  {now and WithoutJavaScript(now)}
  <p><a href="/catch">Weigh another</a></p>
</{Layout}>
"""
