"""The list of requests, and one of them in detail."""

from collections.abc import Iterable, Iterator
from string.templatelib import Template

from hyperpy.inspector.history import RequestEntry
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.stage_clock import RequestStage
from hyperpy.inspector.views.formatting import clock, milliseconds, size
from hyperpy.inspector.views.layout import FileLink, Pairs, Stages, Status, Table
from hyperpy.web.site_urls import url


def RequestTable(entries: Iterable[RequestEntry], inspection: Inspection) -> Template:
    rows = [_row(entry, inspection) for entry in entries]
    if not rows:
        return t'<p class="empty">There have been none since the process started.</p>'
    head = ["Time", "Method", "Path", "Status", "Route", "Duration", "Stages"]
    return t'<{Table} {head} caption="The last requests, newest first" numeric={["Duration"]}>{rows}</{Table}>'


def _row(entry: RequestEntry, inspection: Inspection) -> Template:
    return t"""
        <tr id={f"request-{entry.number}"}>
          <td class="time">{f"{entry.at:%H:%M:%S}"}</td>
          <td>{entry.method}</td>
          <td class="path">{_link(entry)} {_notes(entry)}</td>
          <td><{Status} {entry} /></td>
          <td>{FileLink(entry.file, inspection) if entry.file else None}</td>
          <td class="number">{_duration(entry)}</td>
          <td class="stages"><{Stages} {entry} /></td>
        </tr>
    """


def _link(entry: RequestEntry) -> Template:
    return t"<a href={url('/requests/{number}', number=entry.number)}><code>{entry.path}</code></a>"


def _notes(entry: RequestEntry) -> Template | None:
    """The submitted names, below the path."""
    parts = [f"?{name}" for name, _ in entry.query] + [name for name, _ in entry.form]
    text = ", ".join(parts[:6]) + (" …" if len(parts) > 6 else "")
    return t"<small>{text}</small>" if parts else None


def _duration(entry: RequestEntry) -> str:
    if entry.duration is None:
        return "streaming" if entry.stream is not None else "running"
    return milliseconds(entry.duration)


def RequestDetails(entry: RequestEntry, inspection: Inspection) -> Template:
    facts = [
        t"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in _facts(entry, inspection) if value is not None
    ]
    stages = None
    if entry.duration is not None:
        rows = [_stage(stage.value, entry.clock.seconds.get(stage), entry.duration) for stage in RequestStage]
        rows.append(_stage("the rest", entry.rest, entry.duration))
        head, numeric = ["Stage", "Time", "Part"], ["Time", "Part"]
        stages = t'<h2>Stages</h2><{Table} {head} caption="Time per stage" {numeric}>{rows}</{Table}>'
    return t"""
        <h1><code>{entry.method} {entry.path}</code></h1>
        <dl>{facts}</dl>
        {stages}
        <h2>Query</h2>
        {Pairs(entry.query) if entry.query else t'<p class="empty">No query.</p>'}
        <h2>Form and JSON fields</h2>
        {_submitted(entry)}
    """


def _facts(entry: RequestEntry, inspection: Inspection) -> Iterator[tuple[str, object]]:
    stream = entry.stream
    yield "Status", Status(entry)
    yield "Route", t"<code>{entry.route}</code> in {FileLink(entry.file, inspection)}" if entry.file else "none"
    yield "Failure", entry.failure or None
    yield "Duration", _duration(entry)
    yield "Received at", clock(entry.at)
    yield "Sent", size(entry.size)
    yield "Client", entry.client or None
    yield "Stream", t"<a href={url('/streams/{number}', number=stream.number)}>its events</a>" if stream else None
    cookies = ", ".join(entry.cookies)
    yield "Cookies", t"<code>{cookies}</code> (values and the session are hidden)" if cookies else "none"


def _stage(name: str, seconds: float | None, duration: float) -> Template:
    if seconds is None:
        return t'<tr class="none"><th scope="row">{name}</th><td class="number">-</td><td></td></tr>'
    part = seconds / duration if duration else 0.0
    return t"""
        <tr>
          <th scope="row"><span class={["key", name.removeprefix("the ")]}></span>{name}</th>
          <td class="number">{milliseconds(seconds)}</td><td class="number">{f"{part:.0%}"}</td>
        </tr>
    """


def _submitted(entry: RequestEntry) -> Template:
    if entry.form:
        return Pairs(entry.form)
    if entry.body_note:
        return t"<p>Not shown: {entry.body_note}.</p>"
    if entry.duration is None and entry.method not in ("GET", "HEAD"):
        return t'<p class="empty">They are shown when the request has ended.</p>'
    return t'<p class="empty">No fields.</p>'
