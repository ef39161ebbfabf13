"""The open streams with their last events, and the streams that have ended."""

from collections.abc import AsyncIterator

from hyperpy import Depends, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.stream_tables import EndedStreams, LatestEvents, OpenStreams

inspection: Inspection = Depends(inspection_of)


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.records.changes.updates():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title="Streams" here="/streams" {inspection}>
  <main id="main" {fragment}>
    <h1>Streams</h1>
    <{OpenStreams} {inspection} />
    <{LatestEvents} records={inspection.records} />
    <{EndedStreams} {inspection} />
  </main>
</{Layout}>
"""
