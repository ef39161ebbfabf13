"""Load errors and warnings, as the terminal has them."""

from string.templatelib import Template

from hyperpy.exceptions import HyperError, advice
from hyperpy.inspector.inspection import Inspection
from hyperpy.inspector.views.layout import FileLink
from hyperpy.pages import LoadWarning


def WarningList(inspection: Inspection) -> Template:
    errors = [_item(error, "error", inspection) for site in inspection.sites for error in site.errors]
    warnings = [_item(warning, "warning", inspection) for site in inspection.sites for warning in site.warnings]
    if inspection.problem:
        return t'<pre class="problem">{inspection.problem}</pre>'
    if not errors and not warnings:
        return t'<p class="empty">None. <code>hyper check</code> looks for more: links, fragments, components.</p>'
    return t"""
        {t"<h2>Files that can't be loaded</h2><ul class=findings>{errors}</ul>" if errors else None}
        {t'<h2>Likely mistakes</h2><ul class="findings">{warnings}</ul>' if warnings else None}
    """


def _item(found: HyperError | LoadWarning, kind: str, inspection: Inspection) -> Template:
    place = found.place
    excerpt = place.excerpt() if place else ""
    return t"""
        <li class={kind}>
          <p><b>{found.what}</b></p>
          {t"<p>{FileLink(place.file, inspection, place.line)}</p>" if place else None}
          {t"<pre>{excerpt}</pre>" if excerpt else None}
          {t'<p class="hint">{advice(found.hint, place)}</p>' if found.hint else None}
        </li>
    """
