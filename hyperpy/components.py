"""Components that come with hyperpy."""

from string.templatelib import Template

from markupsafe import Markup

from hyperpy.exceptions import TemplateError
from hyperpy.forms import FormField
from hyperpy.templates.deferred import SuspendedContent, current_placeholders
from hyperpy.templates.rendering.render import render_text

__all__ = ["FormField", "Suspense"]


def Suspense(children: Markup, fallback: Template | str | None = None, error: Template | str | None = None) -> Markup:
    """Show `fallback` until the content is there: `<{Suspense} fallback={t"<p>…</p>"}>{slow()}</{Suspense}>`.

    The rest of the page does not wait. The content is sent at the end of the same response and moved into its place;
    several are sent in the order in which they complete. If the content fails, `error` is shown, or else the fallback
    stays, and the rest of the page is unaffected. Content without async values is rendered in place.
    """
    fallback_html = render_text(fallback).strip()
    error_html = None if error is None else render_text(error).strip()
    places = current_placeholders()
    if places is None or not places.are_in(children):
        return children
    for name, html in (("fallback", fallback_html), ("error", error_html)):
        if html and places.are_in(html):
            raise TemplateError(
                f"the `{name}` of a Suspense can't contain async values",
                hint="Await them in the loader, or show something else.",
            )
    return Markup(places.add(SuspendedContent(children, fallback_html, error_html)))
