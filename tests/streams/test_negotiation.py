"""The `Accept` header, the shape of the generator, and who gets what."""

import pytest

from hyperpy.streams import Accept, Mode, Shape, accepts, choose, varies

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "event_stream", "html"),
    [
        ("", False, False),
        ("*/*", False, False),
        ("text/*", False, False),
        ("application/json", False, False),
        ("text/event-stream", True, False),
        ("text/html", False, True),
        (CHROME, False, True),
        ("text/html, text/event-stream", True, True),
        ("text/event-stream, */*", True, False),
        ("TEXT/Event-Stream", True, False),
        (" \t text/html \t;level=1 , x/y", False, True),
        ("text/html;q=0.1,text/event-stream;q=1", True, True),
        ("text/event-stream;q=0, text/html", False, True),
        ("text/event-stream; q=0.000 , text/html", False, True),
        ("text/event-stream; Q=0. ;x=y", False, False),
        ("text/event-stream;q=0.001", True, False),
        ("text/event-stream;q=01", True, False),
        ("text/html;q=0, text/html;level=1", False, True),
        ("text/event-streams", False, False),
        ("xtext/event-stream", False, False),
        ('a/b;x="y, text/html"', False, False),
        ('a/b;x="y\\", text/html"', False, False),
        ('a/b;x="y, text/html', False, False),
        ('a/b;x="y", text/html', False, True),
        (",,text/html,", False, True),
        ("text/html;", False, True),
    ],
)
def test_accept(header, event_stream, html):
    assert accepts(header) == Accept(event_stream, html)


@pytest.mark.parametrize("piece", ['"', '\\"', ',"', '"\\', ";q=0", " ", ","])
def test_a_hostile_header_is_read_in_one_pass(piece):
    # A quadratic pattern would be at it for minutes.
    assert accepts(piece * 200_000) == Accept(event_stream=False, html=False)


PAGE = Shape(template=True, begins_document=False, first_is_html=True, yields_event=False)
DOCUMENT = Shape(template=False, begins_document=True, first_is_html=True, yields_event=False)
DOCUMENT_WITH_EVENT = Shape(template=False, begins_document=True, first_is_html=True, yields_event=True)
HTML = Shape(template=False, begins_document=False, first_is_html=True, yields_event=False)
MIXED = Shape(template=False, begins_document=False, first_is_html=True, yields_event=True)
EVENTS = Shape(template=False, begins_document=False, first_is_html=False, yields_event=True)
UNSEEN = Shape(template=False, begins_document=False, first_is_html=False, yields_event=False)


@pytest.mark.parametrize(
    ("shape", "event_source", "navigation", "htmx_4", "curl", "vary"),
    [
        (PAGE, Mode.SSE, Mode.PAGE, Mode.PAGE, Mode.PAGE, True),
        (DOCUMENT, Mode.SSE, Mode.HTML, Mode.HTML, Mode.HTML, True),
        (DOCUMENT_WITH_EVENT, Mode.SSE, Mode.HTML, Mode.HTML, Mode.HTML, True),
        (HTML, Mode.SSE, Mode.HTML, Mode.SSE, Mode.SSE, True),
        (MIXED, Mode.SSE, Mode.SSE, Mode.SSE, Mode.SSE, False),
        (EVENTS, Mode.SSE, Mode.SSE, Mode.SSE, Mode.SSE, False),
        (UNSEEN, Mode.SSE, Mode.SSE, Mode.SSE, Mode.SSE, False),
    ],
)
def test_who_gets_what(shape, event_source, navigation, htmx_4, curl, vary):
    headers = ("text/event-stream", CHROME, "text/html, text/event-stream", "*/*")
    answers = [choose(shape, accepts(header), forced=False) for header in headers]
    assert answers == [event_source, navigation, htmx_4, curl]
    assert varies(shape) is vary


@pytest.mark.parametrize("header", ["text/event-stream", CHROME, "text/html, text/event-stream", ""])
def test_the_query_asks_a_page_for_its_stream(header):
    assert choose(PAGE, accepts(header), forced=True) is Mode.SSE
    for shape in (DOCUMENT, HTML, MIXED, EVENTS):
        assert choose(shape, accepts(header), forced=True) is choose(shape, accepts(header), forced=False)
