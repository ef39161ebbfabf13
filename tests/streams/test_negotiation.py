"""The `Accept` header and the shape of a generator determine the answer."""

import pytest

from hyperpy.streams import Accept, GeneratorShape, StreamMode, accepts, choose, varies

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
def test_a_hostile_header_is_parsed_in_one_pass(piece):
    # A quadratic pattern would take minutes.
    assert accepts(piece * 200_000) == Accept(event_stream=False, html=False)


PAGE = GeneratorShape(template=True, begins_document=False, first_is_html=True, yields_event=False)
DOCUMENT = GeneratorShape(template=False, begins_document=True, first_is_html=True, yields_event=False)
DOCUMENT_WITH_EVENT = GeneratorShape(template=False, begins_document=True, first_is_html=True, yields_event=True)
HTML = GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=False)
MIXED = GeneratorShape(template=False, begins_document=False, first_is_html=True, yields_event=True)
EVENTS = GeneratorShape(template=False, begins_document=False, first_is_html=False, yields_event=True)
UNSEEN = GeneratorShape(template=False, begins_document=False, first_is_html=False, yields_event=False)


@pytest.mark.parametrize(
    ("shape", "event_source", "navigation", "htmx_4", "curl", "vary"),
    [
        (PAGE, StreamMode.SSE, StreamMode.PAGE, StreamMode.PAGE, StreamMode.PAGE, True),
        (DOCUMENT, StreamMode.SSE, StreamMode.HTML, StreamMode.HTML, StreamMode.HTML, True),
        (DOCUMENT_WITH_EVENT, StreamMode.SSE, StreamMode.HTML, StreamMode.HTML, StreamMode.HTML, True),
        (HTML, StreamMode.SSE, StreamMode.HTML, StreamMode.SSE, StreamMode.SSE, True),
        (MIXED, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, False),
        (EVENTS, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, False),
        (UNSEEN, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, StreamMode.SSE, False),
    ],
)
def test_the_mode_of_each_answer(shape, event_source, navigation, htmx_4, curl, vary):
    headers = ("text/event-stream", CHROME, "text/html, text/event-stream", "*/*")
    answers = [choose(shape, accepts(header), forced=False) for header in headers]
    assert answers == [event_source, navigation, htmx_4, curl]
    assert varies(shape) is vary


@pytest.mark.parametrize("header", ["text/event-stream", CHROME, "text/html, text/event-stream", ""])
def test_the_query_selects_the_stream_of_a_page(header):
    assert choose(PAGE, accepts(header), forced=True) is StreamMode.SSE
    for shape in (DOCUMENT, HTML, MIXED, EVENTS):
        assert choose(shape, accepts(header), forced=True) is choose(shape, accepts(header), forced=False)
