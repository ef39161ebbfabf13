"""The night watch: the server hangs up every ten seconds, the browser comes back, and no entry is missing.

Each event has the number of its entry as its id. A browser that reconnects sends the last one that it got.
"""

from collections.abc import AsyncIterator

from hyperpy import Event, Header, Query, route
from routes_example._base import Layout
from routes_example._watch import Line, Sighting, latest, sightings

route(stream_max_age=10)

after: int = Query(latest())
last: str = Header("", alias="Last-Event-ID")
now = latest()
seen = int(last) if last.isdecimal() else after


async def stream() -> AsyncIterator[Event]:
    yield Event(retry=4000)
    if last:
        yield Event(t'<li class="cut">The line was cut. Back after entry {seen % 10_000:04}.</li>')
    async for entry in sightings(after=seen):
        yield Event(t"<{Line} {entry} late={entry.number <= now} />", id=entry.number)


t"""
<{Layout} title="Night watch" here="/watch" file={__file__}>
  <h1>The night watch</h1>
  <p class="lead">The keeper writes every two seconds. Every ten, we cut the line for you to see what comes after.</p>
  <div class="log" tabindex="0" role="group" aria-label="Entries" hx-ext="sse" sse-connect="/watch?after={now}">
    <ol sse-swap="message" hx-swap="beforeend">{[Line(Sighting(number)) for number in range(now - 3, now + 1)]}</ol>
  </div>
</{Layout}>
"""
