"""One request."""

from collections.abc import AsyncIterator

from hyperpy import Depends, HTTPException, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.request_tables import RequestDetails

number: int
inspection: Inspection = Depends(inspection_of)

entry = inspection.records.request(number)
if entry is None:
    raise HTTPException(404, "This request is no longer kept.")


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.records.changes.updates():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title={f"{entry.method} {entry.path}"} here="/requests" {inspection}>
  <main id="main" {fragment}><{RequestDetails} {entry} {inspection} /></main>
</{Layout}>
"""
