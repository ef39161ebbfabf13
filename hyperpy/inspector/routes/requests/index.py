"""The last requests, newest first."""

from collections.abc import AsyncIterator

from hyperpy import Depends, Markup, Query, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.request_tables import RequestTable

inspection: Inspection = Depends(inspection_of)
files: bool = Query(False)


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.records.changes.updates():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title="Requests" here="/requests" {inspection}>
  <main id="main" {fragment}>
    <h1>{"Static files" if files else "Requests"}</h1>
    <p class="choice">
      <a href="?" aria-current={None if files else "true"}>Requests</a>
      <a href="?files=true" aria-current={"true" if files else None}>Static files</a>
    </p>
    <{RequestTable} entries={inspection.records.files if files else inspection.records.requests} {inspection} />
  </main>
</{Layout}>
"""
