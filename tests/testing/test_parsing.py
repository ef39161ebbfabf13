"""Bytes become events as the WHATWG specifies, regardless of the pieces that they arrive in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperpy.testing import ReceivedEvent
from hyperpy.testing.received_event import EventParser
from tests.streams.parsing import EventSourceParser


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("data: a\n\n", [ReceivedEvent("a")]),
        ("data:a\n\n", [ReceivedEvent("a")]),
        ("data:  a\n\n", [ReceivedEvent(" a")]),
        ("data: a\ndata: b\n\n", [ReceivedEvent("a\nb")]),
        ("data: a\r\ndata: b\r\rdata: c\n\n", [ReceivedEvent("a\nb"), ReceivedEvent("c")]),
        ("data\n\n", [ReceivedEvent("")]),
        ("data\ndata\n\n", [ReceivedEvent("\n")]),
        ("data: a\n", []),
        ("\ufeffdata: a\n\n", [ReceivedEvent("a")]),
        ("event: x\n\ndata: a\n\n", [ReceivedEvent("a")]),
        ("event: x\ndata: a\n\ndata: b\n\n", [ReceivedEvent("a", "x"), ReceivedEvent("b")]),
        ("id: 1\ndata: a\n\ndata: b\n\n", [ReceivedEvent("a", id="1"), ReceivedEvent("b")]),
        ("id\ndata: a\n\n", [ReceivedEvent("a", id="")]),
        ("id: 1\0\ndata: a\n\n", [ReceivedEvent("a")]),
        ("retry: 10\ndata: a\n\n", [ReceivedEvent("a", retry=10)]),
        ("retry: 1s\ndata: a\n\n", [ReceivedEvent("a")]),
        ("retry: \u0661\ndata: a\n\n", [ReceivedEvent("a")]),
        ("other: 1\n:data: no\ndata: a\u2028\x85\n\n", [ReceivedEvent("a\u2028\x85")]),
    ],
)
def test_events_of_a_stream(text, events):
    assert EventParser().feed(text.encode()) == events


def test_comments_retry_and_last_id():
    parser = EventParser("0")
    assert parser.last_event_id == "0"
    parser.feed(b": one\n:two\nretry: 7\nid: 3\n")
    assert (parser.comments, parser.retry, parser.last_event_id) == (["one", "two"], 7, "0")
    parser.feed(b"\n")
    assert parser.last_event_id == "3"
    assert [event.last_event_id for event in parser.feed(b"data: a\n\ndata: b\nid: 4\n\n")] == ["3", "4"]


pieces = st.lists(
    st.sampled_from(
        ["\n", "\r", "\r\n", "\n\n", ":", " ", "data: x", "event: y", "id: 1", "retry: 5", "\ufeff", "é", "\0"]
    )
)


def test_a_long_line_in_small_pieces():
    parser, stream = EventParser(), b"data: " + b"x" * 400_000 + b"\n\n"
    events = [event for at in range(0, len(stream), 16) for event in parser.feed(stream[at : at + 16])]
    assert events == [ReceivedEvent("x" * 400_000)]


@settings(deadline=None, database=None)
@given(pieces.map(lambda parts: "".join(parts).encode()), st.lists(st.integers(0, 40)))
def test_both_parsers_agree_on_any_pieces(stream, cuts):
    ours, other = EventParser(), EventSourceParser()
    other.feed(stream)
    places = [0, *sorted(cuts), len(stream)]
    events = [event for start, end in pairwise(places) for event in ours.feed(stream[start:end])]
    assert [(event.event, event.data, event.last_event_id) for event in events] == [
        (event.type, event.data, event.last_event_id) for event in other.events
    ]
    assert (ours.last_event_id, ours.retry) == (other.last_event_id, other.reconnection_time)
