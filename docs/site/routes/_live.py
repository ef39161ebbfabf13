"""Examples beside the text: a route below `/live/` in a frame, or events that are replayed without a server."""

import os
from pathlib import Path
from typing import Final

from hyperpy import asset, url

from routes._highlight import highlighted

FOLDER: Final = Path(__file__).parent / "live"
HAS_SERVER: Final = os.environ.get("DOCS_STATIC") != "1"  # `make docs` sets it

NOTE: Final = "" if HAS_SERVER else " This page replays a recording, since it has no server."

ROUTES: Final = {name: f"/live/{name}" for name in ("clock", "guests", "search")}
CAPTIONS: Final = {
    "clock": "A stream: the server renders the fragment again each second.",
    "guests": "A form and a channel: open this page twice, and sign here.",
    "search": "A fragment: each key asks for the list alone.",
}
BESIDE: Final = {
    "streaming": "clock",
    "async": "clock",
    "channels": "guests",
    "forms": "guests",
    "fragments": "search",
    "htmx": "search",
}


def Live(name: str):
    """The example that belongs to a document."""
    example = BESIDE.get(name)
    return (
        example
        and t"""
        <section class="example" aria-labelledby="live-example">
          <h2 id="live-example">An example that runs</h2>
          <{Demo} name={example} />
        </section>
    """
    )


def Demo(name: str, file: bool = True):
    code = (FOLDER / f"{name}.py").read_text()
    shown = t"""<div class="code" data-language="python"><pre tabindex="0"><code>{
        highlighted(code, "python")
    }</code></pre></div>"""
    return t"""
        <figure class="demo">
          <div class="window"><p class="address">{ROUTES[name]}</p><{Screen} {name} /></div>
          <figcaption>{CAPTIONS[name]}{NOTE}</figcaption>
        </figure>
        {file and shown}
    """


def Screen(name: str):
    if HAS_SERVER:
        return t'<iframe src={url(ROUTES[name])} title={CAPTIONS[name]} loading="lazy"></iframe>'
    events = asset(f"{name}.json")
    return t'<div class="recording" data-recording={events}>A script replays events here.</div>'
