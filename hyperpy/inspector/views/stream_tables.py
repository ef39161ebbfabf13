"""The open streams, those that have ended, and the events of one of them."""

from heapq import nlargest
from string.templatelib import Template
from typing import Final

from hyperpy.inspector.history import Records, StreamEntry
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.views.formatting import age, clock, size
from hyperpy.inspector.views.layout import Events, FileLink, Table
from hyperpy.web.site_urls import url

LATEST: Final = 30  # events of all open streams together


def OpenStreams(inspection: Inspection) -> Template:
    records = inspection.records
    rows = [_row(stream, inspection, None) for stream in records.open]
    if not rows:
        return t'<h2>Open</h2><p class="empty">No stream is open.</p>'
    more = records.open_count - len(rows)
    note = t"<p>{more} older ones are open as well.</p>" if more > 0 else None
    head = ["Path", "Route", "Kind", "Client", "Age", "Events", "Size"]
    numeric = ["Age", "Events", "Size"]
    return t"""<h2>Open</h2>
        <{Table} {head} caption="Open streams, newest first" {numeric}>{rows}</{Table}>{note}"""


def EndedStreams(inspection: Inspection) -> Template:
    rows = [_row(stream, inspection, stream.reason) for stream in inspection.records.ended]
    if not rows:
        return t'<h2>Ended</h2><p class="empty">No stream has ended yet.</p>'
    head = ["Path", "Route", "Kind", "Client", "Lasted", "Events", "Size", "Ended because"]
    return t"""<h2>Ended</h2>
        <{Table} {head} caption="Ended streams, newest first" numeric={["Lasted", "Events", "Size"]}>{rows}</{Table}>"""


def _row(stream: StreamEntry, inspection: Inspection, reason: str | None) -> Template:
    entry = stream.request
    return t"""
        <tr id={f"stream-{stream.number}"}>
          <td class="path"><a href={url("/streams/{number}", number=stream.number)}><code>{entry.path}</code></a></td>
          <td>{FileLink(entry.file, inspection) if entry.file else None}</td>
          <td>{stream.kind}</td>
          <td>{entry.client}</td>
          <td class="number">{age(stream.age)}</td>
          <td class="number">{f"{stream.count:,}"}</td>
          <td class="number">{size(stream.bytes)}</td>
          {None if reason is None else t"<td class=words>{reason}</td>"}
        </tr>
    """


def LatestEvents(records: Records) -> Template:
    """The last events of all open streams, newest first."""
    streams = records.open
    if not streams:
        return t""
    events = ((event, stream) for stream in streams for event in stream.events)
    latest = nlargest(LATEST, events, key=lambda pair: pair[0].at)
    shown = [(event, {"Stream": stream.request.path}) for event, stream in latest]
    return t"<h2>Events</h2>{Events(shown, 'The last events of the open streams, newest first')}"


def StreamDetails(stream: StreamEntry, inspection: Inspection) -> Template:
    entry = stream.request
    state = t"open for {age(stream.age)}" if stream.ended is None else t"{stream.reason}, after {age(stream.age)}"
    events = [(event, dict[str, str]()) for event in reversed(stream.events)]
    route = t"<code>{entry.route}</code> in {FileLink(entry.file, inspection)}" if entry.file else "none"
    return t"""
        <h1>Stream <code>{entry.path}</code></h1>
        <dl>
          <div><dt>State</dt><dd>{state}</dd></div>
          <div><dt>Kind</dt><dd>{stream.kind}</dd></div>
          <div><dt>Route</dt><dd>{route}</dd></div>
          <div><dt>Client</dt><dd>{entry.client}</dd></div>
          <div><dt>Opened at</dt><dd>{clock(entry.at)}</dd></div>
          <div><dt>Sent</dt><dd>{f"{stream.count:,}"} events and comments, {size(stream.bytes)}</dd></div>
          <div><dt>Request</dt>
            <dd><a href={url("/requests/{number}", number=entry.number)}>its query and stages</a></dd></div>
        </dl>
        <h2>Events</h2>
        {Events(events, f"The last {len(events)} events, newest first")}
    """
