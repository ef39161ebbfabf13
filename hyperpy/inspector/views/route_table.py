"""The table of the routes of one site."""

from collections import Counter
from string.templatelib import Template

from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.sites import InspectedSite
from hyperpy.inspector.views.layout import FileLink, Table
from hyperpy.pages import InputOrigin, Route
from hyperpy.pages.body_inputs import FormMarker
from hyperpy.pages.loading.resolved_inputs import Input
from hyperpy.web.site_urls import url


def RouteTable(site: InspectedSite, inspection: Inspection) -> Template:
    routes = sorted(site.routes, key=lambda route: route.url)
    guarded = any(route.guards for route in routes)
    head = ["Methods", "URL", "File", "Kind", "Inputs", *(["Guards"] if guarded else []), "Warnings"]
    caption = f"Routes below {site.prefix}" if site.prefix else "Routes of the application"
    warned = Counter(warning.place.file for warning in site.warnings)
    rows = [_row(route, site, inspection, warned[route.file], guarded) for route in routes]
    broken = [
        t"""<tr class="broken"><td></td><td><code>{site.prefix}{entry.url}</code></td>
            <td>{FileLink(entry.file, inspection, entry.error.place.line if entry.error.place else 0)}</td>
            <td class="words" colspan={len(head) - 3}>
              <a href={url("/warnings")}>can't be loaded</a>: {entry.error.what}</td></tr>"""
        for entry in site.broken
        if entry.url
    ]
    if not rows and not broken:
        return t'<p class="empty">There are no routes yet. Create <code>routes/index.py</code>.</p>'
    return t"<{Table} {head} {caption}>{broken}{rows}</{Table}>"


def _row(route: Route, site: InspectedSite, inspection: Inspection, count: int, guarded: bool) -> Template:
    methods = sorted(route.methods, key=lambda method: (method != "GET", method))
    inputs = [t"<li><code>{text}</code></li>" for text in inputs_of(route)]
    guards = [t"<li>{FileLink(guard.file, inspection)}</li>" for guard in route.guards]
    warned = t'<a class="count" href={url("/warnings")}>{count}</a>' if count else None
    return t"""
        <tr>
          <td>{", ".join(methods)}</td>
          <td>{_address(route, site)}</td>
          <td>{FileLink(route.file, inspection)}</td>
          <td>{route.kind}{", static_paths" if route.static_paths else None}</td>
          <td class="inputs">{t"<ul>{inputs}</ul>" if inputs else None}</td>
          {t"<td>{t'<ul>{guards}</ul>' if guards else None}</td>" if guarded else None}
          <td>{warned}</td>
        </tr>
    """


def _address(route: Route, site: InspectedSite) -> Template:
    """The URL, as a link if it has no parameters and can be visited."""
    text = site.prefix + route.url
    if "{" in text or "GET" not in route.methods:
        return t"<code>{text}</code>"
    return t"<a href={text}><code>{text}</code></a>"


def inputs_of(route: Route) -> list[str]:
    """What the route reads from requests, such as `page: int (query, required)`."""
    own = (given for dependency in route.dependencies for given in dependency.inputs)
    return list(dict.fromkeys(filter(None, map(_described, (*route.inputs, *own)))))


def _described(given: Input) -> str:
    """An input in a few words; empty for the request and the like, which every route can have."""
    if given.origin in (InputOrigin.DEPENDENCY, InputOrigin.SESSION):
        return f"{given.name}: {given.kind} ({given.source})"
    if given.marker is None and given.origin is not InputOrigin.PATH:
        return ""
    is_shown_again = isinstance(given.marker, FormMarker) and given.marker.model is not None
    is_required = given.required and given.origin is not InputOrigin.PATH and not is_shown_again
    required = ", required" if is_required else ""
    return f"{given.key}: {given.kind} ({given.source}{required})"
