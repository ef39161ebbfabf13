"""Files that can't be loaded, and likely mistakes."""

from collections.abc import AsyncIterator

from hyperpy import Depends, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.warning_list import WarningList

inspection: Inspection = Depends(inspection_of)


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.updates_of_routes():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title="Warnings" here="/warnings" {inspection}>
  <main id="main" {fragment}>
    <h1>Warnings</h1>
    <{WarningList} {inspection} />
  </main>
</{Layout}>
"""
