"""Which requests are Datastar's, and a redirect for them."""

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

from hyperpy.pages.htmx_headers import RawHeader, absolute_path
from hyperpy.templates import render_template

DATASTAR_REQUEST: Final = "Datastar-Request"

_ACCEPT: Final = "text/event-stream, text/html, application/json"


def is_datastar(headers: Headers, accept: str | None = None) -> bool:
    """Whether Datastar has sent a request. `accept` is its `Accept`, if it has been joined from several headers."""
    return headers.get(DATASTAR_REQUEST) == "true" or (headers.get("accept") if accept is None else accept) == _ACCEPT


def leaving_html(url: str) -> str:
    """An element that makes Datastar load another page, and goes away.

    A URL that differs from that of the page only in its fragment would not load anything, so the page is reloaded.
    """
    return render_template(
        t'<i hidden data-init="const there = new URL({url}, document.baseURI), here = location.href; '
        t"location.assign(there); if (there.hash) if (there.href.split('#')[0] === here.split('#')[0]) "
        t'location.reload(); el.remove()"></i>'
    )


def redirect_events(headers: Iterable[RawHeader], scope: Scope) -> tuple[list[RawHeader], bytes] | None:
    """The headers and the body of a redirect for Datastar, as an event; None for other clients.

    Its `fetch` follows a redirect by itself, and it would put the other page into this one without changing the URL.
    """
    if not is_datastar(Headers(scope=scope)):
        return None
    sent = list(headers)
    url = absolute_path(scope, next(value.decode("latin-1") for name, value in sent if name == b"location"))
    lines = ("event: datastar-patch-elements", "data: selector body", "data: mode append")
    body = "\n".join((*lines, f"data: elements {leaving_html(url)}", "", "")).encode()
    kept = [header for header in sent if header[0] not in (b"location", b"content-length", b"content-type")]
    added = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    return [*kept, *added], body
