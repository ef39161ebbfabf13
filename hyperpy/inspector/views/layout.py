"""The layout of the inspector's pages, and the components that they share."""

from collections.abc import Iterable, Mapping
from string.templatelib import Template
from typing import Final

from hyperpy.exceptions import display_path
from hyperpy.inspector.history import Fields, RequestEntry, SentEvent
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.stage_clock import RequestStage
from hyperpy.inspector.views.formatting import clock, milliseconds, size
from hyperpy.templates import TrustedURL, fragment
from hyperpy.web.assets import asset
from hyperpy.web.site_urls import url

SECTIONS: Final = {
    "/": "Routes",
    "/requests": "Requests",
    "/streams": "Streams",
    "/channels": "Channels",
    "/warnings": "Warnings",
}


def Layout(children: object, title: str, here: str, inspection: Inspection, live: bool = True) -> Template:
    """A complete page. If it is `live`, the stream of the same URL keeps its `main` up to date."""
    return t"""
        <!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title} · hyperpy inspector</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href={asset("inspector.css")}>
            {t'<script type="module" src={asset("live.js")}></script>' if live else None}
          </head>
          <body>
            <header>
              <a class="skip" href="#main">Skip to the content</a>
              <p class="brand"><b>hyperpy</b> inspector</p>
              <nav id="nav" aria-label="Inspector" {fragment}>
                <ul>{[Section(path, name, here, inspection) for path, name in SECTIONS.items()]}</ul>
              </nav>
              <p class="site"><output id="live"></output> <a href="/">To the site</a></p>
            </header>
            {children}
          </body>
        </html>
    """


def Section(path: str, name: str, here: str, inspection: Inspection) -> Template:
    counts = {"/streams": inspection.records.open_count, "/warnings": inspection.warning_count}
    count = counts.get(path, 0)
    current = "page" if path == here else None
    noun = "open" if path == "/streams" else "found"
    shown = t' <span class="count">{count}<span class="hidden"> {noun}</span></span>' if count else None
    return t"<li><a href={url(path)} aria-current={current}>{name}{shown}</a></li>"


def Table(children: object, head: Iterable[str], caption: str, numeric: Iterable[str] = ()) -> Template:
    """A table that scrolls sideways in a narrow window. `children` are its rows."""
    numbers = set(numeric)
    cells = [t'<th scope="col" class={"number" if name in numbers else None}>{name}</th>' for name in head]
    return t"""
        <div class="scroll" role="region" aria-label={caption} tabindex="0">
          <table>
            <caption>{caption}</caption>
            <thead><tr>{cells}</tr></thead>
            <tbody>{children}</tbody>
          </table>
        </div>
    """


def FileLink(file: str, inspection: Inspection, line: int = 0) -> Template:
    """A file, as a link that opens it in the editor."""
    name = display_path(file) + (f":{line}" if line else "")
    address = inspection.editor.url(file, line)
    if not address:
        return t"<code>{name}</code>"
    return t'<a class="file" href={TrustedURL(address)} title="Open in the editor"><code>{name}</code></a>'


def Status(entry: RequestEntry) -> Template:
    if not entry.status:
        shown = "failed" if entry.failure and entry.duration is not None else "…"
        return t'<span class="status">{shown}</span>'
    return t"<span class={['status', f's{entry.status // 100}']}>{entry.status}</span>"


def Stages(entry: RequestEntry) -> Template:
    """The stages of a request as a bar; those that took a noticeable part of the time, as text too."""
    seconds = entry.clock.seconds
    total = entry.duration or sum(seconds.values())
    if entry.duration is None or not total:
        return t""
    offset, bars = 0.0, []
    for stage in RequestStage:
        width = 100 * seconds.get(stage, 0.0) / total
        if width >= 0.5:
            bars.append(t'<rect class={stage.value} x={f"{offset:.1f}"} width={f"{width:.1f}"} height="8" />')
        offset += width
    named = [stage for stage in RequestStage if seconds.get(stage, 0.0) >= total / 20]
    text = ", ".join(f"{stage.value} {milliseconds(seconds[stage])}" for stage in named)
    return t"""<svg class="stages" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
        <small>{text}</small>"""


def Pairs(fields: Fields) -> Template:
    """Names and values of a query or a form."""
    rows = [t'<tr><th scope="row"><code>{name}</code></th><td><code>{value}</code></td></tr>' for name, value in fields]
    return t"<table class=pairs><tbody>{rows}</tbody></table>"


def Events(events: Iterable[tuple[SentEvent, Mapping[str, str]]], caption: str) -> Template:
    """Events, each with what stands in the columns before its own."""
    rows, columns = [], dict[str, None]()
    for event, before in events:
        columns |= dict.fromkeys(before)
        cells = [t"<td>{text}</td>" for text in before.values()]
        frame = event.frame
        rows.append(t"""<tr><td class="time">{clock(event.at)}</td>{cells}<td><code>{frame.kind}</code></td>
            <td class="number">{size(frame.size)}</td><td class="data"><code>{frame.preview}</code></td></tr>""")
    if not rows:
        return t'<p class="empty">No events yet.</p>'
    head = ["Time", *columns, "Kind", "Size", "First 200 characters"]
    return t"<{Table} head={head} caption={caption} numeric={['Size']}>{rows}</{Table}>"
