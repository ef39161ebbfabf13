"""The engine room: a dashboard of the machine that serves this page. A part is sent only if it has changed."""

import asyncio
from collections.abc import AsyncIterator
from string.templatelib import Template

from hyperpy import Markup, fragment, render, request
from routes_example import _machine as machine
from routes_example._base import Layout
from routes_example._charts import Bar, Line

readings = machine.readings()
now = readings[-1]


async def stream() -> AsyncIterator[tuple[str, Markup]]:
    global readings, now
    while True:
        await asyncio.sleep(1)
        readings = machine.readings()
        now = readings[-1]
        for part in ("processors", "memory", "network", "streams"):
            if html := render(fragments=part, if_changed=True):
                yield part, html


def Core(number: int, load: float) -> Template:
    return t"<tr><th>{number}</th><td><{Bar} value={load} most={100} /></td><td class=number>{load:.0f} %</td></tr>"


def History(values: list[float], label: str) -> Template:
    """A line of the last minute. Where nobody has looked yet, it is flat."""
    padded = [values[0]] * (machine.REMEMBERED - len(values)) + values
    return t"<{Line} values={padded} low={0} high={100} {label} filled />"


t"""
<{Layout} title="Engine room" here="/engine" file={__file__}>
  <h1>The engine room</h1>
  <p class="lead">Every harbour has machines. These gauges show the one that serves you this page, each second.</p>
  <div class="tiles engine" hx-ext="sse" sse-connect="/engine">
    <div sse-swap="processors">
      <section id="processors" class="tile" {fragment}>
        <h2>Processors</h2>
        <p class="reading"><b>{now.cpu:.0f}</b> %</p>
        <table>{[Core(number, load) for number, load in enumerate(now.cores, 1)]}</table>
        <{History} values={[reading.cpu for reading in readings]} label="Load of the last minute" />
      </section>
    </div>
    <div sse-swap="memory">
      <section id="memory" class="tile" {fragment}>
        <h2>Memory</h2>
        <p class="reading"><b>{now.memory:.0f}</b> %</p>
        <p class="note">{now.memory_used:,.0f} MiB in use, {now.own_memory:.0f} of them by this process</p>
        <{History} values={[reading.memory for reading in readings]} label="Memory in use, the last minute" />
      </section>
    </div>
    <div sse-swap="network">
      <section id="network" class="tile" {fragment}>
        <h2>Network</h2>
        <p class="reading"><b>{machine.rate(readings)[1]:.1f}</b> KiB/s out</p>
        <p class="note">{machine.rate(readings)[0]:.1f} KiB/s in</p>
      </section>
    </div>
    <div sse-swap="streams">
      <section id="streams" class="tile" {fragment}>
        <h2>Streams of hyperpy</h2>
        <p class="reading"><b>{len(request.app.streams)}</b> open</p>
        <p class="note">{request.app.streams.opened} since the start, yours among them</p>
      </section>
    </div>
  </div>
</{Layout}>
"""
