"""The encoding of yielded items, and the errors for invalid ones."""

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import NamedTuple

import pytest
from markupsafe import Markup
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from hyperpy.exceptions import EventError, InputError
from hyperpy.streams import CLOSE, JSON, PING, Event, encode_chunk, encode_event, stream_error
from hyperpy.streams.events import Frames, PolledDict, SharedEvent, joined_events
from hyperpy.streams.framing import LastFrame


@dataclass
class Point:
    x: int
    y: float


class Model(BaseModel):
    name: str


class Pair(NamedTuple):
    one: int
    two: int


DatastarEvent = type("DatastarEvent", (str,), {"__module__": "datastar_py.sse"})  # as in datastar-py 1.0


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
        ({"id": "é" * 4000}, f"id: {'é' * 4000}\n\n"),
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
        # values that can only be data
        (5, "data: 5\n\n"),
        (0.5, "data: 0.5\n\n"),
        (True, "data: true\n\n"),
        (float("nan"), "data: null\n\n"),
        ([1, "a\nb"], 'data: [1,"a\\nb"]\n\n'),
        ([], "data: []\n\n"),
        (Point(1, 0.5), 'data: {"x":1,"y":0.5}\n\n'),
        (Model(name="n"), 'data: {"name":"n"}\n\n'),
        (Pair(1, 2), "data: [1,2]\n\n"),
        (PolledDict(a=1), 'data: {"a":1}\n\n'),
        # `message` is the default name
        (("message", t"<p>"), "data: <p>\n\n"),
        ({"event": "message"}, "data: \n\n"),
        (Event("a", event="message", id="7"), "id: 7\ndata: a\n\n"),
        (SharedEvent(Frames(), "7", "message", text="1"), "id: 7\ndata: 1\n\n"),
        (("Message", 1), "event: Message\ndata: 1\n\n"),
        # events of datastar-py
        (DatastarEvent("event: a\nid: 1\nretry: 5\ndata: <b>\n\n"), "event: a\nid: 1\nretry: 5\ndata: <b>\n\n"),
        (DatastarEvent("event: a\r\ndata: <b>\r\n\r\n"), "event: a\ndata: <b>\n\n"),
        (type("Mine", (str,), {})("event: a\n\n"), "data: event: a\ndata: \ndata: \n\n"),
    ],
)
def test_the_encoding_of_items(item, text):
    assert encode_event(item) == text


class Unshowable:
    """An object or error about which nothing can be found out."""

    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


async def coroutine() -> None: ...


