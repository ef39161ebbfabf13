"""Chooses the answer to a request: a page, an event stream, or a page that is sent in parts; and its headers."""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl

from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

# One element of a list header (RFC 9110, 5.6): up to the next comma that is not in a quoted string, closed or not.
_ELEMENT: Final = lazy_pattern(r'[^,"]*+(?:"(?:\\.|[^"\\])*+"?[^,"]*+)*+', re.DOTALL)
# A weight of zero means "not acceptable" (RFC 9110, 12.4.2).
_REFUSED: Final = lazy_pattern(r";[ \t]*q=0(?:\.0{0,3})?[ \t]*(?:;|$)", re.IGNORECASE)

_EVENT_STREAM: Final = "text/event-stream"
_HTML: Final = "text/html"

type RawHeaders = list[tuple[bytes, bytes]]

_UNBUFFERED: Final = (b"x-accel-buffering", b"no")  # by default nginx buffers responses
_CACHE: Final = b"cache-control"
_EVENTS: Final = (b"content-type", b"text/event-stream; charset=utf-8")
# A cache must not replay an old stream, and a proxy must not hold events back to compress them.
_SSE_HEADERS: Final[RawHeaders] = [_EVENTS, (_CACHE, b"no-cache, no-transform"), _UNBUFFERED]
_HTML_DEFAULTS: Final = [(b"content-type", b"text/html; charset=utf-8"), (_CACHE, b"no-cache")]
# These describe the body on one connection, which is up to the server.
_NEVER: Final = frozenset((b"content-length", b"transfer-encoding", b"connection", b"keep-alive"))


class StreamMode(Enum):
    SSE = "sse"
    HTML = "html"
    PAGE = "page"


@record(frozen=True, slots=True)
class Accept:
    """Which of the two media types an `Accept` header names. Ranges like `*/*` name neither."""

    event_stream: bool
    html: bool


@record(frozen=True, slots=True)
class GeneratorShape:
    """Properties of a stream that its source code shows: whether its file has a template too, and what it yields."""

    template: bool
    begins_document: bool
    first_is_html: bool
    yields_event: bool


def accepts(header: str) -> Accept:
    """Parse the value of an `Accept` header (RFC 9110, 12.5.1). Join several headers with commas first."""
    accepted = [element for element in _ELEMENT.findall(header) if not _REFUSED.search(element)]
    named = {element.partition(";")[0].strip(" \t").lower() for element in accepted}
    return Accept(event_stream=_EVENT_STREAM in named, html=_HTML in named)


def names_stream(query: bytes) -> bool:
    """Whether a query asks for the stream at the URL of a page."""
    return b"_stream" in query and any(name == b"_stream" for name, _ in parse_qsl(query, keep_blank_values=True))


def choose(shape: GeneratorShape, accept: Accept, *, forced: bool) -> StreamMode:
    """The answer to a request. `forced` selects the stream at the URL of a page, whatever the request accepts.

    A browser's navigation names text/html, an EventSource text/event-stream, and htmx 4 both in every request.
    """
    if (forced and shape.template) or (accept.event_stream and not accept.html):
        return StreamMode.SSE
    if shape.template:
        return StreamMode.PAGE
    if shape.begins_document or (_is_plain_html(shape) and accept.html and not accept.event_stream):
        return StreamMode.HTML
    return StreamMode.SSE


def varies(shape: GeneratorShape) -> bool:
    """Whether the answer depends on the `Accept` header, so that caches need `Vary: Accept`."""
    return shape.template or shape.begins_document or _is_plain_html(shape)


def _is_plain_html(shape: GeneratorShape) -> bool:
    return shape.first_is_html and not shape.yields_event


def stream_headers(mode: StreamMode, headers: Iterable[tuple[bytes, bytes]] = (), ping: float = 0) -> RawHeaders:
    """The headers of an event stream or a streamed page, plus those of `headers` that do not conflict with them.

    `ping` is the seconds of silence after which an event stream sends a comment. A client that knows it can tell that
    a connection is dead.
    """
    is_sse = mode is StreamMode.SSE
    lowered = [(name.lower(), value) for name, value in headers]
    caching = [value for name, value in lowered if name == _CACHE]
    if is_sse:
        fixed = [_EVENTS, (_CACHE, _for_events(caching)), _UNBUFFERED] if caching else _SSE_HEADERS
    else:
        # `private` is what reading the session adds.
        fixed = [_UNBUFFERED, (_CACHE, b"private, no-cache")] if caching == [b"private"] else [_UNBUFFERED]
    if is_sse and ping:
        fixed = [*fixed, (b"ping-interval", b"%g" % ping)]
    taken = {name for name, _ in fixed} | _NEVER
    added = [header for header in lowered if header[0] not in taken]
    names = taken | {name for name, _ in added}
    defaults = [] if is_sse else [default for default in _HTML_DEFAULTS if default[0] not in names]
    return [*fixed, *defaults, *added]


def _for_events(caching: list[bytes]) -> bytes:
    """The `Cache-Control` of an event stream whose route sets one: directives that allow more than ours are dropped."""
    given = {directive.strip().lower() for directive in b",".join(caching).split(b",")}
    kept = [directive for directive in (b"private", b"no-store") if directive in given]
    return b", ".join([*kept, *([] if b"no-store" in kept else [b"no-cache"]), b"no-transform"])
