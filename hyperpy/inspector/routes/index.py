"""The routes of the inspected application."""

from collections.abc import AsyncIterator

from hyperpy import Depends, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.layout import Layout
from hyperpy.inspector.views.route_table import RouteTable

inspection: Inspection = Depends(inspection_of)


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.updates_of_routes():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title="Routes" here="/" {inspection}>
  <main id="main" {fragment}>
    <h1>Routes</h1>
    {t'<pre class="problem">{inspection.problem}</pre>' if inspection.problem else None}
    {[t"<{RouteTable} {site} {inspection} />" for site in inspection.sites]}
    {None if inspection.sites else t'<p class="empty">This application has no route files.</p>'}
  </main>
</{Layout}>
"""
