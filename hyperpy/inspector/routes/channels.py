"""The channels, their subscribers and last messages."""

from collections.abc import AsyncIterator

from hyperpy import Depends, Markup, fragment, render
from hyperpy.inspector.inspection import Inspection, inspection_of
from hyperpy.inspector.views.channel_list import ChannelList
from hyperpy.inspector.views.layout import Layout

inspection: Inspection = Depends(inspection_of)


async def stream() -> AsyncIterator[Markup | None]:
    async for _ in inspection.records.changes.updates():
        yield render(fragments=["nav", "main"], if_changed=True)


t"""
<{Layout} title="Channels" here="/channels" {inspection}>
  <main id="main" {fragment}>
    <h1>Channels</h1>
    <{ChannelList} {inspection} />
  </main>
</{Layout}>
"""