INVALID = [
    (None, "a stream can't send None", "JSON(None)"),
    ({1, 2}, "a stream can't send set", "JSON({1, 2})"),
    (Decimal("1.5"), "a stream can't send Decimal", "JSON(Decimal('1.5'))"),
    (object(), "a stream can't send object", "^JSON can't hold it either"),
    (Unshowable(), "a stream can't send Unshowable", "^JSON can't hold it either"),
    (DatastarEvent("<b>"), "this is not an encoded event: '<b>'", "data: …"),
    (DatastarEvent("event: a\rdata: b\n\n"), "this is not an encoded event", "data: …"),
    (DatastarEvent("event: a\nretry\n\n"), "this is not an encoded event", "data: …"),
    (b"x", "a stream can't send bytes", "yield value.decode()"),
    ({"dta": 1}, "no field 'dta'", "`data`"),
    ({"user": 1}, "no field 'user'", "yield JSON(value)"),
    ({1: 1}, "no field 1", "^The fields are event, data"),
    ({}, "no fields", '{"data": t"'),
    (Event(), "no fields", '{"data": t"'),
    ({"event": None, "id": None}, "no fields", '{"data": t"'),
    (("x",), "(name, content)", 'yield "price", 42'),
    (("x", 1, 2), "(name, content)", "yield JSON(value)"),
    ((1, 2), "(name, content)", 'yield "price", 42'),
    (("", 1), "name is empty", "message"),
    ({"event": 5}, "a str, not int", 'yield "price", 42'),
    (("x", b"y"), "an event can't contain bytes", "decode"),
    (("x", object()), "an event can't contain object", "^JSON can't hold it either"),
    (("x", {1}), "an event can't contain set", "JSON({1})"),
    (("x", Point), "an event can't contain the class Point", "yield Point(...)"),
    (("x", Event("y")), "Event is an event and can't be the content", 'event="name"'),
    (JSON(object()), "can't be encoded as JSON", "pydantic models"),
    (JSON("\ud800"), "can't be encoded as JSON", "pydantic models"),
    (("a\ud800", 1), r"the lone surrogate '\ud800'", '"replace"'),
    ({"comment": "\udfff"}, "the lone surrogate", '"replace"'),
    (("a\nb", 1), "`event` of this event contains LF", r"event.replace('\n', '')"),
    (("a\rb", 1), "`event` of this event contains CR", r"event.replace('\r', '')"),
    (("a\0b", 1), "`event` of this event contains NUL", r"event.replace('\x00', '')"),
    ({"id": "1\n"}, "`id` of this event contains LF", r"id.replace('\n', '')"),
    ({"id": "\r1"}, "`id` of this event contains CR", r"id.replace('\r', '')"),
    ({"id": "1\0"}, "`id` of this event contains NUL", r"id.replace('\x00', '')"),
    ({"id": "a\x1fb"}, r"`id` of this event contains '\x1f'", "quote(value)"),
    ({"id": "a\x7f"}, r"`id` of this event contains '\x7f'", "quote(value)"),
    ({"id": "a" * 8001}, "longer than 8,000 bytes", "a short key"),
    ({"id": "é" * 4001}, "longer than 8,000 bytes", "a short key"),
    ({"id": " close"}, "begins or ends with white space", "id.strip()"),
    ({"id": "a\t"}, "begins or ends with white space", "id.strip()"),
    ({"id": "close"}, "reserved", "return"),
    ({"id": True}, "a str or an int, not bool", '"id": "42"'),
    ({"id": 1.5}, "a str or an int, not float", '"id": "42"'),
    ({"retry": -1}, "0 or more, not -1", '"retry": 3000'),
    ({"retry": 1.5}, "not 1.5", '"retry": 3000'),
    ({"retry": True}, "not True", '"retry": 3000'),
    ({"retry": "10"}, "not '10'", '"retry": 3000'),
    ({"comment": 1}, "a comment must be a str, not int", '"comment"'),
]


def test_invalid_items_are_errors_that_say_what_to_write():
    wrong = []
    for item, what, hint in INVALID:
        with pytest.raises(EventError) as caught:
            encode_event(item)
        if what not in caught.value.what or hint not in f"^{caught.value.hint}":
            wrong.append((item, caught.value.what, caught.value.hint))
    assert wrong == []


def test_a_coroutine_must_be_awaited():
    forgotten = coroutine()
    with pytest.raises(EventError, match="Await it"):
        encode_event(forgotten)
    asyncio.run(forgotten)


def test_parts_of_a_page():
    parts = [
        (t"<p>{NEWS}</p>", "<p>&lt;b&gt;</p>"),
        ("a <\r\n\r\nb", "a &lt;\r\n\r\nb"),
        (Markup("<br>"), "<br>"),
        (Custom(), "<hr>"),
        (Both(), "<hr>"),
    ]
    assert [encode_chunk(item) for item, _ in parts] == [text for _, text in parts]


def test_a_page_can_not_contain_events():
    for item in [("x", 1), {"data": 1}, Event("x"), JSON(1), Toast("x"), 1, [1], True, Point(1, 2), Model(name="n")]:
        with pytest.raises(EventError, match="can't carry an event"):
            encode_chunk(item)


def test_a_page_contains_only_html():
    for item in [None, b"x", {1}, Custom]:
        with pytest.raises(EventError):
            encode_chunk(item)


class Toast:
    """Encodes itself, as an event of another library would."""

    def __init__(self, text: object) -> None:
        self.text = text

    def __event__(self) -> Event:
        return Event(self.text, event="toast")


