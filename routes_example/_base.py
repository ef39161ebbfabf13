"""The layout of all pages."""

from pathlib import Path
from string.templatelib import Template
from typing import Final

from hyperpy import asset

VENDOR: Final = Path(__file__).parent.parent / "static" / "vendor"
HAS_VENDOR: Final = (VENDOR / "htmx.min.js").exists() and (VENDOR / "sse.min.js").exists()

SECTIONS: Final = {
    "/": "Today",
    "/boats": "Boats",
    "/report": "Report",
    "/catch": "Catch",
    "/chat": "Radio",
    "/logbook": "Logbook",
}


def Layout(children: object, title: str, here: str = "", aside: object = None) -> Template:
    """A complete page. `here` is the section of the site; `aside` goes beside the content, or below it on a phone."""
    return t"""
        <!doctype html>
        <html lang="en">
        <head><{Head} {title} /></head>
        <body>
          <{Header} {here} />
          <main class={ {"beside": aside} }>
            <div>{children}</div>
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
        <title>{title} · Lindholm Harbour</title>
        <link rel="icon" href={asset("icon.svg")} type="image/svg+xml">
        <link rel="stylesheet" href={asset("app.css")}>
        <meta name="htmx-config" content='{{"responseHandling": [{{"code": "204", "swap": false}},
          {{"code": "[23]..|422", "swap": true}}, {{"code": "[45]..", "swap": false, "error": true}}]}}'>
        <{Scripts} />
    """


def Scripts() -> Template:
    """htmx and its extension for event streams: from this site if they have been fetched, otherwise from a CDN."""
    if HAS_VENDOR:
        return t"""
            <script src="/static/vendor/htmx.min.js" defer></script>
            <script src="/static/vendor/sse.min.js" defer></script>
        """
    return t"""
        <script src="https://cdn.jsdelivr.net/npm/htmx.org@2.0.11/dist/htmx.min.js" defer crossorigin="anonymous"
          integrity="sha384-2OatzQy1H+Zd/IIrjr1TcuDGqLXeHhbooAyJY1KdQMKnr4LZ22k31GBLdYKHmVjg"></script>
        <script src="https://cdn.jsdelivr.net/npm/htmx-ext-sse@2.2.4/dist/sse.min.js" defer crossorigin="anonymous"
          integrity="sha384-A986SAtodyH8eg8x8irJnYUk7i9inVQqYigD6qZ9evobksGNIXfeFvDwLSHcp31N"></script>
    """


def Header(here: str) -> Template:
    return t"""
        <header class="top">
          <a class="brand" href="/">Lindholm <span>Harbour</span></a>
          <nav aria-label="Sections">
            {[Section(url, name, current=url == here) for url, name in SECTIONS.items()]}
          </nav>
        </header>
    """


def Section(url: str, name: str, current: bool) -> Template:
    return t"<a href={url} aria-current={'page' if current else None}>{name}</a>"


def Footer() -> Template:
    return t"""
        <footer class="bottom">
          <p>57.68° N, 11.63° E · VHF channel 12 · A harbour that exists in memory only, served by hyperpy.</p>
        </footer>
    """
