"""The sea forecast: the page is there at once, and each area follows when its service has answered."""

from string.templatelib import Template

from hyperpy import Suspense
from routes_example._base import Layout
from routes_example._harbour import AREAS, forecast


async def Outlook(area: str) -> Template:
    found = await forecast(area)
    return t"""
        <{Area} name={area}>
          <dl class="outlook">
            <div><dt>Wind</dt><dd>{found.wind}</dd></div>
            <div><dt>Sea</dt><dd>{found.sea}</dd></div>
            <div><dt>Sight</dt><dd>{found.sight}</dd></div>
            <div><dt>Advice</dt><dd>{found.advice}</dd></div>
          </dl>
        </{Area}>
    """


def Area(children: object, name: str) -> Template:
    return t'<section class="area"><h2>{name}</h2><div>{children}</div></section>'


def Asked(name: str) -> Template:
    """An area, and meanwhile its name."""
    waiting = t'<{Area} {name}><p class="waiting">Asking …</p></{Area}>'
    return t"<{Suspense} fallback={waiting}><{Outlook} area={name} /></{Suspense}>"


t"""
<{Layout} title="Forecast" here="/forecast" file={__file__}>
  <h1>The sea, area by area</h1>
  <p class="lead">Four services, one response. Those far out take longer, and nobody waits for them.</p>
  {[Asked(name) for name in AREAS]}
</{Layout}>
"""
