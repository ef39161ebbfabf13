"""What a subscriber can make of a message."""

import pytest

from hyperpy import Event, Markup, Message
from hyperpy.channels.backends.records import Position, Record
from hyperpy.channels.payload import encode
from hyperpy.exceptions import EventError
from hyperpy.streams import encode_event
from hyperpy.streams.events import MOST_FRAMES


def received(data: object) -> Message:
    return Message("i.1", record=Record(Position(1, 1), encode(data)))


@pytest.mark.parametrize("make", [received, lambda data: Message("i.1", data)], ids=["received", "made"])
@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ({"a": [1, "<b>"]}, 'data: {"a":[1,"<b>"]}'),
        ("5 < 7\r\nnext", "data: 5 &lt; 7\ndata: next"),
        ("", "data: "),
        (7, "data: 7"),
        (None, "data: null"),
        (True, "data: true"),
    ],
)
def test_its_data_is_sent(make, data, sent):
    assert encode_event(make(data).event()) == f"id: i.1\n{sent}\n\n"
    assert encode_event(make(data).event(name="n")) == f"id: i.1\nevent: n\n{sent}\n\n"
    message = make(data)
    assert encode_event(message.event(message.data)) == f"id: i.1\n{sent}\n\n"


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (t"<p>{'<'}</p>", "data: <p>&lt;</p>"),
        (Markup("<b>"), "data: <b>"),
        ("<b>", "data: &lt;b&gt;"),
        ({"n": 1}, 'data: {"n":1}'),
        (None, "data: null"),
    ],
)
def test_other_content_is_sent_in_its_place(content, sent):
    assert encode_event(received({"a": 1}).event(content)) == f"id: i.1\n{sent}\n\n"


def test_what_a_subscriber_has_changed_is_sent_as_it_is_now():
    message = received({"n": 1})
    message.data["n"] = 2
    assert encode_event(message.event()) == encode_event(message.event(message.data)) == 'id: i.1\ndata: {"n":2}\n\n'


def test_a_gap_has_an_id_and_no_data():
    gap = Message("i.1", gap=True, record=Record(Position(1, 1), None))
    assert gap.data is None
    assert encode_event(gap.event()) == "id: i.1\ndata: null\n\n"
    assert encode_event(gap.event(t"<p>gap</p>")) == "id: i.1\ndata: <p>gap</p>\n\n"


def test_what_many_send_alike_is_encoded_once():
    record = Record(Position(1, 1), b'{"a":1}')
    one, two, other = (Message(id, record=record) for id in ("i.1", "i.1", "j.1"))
    assert encode_event(one.event(t"<p>{1}</p>")) is encode_event(two.event(t"<p>{1}</p>"))
    assert encode_event(one.event(name="n")) is encode_event(two.event(name="n"))
    assert encode_event(other.event(name="n")).startswith("id: j.1\n")
    for number in range(3 * MOST_FRAMES):
        assert encode_event(one.event(number)) == f"id: i.1\ndata: {number}\n\n"
    assert len(record.frames) == MOST_FRAMES


@pytest.mark.parametrize("content", [Event("x"), received(1).event(), b"x", object()])
def test_what_is_no_content_is_refused(content):
    with pytest.raises(EventError):
        encode_event(received(1).event(content))


@pytest.mark.parametrize("name", ["a\nb", "", 7, ["a"]])
def test_a_name_is_checked(name):
    with pytest.raises(EventError):
        encode_event(received(1).event(name=name))


def test_it_is_shown_with_its_parts():
    assert repr(received([1])) == "Message(id='i.1', data=[1], gap=False)"
