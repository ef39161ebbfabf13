"""Messages and the events made from them."""

import pytest

from hyperpy import Event, Markup, Message
from hyperpy.channels.backends.records import Position, Record
from hyperpy.channels.payload import encode
from hyperpy.exceptions import EventError
from hyperpy.streams import encode_event
from hyperpy.streams.events import MAX_FRAMES, SharedEvent


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
def test_an_event_has_the_data(make, data, sent):
    assert encode_event(make(data).event()) == f"id: i.1\n{sent}\n\n"
    assert encode_event(make(data).event(name="n")) == f"id: i.1\nevent: n\n{sent}\n\n"
    message = make(data)
    assert encode_event(message.event(message.data)) == f"id: i.1\n{sent}\n\n"
    assert (message.event().retry, message.event().comment) == (None, None)


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
def test_an_event_with_other_content(content, sent):
    assert encode_event(received({"a": 1}).event(content)) == f"id: i.1\n{sent}\n\n"


def test_changed_data_is_sent_as_changed():
    message = received({"n": 1})
    message.data["n"] = 2
    assert encode_event(message.event()) == encode_event(message.event(message.data)) == 'id: i.1\ndata: {"n":2}\n\n'


@pytest.mark.parametrize("data", [{"n": [1]}, {"n": 1}, [1], [[1]], [{"n": 1}]])
def test_each_subscriber_may_change_its_data(data):
    record = Record(Position(1, 1), encode(data))
    for _ in range(3):
        own = Message("i.1", record=record).data
        assert own == data
        for part in (*(own.values() if isinstance(own, dict) else own), own):
            if isinstance(part, (dict, list)):
                part.clear()


@pytest.mark.parametrize(
    ("one", "other", "is_known"),
    [
        (lambda: t"<p>{'a'}</p>", lambda: t"<p>{'a'}</p>", True),
        (lambda: t"<p>{Markup('<b>')}{1}{None}</p>", lambda: t"<p>{Markup('<b>')}{1}{None}</p>", True),
        (lambda: t"<p>{'a'}</p>", lambda: t"<p>{'b'}</p>", False),
        (lambda: t"<p>{'<'}</p>", lambda: t"<p>{Markup('<')}</p>", False),
        (lambda: t"<p>{1}</p>", lambda: t"<p>{True}</p>", False),
        (lambda: t"<p>{0.0}</p>", lambda: t"<p>{0.0}</p>", False),
        (lambda: t"<p>{'a'}</p>", lambda: t"<p>{'a'!r}</p>", False),
        (lambda: t"<p>{'a'}</p>", lambda: t"<p>{'a':>3}</p>", False),
        (lambda: t"<p>{'a'}</p>", lambda: t"<b>{'a'}</b>", False),
        (lambda: t"<p>{['a']}</p>", lambda: t"<p>{['a']}</p>", False),
        (lambda: t"<p>{t'a'}</p>", lambda: t"<p>{t'a'}</p>", False),
    ],
)
def test_what_another_stream_has_rendered_is_sent_again_only_if_it_is_the_same(one, other, is_known):
    message = received(1)
    first: SharedEvent
    second: SharedEvent
    first, second = message.event(one(), "n"), message.event(other(), "n")  # type: ignore[assignment]
    assert not second.known()
    text = encode_event(first)
    assert second.known() == (text if is_known else "")
    assert encode_event(second) == encode_event(received(1).event(other(), "n"))
    for name in (None, "m", "close", ["n"]):
        assert not message.event(one(), name).known()  # type: ignore[attr-defined,arg-type]
    encode_event(last := message.event(one(), "close"))
    assert not last.known()  # type: ignore[attr-defined]


def test_a_gap_has_an_id_and_no_data():
    gap = Message("i.1", gap=True, record=Record(Position(1, 1), None))
    assert gap.data is None
    assert encode_event(gap.event()) == "id: i.1\ndata: null\n\n"
    assert encode_event(gap.event(t"<p>gap</p>")) == "id: i.1\ndata: <p>gap</p>\n\n"


def test_equal_events_are_encoded_once():
    record = Record(Position(1, 1), b'{"a":1}')
    one, two, other = (Message(id, record=record) for id in ("i.1", "i.1", "j.1"))
    assert encode_event(one.event(t"<p>{1}</p>")) is encode_event(two.event(t"<p>{1}</p>"))
    assert encode_event(one.event(name="n")) is encode_event(two.event(name="n"))
    assert encode_event(other.event(name="n")).startswith("id: j.1\n")
    for number in range(3 * MAX_FRAMES):
        assert encode_event(one.event(number)) == f"id: i.1\ndata: {number}\n\n"
    assert len(record.frames) == MAX_FRAMES


@pytest.mark.parametrize("content", [Event("x", id="7"), received(1).event(), b"x", object()])
def test_invalid_content(content):
    with pytest.raises(EventError):
        encode_event(received(1).event(content))


@pytest.mark.parametrize("name", ["a\nb", "", 7, ["a"]])
def test_invalid_names(name):
    with pytest.raises(EventError):
        encode_event(received(1).event(name=name))


def test_repr():
    assert repr(received([1])) == "Message(id='i.1', data=[1], gap=False)"
