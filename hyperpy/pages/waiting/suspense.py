"""`Suspense`: content that the rest of the page does not wait for."""

from string.templatelib import Template

from markupsafe import Markup

from hyperpy.exceptions import TemplateError
from hyperpy.templates.deferred import Suspended, host_at_work
from hyperpy.templates.rendering.render import render_text

__all__ = ["Suspense"]


def Suspense(children: Markup, fallback: Template | str | None = None, error: Template | str | None = None) -> Markup:
    """Shows `fallback` until its content is there: `<{Suspense} fallback={t"<p>…</p>"}>{slow()}</{Suspense}>`.

    The rest of the page does not wait. The content is sent at the end of the same response and moves into its place;
    several come in the order in which they are ready. If it fails, `error` is shown, else the fallback stays, and the
    page goes on. Content that waits for nothing is shown at once.
    """
    shown_first = render_text(fallback).strip()
    shown_on_error = None if error is None else render_text(error).strip()
    host = host_at_work()
    if host is None or host.deferred is None or not host.deferred.stands_in(children):
        return children
    for name, markup in (("fallback", shown_first), ("error", shown_on_error)):
        if markup and host.deferred.stands_in(markup):
            raise TemplateError(
                f"the `{name}` of a Suspense has to be there at once, and this one has to be awaited",
                hint="Await what it shows in the loader, or show something else.",
            )
    return Markup(host.deferred.keep(Suspended(children, shown_first, shown_on_error)))
