"""The layout of all pages."""

import json
from collections.abc import Iterable
from pathlib import Path
from string.templatelib import Template
from typing import Final

from hyperpy import Flash, asset, flashes
from routes_example._flags import Flag
from routes_example._made import Made
from routes_example._sections import BY_URL, GROUPS, Section

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


def Layout(children: object, title: str, file: str, here: str = "", beside: Iterable[str] = ()) -> Template:
    """A complete page. `here` is its section of the site; `file`, and those `beside` it, are shown in the drawer."""
    return t"""
        <!doctype html>
        <html lang="en">
        <head><{Head} {title} /></head>
        <body>
          <{Header} {here} />
          <main id="content">
            {[Notice(flash) for flash in flashes()]}
            {here and Idea(BY_URL[here])}
            {children}
          </main>
          <{Footer} />
          <{Made} {file} {beside} />
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
        <script src={asset("site.js")} defer></script>
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


def Header(here: str = "") -> Template:
    """The menu: beside the page on a wide screen, behind a button on a phone. It takes no script."""
    return t"""
        <a class="skip" href="#content">Skip to the content</a>
        <header class="side">
          <a class="brand" href="/"><{Flag} letter="H" /> Lindholm Harbour</a>
          <button class="menu quiet" popovertarget="menu">Menu</button>
          <nav id="menu" aria-label="Sections" popover>
            {[Group(name, sections, here) for name, sections in GROUPS.items()]}
          </nav>
        </header>
    """


def Group(name: str, sections: Iterable[Section], here: str) -> Template:
    return t"""
        <p class="group" id={f"group-{name.split()[-1]}"}>{name}</p>
        <ul aria-labelledby={f"group-{name.split()[-1]}"}>{[MenuItem(section, here) for section in sections]}</ul>
    """


def MenuItem(section: Section, here: str) -> Template:
    current = "page" if section.url == here else None
    return t"<li><a href={section.url} aria-current={current}><{Flag} letter={section.flag} /> {section.name}</a></li>"


def Idea(section: Section) -> Template:
    """What a page shows of hyperpy, above its heading."""
    return t'<p class="idea">{section.idea} <code>{section.code}</code></p>'


def Notice(flash: Flash) -> Template:
    """What the visitor has just done, told once."""
    return t'<p class="flash" role="status">{flash}</p>'


def Footer() -> Template:
    return t"""
        <footer class="foot">
          <p>57.68° N, 11.63° E · VHF channel 12 · A harbour that exists on this machine only, served by hyperpy.</p>
        </footer>
    """
