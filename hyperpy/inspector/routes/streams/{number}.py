"""One stream and its events."""

from collections.abc import AsyncIterator

from hyperpy import Depends, HTTPException, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.stream_tables import StreamDetails

number: int
inspection: Inspection = Depends(inspection_of)

shown = inspection.records.stream(number)
if shown is None:
    raise HTTPException(404, "This stream is no longer kept.")


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.records.changes.updates():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title={f"Stream {shown.request.path}"} here="/streams" {inspection}>
  <main id="main" {fragment}><{StreamDetails} stream={shown} {inspection} /></main>
</{Layout}>
"""
