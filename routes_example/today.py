"""The harbour right now: a page for a browser and, for its EventSource, the stream that keeps two parts of it fresh."""

import asyncio
from collections.abc import AsyncIterator
from string.templatelib import Template

from hyperpy import Loaded, Markup, fragment, render
from routes_example import _harbour as harbour
from routes_example._base import Layout
from routes_example._charts import Line, WindArrow

now: harbour.Conditions = Loaded()
ferries: list[harbour.Ferry] = Loaded()


async def load() -> None:
    global now, ferries
    now, ferries = await asyncio.gather(harbour.conditions(), harbour.next_ferries())


async def stream() -> AsyncIterator[Markup]:
    while True:
        await asyncio.sleep(1)
        await load()
        yield render(fragments=["conditions", "ferries"])


def Departure(ferry: harbour.Ferry) -> Template:
    return t"""
        <tr class={ {"soon": ferry.minutes < 2} }>
          <td>{ferry.leaves:%H:%M}</td><td>{ferry.to}</td><td>{ferry.quay}</td>
          <td class="number">{f"{ferry.minutes} min" if ferry.minutes else "boarding"}</td>
        </tr>
    """


t"""
<{Layout} title="Today" here="/today" file={__file__}>
  <h1>Fair winds, and welcome in</h1>
  <p class="lead">Eighteen berths, three ferries and one bakery, where the strait opens to the sea.</p>

  <div hx-ext="sse" sse-connect="/today" sse-swap="message" sse-close="close">
    <section id="conditions" class="tiles" aria-label="Conditions" {fragment}>
      <div class="tile">
        <h2>Wind</h2>
        <p class="reading"><b>{now.wind:.1f}</b> m/s <{WindArrow} bearing={now.bearing} /></p>
        <{Line} values={now.winds} low={2} high={12} label="Wind over the last two minutes" />
      </div>
      <div class="tile">
        <h2>Tide, {"rising" if now.rising else "falling"}</h2>
        <p class="reading"><b>{now.tide:.2f}</b> m</p>
        <{Line} values={now.tides} low={0} high={3} label="Tide over the next twelve hours" filled />
      </div>
      <div class="tile">
        <h2>Water</h2>
        <p class="reading"><b>{now.water:.1f}</b> °C</p>
        <p class="note">Read at <time datetime={now.at.isoformat("T", "seconds")}>{now.at:%H:%M:%S}</time></p>
      </div>
    </section>

    <section id="ferries" {fragment}>
      <h2>Next ferries</h2>
      <table>
        <thead><tr><th>Leaves</th><th>To</th><th>Quay</th><th class="number">In</th></tr></thead>
        <tbody>{[Departure(ferry) for ferry in ferries]}</tbody>
      </table>
    </section>
  </div>

  <section class="notices" aria-label="Notices">
    <div>
      <h2>Harbour office</h2>
      <p>Open from 7 to 21, beside the red crane. Please call on channel 12 before you enter.</p>
    </div>
    <div>
      <h2>North light</h2>
      <p>It is being painted. It shines, but it is green for the week.</p>
    </div>
    <div>
      <h2>Pier C</h2>
      <p>Mooring only with the consent of the geese.</p>
    </div>
  </section>
</{Layout}>
"""
