"""Clients decode the encoded events, however the bytes are split."""

import json

from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from hyperpy.streams import CLOSE, JSON, PING, Event, encode_event, stream_error
from tests.streams.parsing import Dispatched, EventSourceParser, parse

unhurried = settings(deadline=None, database=None)

any_text = st.text(st.characters(exclude_categories=["Cs"]))
eventful_text = st.lists(
    st.sampled_from(["\n", "\r", "\r\n", ":", " ", "data: x", "event: y", "\u2028", "\x85", "\ufeff", "\0", "é"])
).map("".join)
one_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1)
controls = "".join(map(chr, [*range(32), 127]))
ids = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=controls.replace("\t", "")), min_size=1
).filter(lambda id: id == id.strip(" \t") != "close")
texts = st.one_of(any_text, eventful_text)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), texts
    ),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(any_text, inner)),
    max_leaves=5,
)


def unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@unhurried
@given(texts, st.none() | one_line, st.none() | ids, st.none() | st.integers(0, 10**9), st.none() | texts)
def test_every_field_arrives(text, event, id, retry, comment):
    encoded = encode_event(Event(Markup(text), event=event, id=id, retry=retry, comment=comment)).encode()
    parser = parse(encoded)
    assert parser.events == [Dispatched(event or "message", unified(text), id or "")]
    assert parser.reconnection_time == retry


@unhurried
@given(values, st.none() | one_line)
def test_json_is_one_line_that_decodes_to_the_value(value, event):
    encoded = encode_event(Event(JSON(value), event=event))
    assert encoded.count("data: ") - encoded.split("data: ", 1)[1].count("data: ") == 1
    [dispatched] = parse(encoded.encode()).events
    assert json.loads(dispatched.data) == value


@unhurried
@given(st.lists(st.tuples(texts, st.none() | one_line, st.none() | ids), max_size=5), st.integers(1, 7))
def test_pieces_of_any_size_give_the_same_events(items, size):
    blocks = [encode_event(Event(Markup(text), event=event, id=id)) for text, event, id in items]
    stream = (PING.join(blocks) + CLOSE).encode()
    whole, pieces, single = parse(stream), EventSourceParser(), EventSourceParser()
    for start in range(0, len(stream), size):
        pieces.feed(stream[start : start + size])
    for byte in stream:
        single.feed(bytes([byte]))
    assert whole.events == pieces.events == single.events
    assert len(whole.events) == len(items) + 1
    assert whole.events[-1] == Dispatched("close", "", "close")


@unhurried
@given(texts, st.none() | one_line, st.none() | ids)
def test_httpx_sse_reads_the_same(text, event, id):
    encoded = encode_event(Event(Markup(text), event=event, id=id))
    lines, decoder = SSELineDecoder(), SSEDecoder()
    found = [sse for line in lines.decode(encoded) if (sse := decoder.decode(line))]
    assert [(sse.event, sse.data, sse.id) for sse in found] == [(event or "message", unified(text), id or "")]


def test_blocks_without_data_dispatch_nothing():
    parser = parse((encode_event({"id": "7"}) + encode_event({"retry": 9}) + encode_event({"comment": "x"})).encode())
    assert parser.events == []
    assert (parser.last_event_id, parser.reconnection_time) == ("7", 9)


def test_a_failure_keeps_the_last_event_id():
    parser = parse((encode_event(Event("x", id="7")) + stream_error(ValueError("m"), "l")).encode())
    assert (parser.events[-1].type, parser.events[-1].last_event_id) == ("stream-error", "7")
