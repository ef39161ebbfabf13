"""The layout of all pages."""

import json
from pathlib import Path
from string.templatelib import Template
from typing import Final

from hyperpy import Flash, asset, flashes

STATIC: Final = Path(__file__).parent.parent / "static"
SCRIPTS: Final = ("vendor/htmx.min.js", "vendor/sse.min.js")
HAS_SCRIPTS: Final = all((STATIC / script).exists() for script in SCRIPTS)

# htmx shows a refused form (422), and asks for a page again when somebody goes back to it: a copy in the browser's
# storage would have an empty search field, and could be read after the log-out.
HTMX: Final = {
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..|422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
    "historyCacheSize": 0,
}
HTMX_CONFIG: Final = json.dumps(HTMX)

SECTIONS: Final = {
    "/": "Today",
    "/boats": "Boats",
    "/report": "Report",
    "/catch": "Catch",
    "/chat": "Radio",
    "/logbook": "Logbook",
    "/assistant": "Assistant",
}


def Layout(children: object, title: str, here: str = "", aside: object = None) -> Template:
    """A complete page. `here` is the section of the site; `aside` goes beside the content, or below it on a phone."""
    return t"""
        <!doctype html>
        <html lang="en">
        <head><{Head} {title} /></head>
        <body>
          <{Header} {here} />
          <main id="content" class={ {"beside": aside} }>
            <div>
              {[Notice(flash) for flash in flashes()]}
              {children}
            </div>
            {aside and t"<aside>{aside}</aside>"}
          </main>
          <{Footer} />
        </body>
        </html>
    """


def Head(title: str) -> Template:
    return t"""
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="htmx-config" content={HTMX_CONFIG}>
        <title>{title} · Lindholm Harbour</title>
        <link rel="icon" href={asset("icon.svg")} type="image/svg+xml">
        <link rel="stylesheet" href={asset("app.css")}>
        <{Scripts} />
    """


def Scripts() -> Template:
    """htmx and its extension for event streams: from this site if they have been fetched, otherwise from a CDN."""
    if HAS_SCRIPTS:
        return t"{[t'<script src={asset(script)} defer></script>' for script in SCRIPTS]}"
    return t"""
        <script src="https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js" defer crossorigin="anonymous"
          integrity="sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"></script>
        <script src="https://cdn.jsdelivr.net/npm/htmx-ext-sse@2.2.4/dist/sse.min.js" defer crossorigin="anonymous"
          integrity="sha384-A986SAtodyH8eg8x8irJnYUk7i9inVQqYigD6qZ9evobksGNIXfeFvDwLSHcp31N"></script>
    """


def Header(here: str) -> Template:
    return t"""
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/">Lindholm <span>Harbour</span></a>
          <nav aria-label="Sections">
            {[Section(url, name, current=url == here) for url, name in SECTIONS.items()]}
          </nav>
          <nav class="own" aria-label="Yours"><{Section} url="/mine" name="My boat" current={here == "/mine"} /></nav>
        </header>
    """


def Section(url: str, name: str, current: bool) -> Template:
    return t"<a href={url} aria-current={'page' if current else None}>{name}</a>"


def Notice(flash: Flash) -> Template:
    """What the visitor has just done, told once."""
    return t'<p class="flash" role="status">{flash}</p>'


def Footer() -> Template:
    return t"""
        <footer class="bottom">
          <p>57.68° N, 11.63° E · VHF channel 12 · A harbour that exists in memory only, served by hyperpy.</p>
        </footer>
    """
