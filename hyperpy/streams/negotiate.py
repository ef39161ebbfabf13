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


def accepts(header: str) -> Accept:
    """Parse the value of an `Accept` header (RFC 9110, 12.5.1). Join several headers with commas first."""
    named = {_media_type(element) for element in _ELEMENT.findall(header) if not _REFUSED.search(element)}
    return Accept(event_stream=_EVENT_STREAM in named, html=_HTML in named)


def choose(shape: GeneratorShape, accept: Accept, *, forced: bool) -> StreamMode:
    """The answer to a request. `forced`: the query has `_stream`, which selects the stream at the URL of a page.

    A browser's navigation names text/html, an EventSource text/event-stream, and htmx 4 both in every request.
    """
    if (forced and shape.template) or (accept.event_stream and not accept.html):
        return StreamMode.SSE
    if shape.template:
        return StreamMode.PAGE
    if shape.begins_document or (_is_html(shape) and accept.html and not accept.event_stream):
        return StreamMode.HTML
    return StreamMode.SSE


def varies(shape: GeneratorShape) -> bool:
    """Whether the answer depends on the `Accept` header, so that caches need `Vary: Accept`."""
    return shape.template or shape.begins_document or _is_html(shape)


def _is_html(shape: GeneratorShape) -> bool:
    return shape.first_is_html and not shape.yields_event


def _media_type(element: str) -> str:
    return element.partition(";")[0].strip(" \t").lower()
