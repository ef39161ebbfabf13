"""Chooses the answer to a request: a page, an event stream, or a page that is sent in parts."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

# One element of a list header (RFC 9110, 5.6): up to the next comma that is not in a quoted string, closed or not.
_ELEMENT: Final = re.compile(r'[^,"]*+(?:"(?:\\.|[^"\\])*+"?[^,"]*+)*+', re.DOTALL)
# A weight of zero means "not acceptable" (RFC 9110, 12.4.2).
_REFUSED: Final = re.compile(r";[ \t]*q=0(?:\.0{0,3})?[ \t]*(?:;|$)", re.IGNORECASE)

_EVENT_STREAM: Final = "text/event-stream"
_HTML: Final = "text/html"


class StreamMode(Enum):
    SSE = "sse"
    HTML = "html"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Accept:
    """Which of the two media types an `Accept` header names. Ranges like `*/*` name neither."""

    event_stream: bool
    html: bool


@dataclass(frozen=True, slots=True)
class GeneratorShape:
    """What the source of a stream shows: whether the file has a template too, and what the `yield`s look like."""

    template: bool
    begins_document: bool
    first_is_html: bool
    yields_event: bool


class _StreamKind(Enum):
    PAGE = "a template beside the stream"
    DOCUMENT = "the first yield begins a document"
    HTML = "the first yield is HTML, and none is an event"
    EVENTS = "anything else"


_SSE, _HTML_STREAM, _PAGE = StreamMode.SSE, StreamMode.HTML, StreamMode.PAGE

# A browser's navigation names text/html, an EventSource text/event-stream, and htmx 4 both in every request.
_NEITHER, _HTML_ONLY, _EVENTS_ONLY, _BOTH = (
    Accept(event_stream=False, html=False),
    Accept(event_stream=False, html=True),
    Accept(event_stream=True, html=False),
    Accept(event_stream=True, html=True),
)
_ANSWERS: Final[dict[_StreamKind, dict[Accept, StreamMode]]] = {
    _StreamKind.PAGE: {_EVENTS_ONLY: _SSE, _HTML_ONLY: _PAGE, _BOTH: _PAGE, _NEITHER: _PAGE},
    _StreamKind.DOCUMENT: {_EVENTS_ONLY: _SSE, _HTML_ONLY: _HTML_STREAM, _BOTH: _HTML_STREAM, _NEITHER: _HTML_STREAM},
    _StreamKind.HTML: {_EVENTS_ONLY: _SSE, _HTML_ONLY: _HTML_STREAM, _BOTH: _SSE, _NEITHER: _SSE},
    _StreamKind.EVENTS: {_EVENTS_ONLY: _SSE, _HTML_ONLY: _SSE, _BOTH: _SSE, _NEITHER: _SSE},
}


def accepts(header: str) -> Accept:
    """Parse the value of an `Accept` header (RFC 9110, 12.5.1). Join several headers with commas first."""
    named = {_media_type(element) for element in _ELEMENT.findall(header) if not _REFUSED.search(element)}
    return Accept(event_stream=_EVENT_STREAM in named, html=_HTML in named)


def choose(shape: GeneratorShape, accept: Accept, *, forced: bool) -> StreamMode:
    """The answer to a request. `forced`: the query has `_stream`, which selects the stream at the URL of a page."""
    if forced and shape.template:
        return StreamMode.SSE
    return _ANSWERS[_kind(shape)][accept]


def varies(shape: GeneratorShape) -> bool:
    """Whether the answer depends on the `Accept` header, so that caches need `Vary: Accept`."""
    return len(set(_ANSWERS[_kind(shape)].values())) > 1


def _media_type(element: str) -> str:
    return element.partition(";")[0].strip(" \t").lower()


def _kind(shape: GeneratorShape) -> _StreamKind:
    if shape.template:
        return _StreamKind.PAGE
    if shape.begins_document:
        return _StreamKind.DOCUMENT
    if shape.first_is_html and not shape.yields_event:
        return _StreamKind.HTML
    return _StreamKind.EVENTS