class Both(Custom, Toast):
    def __init__(self) -> None:
        super().__init__("both")


class SharedToast:
    def __event__(self) -> Event:
        return SharedEvent(Frames(), "7", "toast", text="1")


class ToastDict(dict):
    __event__ = Toast.__event__
    text = t"<p>{NEWS}</p>"


@dataclass
class ToastData(Toast):
    text: object


def test_an_object_can_say_how_it_is_an_event():
    events = [
        (Toast("a < b"), "event: toast\ndata: a &lt; b\n\n"),
        (Toast({"n": 1}), 'event: toast\ndata: {"n":1}\n\n'),
        (ToastData(2), "event: toast\ndata: 2\n\n"),
        (ToastDict(data="not this"), "event: toast\ndata: <p>&lt;b&gt;</p>\n\n"),
        (Both(), "event: toast\ndata: both\n\n"),
        (SharedToast(), "id: 7\nevent: toast\ndata: 1\n\n"),
    ]
    assert [encode_event(item) for item, _ in events] == [text for _, text in events]


def returns(value: object) -> object:
    return type("Toast", (), {"__event__": lambda self: value})()


class AsyncToast:
    async def __event__(self) -> Event:
        return Event("late")


class OnInstance:
    def __init__(self) -> None:
        self.__event__ = lambda: Event("x")


def test_a_wrong_event_method_is_an_error_that_names_the_class():
    cases = [
        (returns("x"), "Toast.__event__() must return an Event, not str", "return Event("),
        (returns(None), "Toast.__event__() must return an Event, not None", "return Event("),
        (returns({"event": "x"}), "Toast.__event__() must return an Event, not dict", "return Event("),
        (returns(Toast("x")), "Toast.__event__() must return an Event, not Toast", "return Event("),
        (returns(Event), "Toast.__event__() must return an Event, not the class Event", "return Event("),
        (AsyncToast(), "AsyncToast.__event__() must return an Event, not coroutine", "Remove the `async`"),
        (
            type("Toast", (), {"__event__": Event("x")})(),
            "Toast.__event__ must be a method, not Event",
            "def __event__",
        ),
        (type("Toast", (), {"__event__": property(len)})(), "Toast.__event__ must be a method, not property", ""),
        (Toast, "a stream can't send the class Toast", "yield Toast(...)"),
        (OnInstance(), "a stream can't send OnInstance", "JSON("),
        (("name", Toast("x")), "Toast is an event and can't be the content of another one", "Yield it on its own"),
        ({"data": ToastData("x")}, "ToastData is an event and can't be the content", "Yield it on its own"),
        (Toast(Toast("x")), "Toast is an event and can't be the content", "Yield it on its own"),
    ]
    wrong = []
    for item, what, hint in cases:
        with pytest.raises(EventError) as caught:
            encode_event(item)
        if what not in caught.value.what or hint not in caught.value.hint:
            wrong.append((caught.value.what, caught.value.hint))
    assert wrong == []


def http_exception(status: object, detail: object) -> HTTPException:
    error = HTTPException(400, "")
    error.status_code, error.detail = status, detail
    return error


def endless() -> list:
    items: list = []
    items.append(items)
    return items


class UnshowableError(Unshowable, Exception): ...


WRONG = "Something went wrong on our side."


