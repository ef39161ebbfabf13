"""One yielded thing in, its lines out."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import pytest
from markupsafe import Markup
from pydantic import BaseModel

from hyperpy.exceptions import EventError
from hyperpy.streams import CLOSE, JSON, PING, Event, encode_chunk, encode_event, stream_error


@dataclass
class Point:
    x: int
    y: float


class Model(BaseModel):
    name: str


class Custom:
    def __html__(self) -> str:
        return "<hr>"


class Shout(str):
    """A str whose own `__str__` and `__format__` lie."""

    def __str__(self) -> str:
        return "LIE\n\n"

    def __format__(self, spec: str) -> str:
        return "LIE\n\n"


NEWS = "<b>"


@pytest.mark.parametrize(
    ("item", "text"),
    [
        # HTML
        (t"<p>{NEWS}</p>", "data: <p>&lt;b&gt;</p>\n\n"),
        (t"\n  <p>\n  </p>\n", "data: <p>\ndata:   </p>\n\n"),
        (Markup("<b>1</b>"), "data: <b>1</b>\n\n"),
        ("a < b", "data: a &lt; b\n\n"),
        (Custom(), "data: <hr>\n\n"),
        (" leading", "data:  leading\n\n"),
        ("", "data: \n\n"),
        # lines
        ("a\nb", "data: a\ndata: b\n\n"),
        ("a\rb", "data: a\ndata: b\n\n"),
        ("a\r\nb", "data: a\ndata: b\n\n"),
        ("a\n\rb\r\n\nc", "data: a\ndata: \ndata: b\ndata: \ndata: c\n\n"),
        ("a\n", "data: a\ndata: \n\n"),
        ("\n", "data: \ndata: \n\n"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", "data: a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\n\n"),
        ("a\0b", "data: a\0b\n\n"),
        ("event: x\n: y\nid: 1", "data: event: x\ndata: : y\ndata: id: 1\n\n"),
        (t"<p>{'x' + chr(13) + chr(10) + chr(10) + 'event: y'}</p>", "data: <p>x\ndata: \ndata: event: y</p>\n\n"),
        # (name, content)
        (("price", t"<b>{1}</b>"), "event: price\ndata: <b>1</b>\n\n"),
        (("price", "<"), "event: price\ndata: &lt;\n\n"),
        (("price", Custom()), "event: price\ndata: <hr>\n\n"),
        (("price", 42), "event: price\ndata: 42\n\n"),
        (("price", 1.5), "event: price\ndata: 1.5\n\n"),
        (("price", True), "event: price\ndata: true\n\n"),
        (("price", None), "event: price\ndata: null\n\n"),
        (("price", {"a": "x\ny", "b": "<é\u2028>"}), 'event: price\ndata: {"a":"x\\ny","b":"<é\u2028>"}\n\n'),
        (("price", [1, "2"]), 'event: price\ndata: [1,"2"]\n\n'),
        (("price", (1, 2)), "event: price\ndata: [1,2]\n\n"),
        (("price", Point(1, 0.5)), 'event: price\ndata: {"x":1,"y":0.5}\n\n'),
        (("price", Model(name="n")), 'event: price\ndata: {"name":"n"}\n\n'),
        (("price", JSON("42")), 'event: price\ndata: "42"\n\n'),
        ((Markup("a&b"), t"<p>"), "event: a&b\ndata: <p>\n\n"),
        ((Shout("name"), 1), "event: name\ndata: 1\n\n"),
        # fields
        ({"event": "x"}, "event: x\ndata: \n\n"),
        ({"data": t"<p>"}, "data: <p>\n\n"),
        ({"data": {"a": 1}}, 'data: {"a":1}\n\n'),
        ({"data": None}, "data: null\n\n"),
        ({"data": ""}, "data: \n\n"),
        ({"id": "7"}, "id: 7\n\n"),
        ({"id": 7}, "id: 7\n\n"),
        ({"id": ""}, "id: \n\n"),
        ({"retry": 0}, "retry: 0\n\n"),
        ({"comment": "hello"}, ": hello\n\n"),
        ({"comment": "a\r\nb\n\nc"}, ": a\n: b\n:\n: c\n\n"),
        ({"event": "x", "id": None, "retry": None, "comment": None}, "event: x\ndata: \n\n"),
        (
            {"data": "d", "retry": 5, "event": "e", "comment": "c", "id": "i"},
            ": c\nid: i\nevent: e\nretry: 5\ndata: d\n\n",
        ),
        # typed
        (
            Event("a\nb", event="e", id="i", retry=5, comment="c"),
            ": c\nid: i\nevent: e\nretry: 5\ndata: a\ndata: b\n\n",
        ),
        (Event(event="e"), "event: e\ndata: \n\n"),
        (Event(id="7"), "id: 7\n\n"),
        (Event(None), "data: null\n\n"),
        (Event(JSON("x")), 'data: "x"\n\n'),
        (JSON("42"), 'data: "42"\n\n'),
        (JSON(42), "data: 42\n\n"),
        (JSON(None), "data: null\n\n"),
        (JSON([float("nan"), float("inf"), -float("inf")]), "data: [null,null,null]\n\n"),
        (JSON(Decimal("1.5")), 'data: "1.5"\n\n'),
        (JSON({1}), "data: [1]\n\n"),
    ],
)
def test_what_may_be_yielded(item, text):
    assert encode_event(item) == text


async def coroutine() -> None: ...


@pytest.mark.parametrize(
    ("item", "what", "hint"),
    [
        (42, "an int is nothing", "yield JSON(42)"),
        (None, "None is nothing", "yield JSON(None)"),
        (True, "a bool is nothing", "yield JSON(True)"),
        ([1], "a list is nothing", "yield JSON([1])"),
        (Point(1, 2), "a Point is nothing", "yield JSON(Point(x=1, y=2))"),
        (b"x", "a bytes is nothing", "yield value.decode()"),
        ({"dta": 1}, "no field 'dta'", "`data`"),
        ({"user": 1}, "no field 'user'", "yield JSON(value)"),
        ({1: 1}, "no field 1", "yield JSON(value)"),
        ({}, "no field at all", '{"data": t"'),
        (Event(), "no field at all", '{"data": t"'),
        ({"event": None, "id": None}, "no field at all", '{"data": t"'),
        (("x",), "(name, content)", 'yield "price", 42'),
        (("x", 1, 2), "(name, content)", "yield JSON(value)"),
        ((1, 2), "(name, content)", 'yield "price", 42'),
        (("", 1), "name is empty", "message"),
        ({"event": 5}, "a str, not int", 'yield "price", 42'),
        (("x", b"y"), "a bytes can't be the content", "decode"),
        (("x", object()), "an object can't be the content", "yield JSON("),
        (("x", Point), "a type can't be the content", "yield JSON("),
        (("x", Event("y")), "an Event can't be the content", 'event="name"'),
        (JSON(object()), "can't be written as JSON", "pydantic models"),
        (JSON("\ud800"), "can't be written as JSON", "pydantic models"),
        ("a\ud800", r"'\ud800', half of a surrogate pair", '"replace"'),
        (("a\ud800", 1), "half of a surrogate pair", '"replace"'),
        ({"comment": "\udfff"}, "half of a surrogate pair", '"replace"'),
        (("a\nb", 1), "`event` of this event contains LF", r"event.replace('\n', '')"),
        (("a\rb", 1), "`event` of this event contains CR", r"event.replace('\r', '')"),
        (("a\0b", 1), "`event` of this event contains NUL", r"event.replace('\x00', '')"),
        ({"id": "1\n"}, "`id` of this event contains LF", r"id.replace('\n', '')"),
        ({"id": "\r1"}, "`id` of this event contains CR", r"id.replace('\r', '')"),
        ({"id": "1\0"}, "`id` of this event contains NUL", r"id.replace('\x00', '')"),
        ({"id": "a\x1fb"}, r"`id` of this event contains '\x1f'", "quote(value)"),
        ({"id": "a\x7f"}, r"`id` of this event contains '\x7f'", "quote(value)"),
        ({"id": " close"}, "white space at its ends", "id.strip()"),
        ({"id": "a\t"}, "white space at its ends", "id.strip()"),
        ({"id": "close"}, "reserved", "return"),
        ({"id": True}, "a str or an int, not bool", '"id": "42"'),
        ({"id": 1.5}, "a str or an int, not float", '"id": "42"'),
        ({"retry": -1}, "0 or more, not -1", '"retry": 3000'),
        ({"retry": 1.5}, "not 1.5", '"retry": 3000'),
        ({"retry": True}, "not True", '"retry": 3000'),
        ({"retry": "10"}, "not '10'", '"retry": 3000'),
        ({"comment": 1}, "a comment is a str, not int", '"comment"'),
    ],
)
def test_what_may_not_be_yielded(item, what, hint):
    with pytest.raises(EventError) as caught:
        encode_event(item)
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_coroutine_wants_to_be_awaited():
    forgotten = coroutine()
    with pytest.raises(EventError, match="Await it"):
        encode_event(forgotten)
    asyncio.run(forgotten)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (t"<p>{NEWS}</p>", "<p>&lt;b&gt;</p>"),
        ("a <\r\n\r\nb", "a &lt;\r\n\r\nb"),
        (Markup("<br>"), "<br>"),
        (Custom(), "<hr>"),
    ],
)
def test_chunks_of_a_page(item, text):
    assert encode_chunk(item) == text


@pytest.mark.parametrize("item", [("x", 1), {"data": 1}, Event("x"), JSON(1)])
def test_a_page_carries_no_events(item):
    with pytest.raises(EventError, match="can't carry an event"):
        encode_chunk(item)


@pytest.mark.parametrize("item", [1, None, b"x", [t"<p>"], "\ud800"])
def test_a_page_takes_html_only(item):
    with pytest.raises(EventError):
        encode_chunk(item)


def test_the_event_of_a_failure():
    assert stream_error("Sorry", "0123abcd") == (
        'event: stream-error\nretry: 30000\ndata: {"message":"Sorry","log":"0123abcd"}\n\n'
    )
    assert stream_error("S", "1", "trace\nback").endswith(
        'data: {"message":"S","log":"1","details":"trace\\nback"}\n\n'
    )
    assert "?" in stream_error("\ud800", "1")


def test_constants():
    assert CLOSE == "event: close\nid: close\ndata: \n\n"
    assert PING == ": ping\n\n"
