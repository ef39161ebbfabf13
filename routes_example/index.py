"""The front page: what hyperpy is, and the proof, which is the stream of `/wind`."""

from pathlib import Path
from string.templatelib import Template

from routes_example._base import Layout
from routes_example._flags import Flag
from routes_example._harbour import wind
from routes_example._made import Source
from routes_example._sections import GROUPS, Section

PROOF = Path(__file__).with_name("wind.py")


def Departure(section: Section) -> Template:
    return t"""
        <li><a href={section.url}>
          <{Flag} letter={section.flag} /> <b>{section.name}</b> <span>{section.idea}</span> <code>{section.code}</code>
        </a></li>
    """


t"""
<{Layout} title="A harbour made with hyperpy" file={__file__}>
  <div class="front">
    <div>
      <p class="idea">hyperpy, a small framework for Python</p>
      <h1>Write a page. Yield, and it is alive.</h1>
      <p class="lead">A file is a URL, the t-string in it is the page, and an async generator keeps the page fresh over
        server-sent events. There is no build step, and no script of yours to write.</p>
      <p>Lindholm Harbour is made of nothing else: a radio, a night watch, an assistant, a dashboard. Open the drawer at
        the foot of any page to read its file and to watch its events.</p>
      <p class="actions">
        <a class="button" href="/today">Enter the harbour</a> <a href="#made">How this page is made</a>
      </p>
    </div>
    <section class="proof" aria-label="The proof">
      <p class="live-label">Live from <code>wind.py</code></p>
      <div hx-ext="sse" sse-connect="/wind" sse-swap="message">
        <p id="wind" class="reading"><b>{wind():.2f}</b> m/s</p>
      </div>
      <{Source} file={PROOF} />
    </section>
  </div>

  <section aria-labelledby="pages">
    <h2 id="pages">Every page shows one idea</h2>
    <ul class="departures">
      {[[Departure(section) for section in sections] for sections in GROUPS.values()]}
    </ul>
  </section>
</{Layout}>
"""