def test_the_event_of_a_failure():
    """Also of those whose text or detail can't be sent, or can't be found out."""
    cases = [
        (ValueError("secret"), {"status": 500, "message": WRONG}),
        (UnshowableError(), {"status": 500, "message": WRONG}),
        (InputError({"n": "is required"}), {"status": 422, "message": "Unprocessable Content"}),
        (HTTPException(409, "Taken"), {"status": 409, "message": "Taken"}),
        (HTTPException(409), {"status": 409, "message": "Conflict"}),
        (HTTPException(409, {"code": 7}), {"status": 409, "message": "Conflict", "detail": {"code": 7}}),
        (HTTPException(409, [Point(1, 2)]), {"status": 409, "message": "Conflict", "detail": [{"x": 1, "y": 2.0}]}),
        (HTTPException(409, 5), {"status": 409, "message": "Conflict", "detail": 5}),
        (HTTPException(409, {}), {"status": 409, "message": "Conflict", "detail": {}}),
        (
            HTTPException(409, {"\ud800": "\ud801"}),
            {"status": 409, "message": "Conflict", "detail": {"\ud800": "\ud801"}},
        ),
        (HTTPException(409, {"a": object()}), {"status": 409, "message": "Conflict"}),
        (HTTPException(409, Unshowable()), {"status": 409, "message": "Conflict"}),
        (HTTPException(409, endless()), {"status": 409, "message": "Conflict"}),
        (HTTPException(409, ["x" * 1_000_000]), {"status": 409, "message": "Conflict"}),
        (HTTPException(409, "\ud800\n"), {"status": 409, "message": "?\n"}),
        (HTTPException(409, "x" * 1_000_000), {"status": 409, "message": "x" * 10_000}),
        (HTTPException(409, Shout("shout")), {"status": 409, "message": "shout"}),
        (http_exception(HTTPStatus.GONE, None), {"status": 410, "message": "Gone"}),
        (http_exception(799, None), {"status": 799, "message": "Error"}),
        (http_exception("409", "x"), {"status": 500, "message": "x"}),
        (
            ExceptionGroup("g", [OSError(), ExceptionGroup("h", [HTTPException(404)])]),
            {"status": 404, "message": "Not Found"},
        ),
        (ExceptionGroup("g", [OSError()]), {"status": 500, "message": WRONG}),
    ]
    wrong = []
    for error, expected in cases:
        for debug in (False, True):
            event = stream_error(error, "0123abcd", debug=debug)
            event.encode()
            head, data = event.split("\ndata: ")
            payload = json.loads(data)
            if debug:
                assert type(error).__name__ in payload.pop("details")
            if (head, payload) != ("event: stream-error\nretry: 30000", expected | {"log": "0123abcd"}):
                wrong.append((error, event))
    assert wrong == []


def test_which_events_announce_the_end():
    ends = [("done", 1), ("close", "x"), {"event": "done", "id": 7}, Event(event="close", comment="a\nb", id=1)]
    others = [
        "event: done",
        ("x", "event: done"),
        {"comment": "event: done", "event": "x"},
        {"event": "undone"},
        JSON(1),
    ]
    found = [type(encode_event(item)) is LastFrame for item in ends + others]
    assert found == [True] * len(ends) + [False] * len(others)


def test_constants():
    assert CLOSE == "event: close\nid: close\nretry: 86400000\ndata: \n\n"
    assert PING == ": ping\n\n"


def test_lone_surrogates_in_html_are_replaced(log: pytest.LogCaptureFixture) -> None:
    for encode in (encode_event, encode_chunk):
        assert "<p>a\ufffdb</p>" in encode(t"<p>{'a\ud800b'}</p>")
        assert "a\ufffd" in encode("a\ud800")
    assert len(log.messages) == 4
    assert log.messages[0] == r"the HTML contains the lone surrogate '\ud800', sent U+FFFD"
    log.clear()


def test_events_that_are_encoded_together(log: pytest.LogCaptureFixture) -> None:
    html = [Markup(text) for text in ("a", "", "b\nc\r\n\rd", "\n", "data: x\n\n", "ü", "\ud800", ": ping\n\n")]
    encoded = ["data: a\n\n", CLOSE, PING, encode_event(("done", "x"))]
    batches = [html[:1], html[:2], html, encoded, [html[0], encoded[0], *html[1:3], *encoded], [encoded[0], html[0]]]
    for batch in batches:
        separately = "".join(encode_event(chunk) if isinstance(chunk, Markup) else chunk for chunk in batch)
        assert joined_events(batch) == separately
        assert type(joined_events(batch)) is str
    assert set(log.messages) == {r"the HTML contains the lone surrogate '\ud800', sent U+FFFD"}
    log.clear()
