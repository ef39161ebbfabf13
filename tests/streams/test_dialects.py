"""The same items for Datastar and for other clients, and what `hyperpy.datastar` makes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from datastar_py import ServerSentEventGenerator as SSE
from markupsafe import Markup
from pydantic import BaseModel

from hyperpy import Event, Hyper, TrustedJS, swap
from hyperpy import datastar as ds
from hyperpy.channels.message import Message
from hyperpy.exceptions import AnswerError, EventError
from hyperpy.streams import encode_event
from hyperpy.streams.dialects.datastar_encoding import encode_for_datastar
from hyperpy.streams.dialects.patch_events import _without_target
from hyperpy.streams.framing import continuation
from hyperpy.testing import ReceivedEvent
from hyperpy.testing.received_event import EventParser
from tests.support.clients import client_of
from tests.support.sites import write_files

DATASTAR = {"datastar-request": "true", "accept": "text/event-stream, text/html, application/json"}
ELEMENTS, SIGNALS = "event: datastar-patch-elements", "event: datastar-patch-signals"
SEPARATORS = r'signals {"a":null,"b":[null,"\u2028\u003c/script\u003e"]}'


@dataclass
class Point:
    x: int


class Model(BaseModel):
    name: str


def frame(*lines: str, kind: str = ELEMENTS) -> str:
    return "\n".join([kind, *(f"data: {line}" for line in lines), "", ""])


PLAIN = "<p id=a>1</p>"
COMMENTS = "<!-- x -->" * 40
RECT = frame("selector svg", "mode append", "namespace svg", "elements <rect/>")


@pytest.mark.parametrize(
    ("item", "text"),
    [
        # HTML without a name
        (t"<p id=a>\n{'<'}\r\n</p>", frame('elements <p id="a">', "elements &lt;", "elements </p>")),
        (Markup(PLAIN), frame(f"elements {PLAIN}")),
        (("message", Markup(PLAIN)), f"data: {PLAIN}\n\n"),
        (
            Event(Markup(PLAIN), id=7, retry=5),
            frame(f"elements {PLAIN}").replace("event", "id: 7\nevent", 1).replace("\nd", "\nretry: 5\nd", 1),
        ),
        (Event(Markup(PLAIN), event="message"), frame(f"elements {PLAIN}")),
        ({"data": Markup(PLAIN), "id": 7}, "id: 7\n" + frame(f"elements {PLAIN}")),
        (Message("7").event(Markup(PLAIN)), "id: 7\n" + frame(f"elements {PLAIN}")),
        (Markup("<!-- x --><p title='> id=b' ID>x</p>"), frame("elements <!-- x --><p title='> id=b' ID>x</p>")),
        (Markup(f"{COMMENTS}<p id=a>"), frame(f"elements {COMMENTS}<p id=a>")),  # takes no exponential time
        (Markup("<!doctype html><p>x"), frame("elements <!doctype html><p>x</html>")),
        (Markup("<body>x</body>"), frame("elements <body>x</body>")),
        # all else keeps its meaning
        (("price", 42), "event: price\ndata: 42\n\n"),
        ({"id": 7}, "id: 7\n\n"),
        ({"event": "x", "data": t"<p>"}, "event: x\ndata: <p>\n\n"),
        (Event({"a": 1}), 'data: {"a":1}\n\n'),
        (SSE.remove_elements("#x"), frame("mode remove", "selector #x")),
        # swaps
        (swap("#a", t"<p>x</p>"), frame("selector #a", "elements <p>x</p>")),
        (swap("#a", "<", how="beforeend"), frame("selector #a", "mode append", "elements &lt;")),
        (swap("#a", how="delete"), frame("selector #a", "mode remove")),
        (Message("7").event(swap("#a", t"x")), "id: 7\n" + frame("selector #a", "elements x")),
        # hyperpy.datastar
        (ds.patch(t"<p id=a>{1}"), frame('elements <p id="a">1')),
        (ds.patch(t"<rect/>", "svg", "append", namespace="svg"), RECT),
        (
            ds.patch(t"<p id=a>", mode="replace", use_view_transition=True),
            frame("mode replace", "useViewTransition true", 'elements <p id="a">'),
        ),
        (Message("7").event(ds.patch(t"x", "#a")), "id: 7\n" + frame("selector #a", "elements x")),
        (Message("7").event(ds.signals({"a": 1})), "id: 7\n" + frame('signals {"a":1}', kind=SIGNALS)),
        (
            ds.remove("#a, .b", use_view_transition=True),
            frame("selector #a, .b", "mode remove", "useViewTransition true"),
        ),
        (
            ds.signals({"a": None, "b": [float("nan"), "\u2028</script>"]}),
            frame(SEPARATORS, kind=SIGNALS),
        ),
        (ds.signals(Point(1), only_if_missing=True), frame("onlyIfMissing true", 'signals {"x":1}', kind=SIGNALS)),
        (ds.signals(Model(name="\ud800")), frame(r'signals {"name":"\ud800"}', kind=SIGNALS)),
        (ds.forget("a", "b.c", "b.d", "a.b"), frame('signals {"a":null,"b":{"c":null,"d":null}}', kind=SIGNALS)),
        (ds.forget("b.c", "b"), frame('signals {"b":null}', kind=SIGNALS)),
        (ds.view(t"<p>x</p>"), frame("selector body", "mode inner", "elements <p>x</p>")),
    ],
)
def test_what_datastar_gets(item: object, text: str) -> None:
    assert encode_for_datastar(item) == text


def parsed(text: str) -> list[ReceivedEvent]:
    return EventParser().feed(text.encode())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ds.patch(t"<p id=a>\n</p>"), SSE.patch_elements('<p id="a">\n</p>')),
        (ds.patch(t"<p>", "#a", "append"), SSE.patch_elements("<p>", selector="#a", mode="append")),
        (ds.remove("#a"), SSE.remove_elements("#a")),
        (
            ds.signals({"a": {"b": None}}, only_if_missing=True),
            SSE.patch_signals({"a": {"b": None}}, only_if_missing=True),
        ),
        (ds.script(t"f()"), SSE.execute_script("{\nf()\n}")),
    ],
)
def test_the_events_are_those_of_datastar_py(ours: object, theirs: str) -> None:
    (mine,), (other,) = parsed(encode_event(ours)), parsed(theirs)
    assert mine.event == other.event
    assert sorted(mine.data.split("\n")) == sorted(other.data.split("\n"))


@pytest.mark.parametrize(
    ("encoded", "continued"),
    [
        (encode_event(Event("x\nelements y")), "\ndata: b"),
        (encode_event(("x", "event: datastar-patch-elements\nelements y")), "\ndata: b"),
        (encode_event(ds.patch(t"x", "#a")), "\ndata: elements b"),
        (encode_event(Message("7").event(ds.patch(t"x", "#a"))), "\ndata: elements b"),
    ],
)
def test_what_is_inserted_later_continues_its_event(encoded: str, continued: str) -> None:
    assert continuation(encoded)("\r\nb") == continued


def test_values_in_a_script_are_json() -> None:
    text = encode_event(ds.script(t"f({'</script>'}, '{"'$`\n"}', {{}}, {[1, None]})"))
    assert r"""f("\u003c/script\u003e", '\u0027\u0024\u0060\u000a', """ in text
    assert "[1,null])" in text
    assert "a && b\n" in encode_event(ds.script(TrustedJS("a && b")))


BAD_CALLS: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: ds.patch(t"x", "#a", "apend"), "has no mode 'apend'", "Did you mean `append`?"),  # type: ignore[arg-type]
    (lambda: ds.patch(t"x", "#a", "remove"), "has no content", 'ds.remove("#news")'),  # type: ignore[arg-type]
    (lambda: ds.patch(t"x", mode="append"), "needs a selector", 'mode="append"'),
    (lambda: ds.patch(t"x", "#a", namespace="xml"), "no namespace 'xml'", "html, svg, mathml"),  # type: ignore[arg-type]
    (lambda: ds.patch(t"x", "#a\nmode remove"), "invalid selector", "#news"),
    (lambda: ds.patch(t"x", 5), "must be a str, not int", "#news"),  # type: ignore[arg-type]
    (lambda: ds.remove(" "), "invalid selector: ' '", "#news"),
    (lambda: ds.signals([1]), "this is a list", "ds.signals({"),
    (lambda: ds.signals({"a": object()}), "can't be sent", "dict, list, str"),
    (lambda: ds.signals({"a": {"__proto__": 1}}), "the name `__proto__`", "prototype"),
    (lambda: ds.forget(), "needs the names", 'ds.forget("time"'),
    (lambda: ds.forget("a..b"), "invalid name of a signal: 'a..b'", "user.name"),
    (lambda: ds.script("f()"), "must be a t-string, not str", "ds.script(t"),  # type: ignore[arg-type]
    (lambda: ds.answer(), "needs an event", "ds.answer("),
    (lambda: swap("", t"x"), "invalid selector: ''", "#news"),
    (lambda: swap("#a", t"x", how="outerHtml"), "can't be done by 'outerHtml'", "Did you mean `outerHTML`?"),  # type: ignore[arg-type]
    (lambda: swap("#a", 5), "must be HTML, not int", "beforeend"),  # type: ignore[arg-type]
    (lambda: swap("#a"), "must be HTML, not NoneType", "beforeend"),
    # when they are sent
    (lambda: encode_event(ds.patch(5)), "must be HTML, not int", "ds.signals({"),  # type: ignore[arg-type]
    (
        lambda: encode_event(ds.patch(t"<p title='id=x'>x</p>")),
        "which element of the page <p> is to patch",
        "the same id",
    ),
    (lambda: encode_for_datastar("text"), "needs an element, not the text 'text'", "#news"),
    (lambda: encode_for_datastar(t""), "needs an element, not the text ''", "#news"),
    (lambda: encode_for_datastar({"dta": t"<p id=a>", "data": t"<p id=b>"}), "no field 'dta'", "`data`"),
]


@pytest.mark.parametrize(("call", "what", "hint"), BAD_CALLS, ids=[what for _, what, _ in BAD_CALLS])
def test_a_wrong_use_says_what_to_write(call: Callable[[], Any], what: str, hint: str) -> None:
    with pytest.raises(EventError) as caught:
        call()
    assert what in caught.value.what
    assert hint in caught.value.hint


@pytest.mark.parametrize("call", [ds.redirect, lambda url: ds.view(t"x", url=url)])
def test_urls_stay_on_the_site(call: Callable[[str], Any]) -> None:
    for url in ("//evil.example", "https://evil.example", "javascript:alert(1)", ""):
        with pytest.raises(AnswerError):
            call(url)


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p id=a><b>x</b></p> <br id=b><p id=c>y", []),
        ("<p id=a></p>text<i>x</i>", ["the text 'text'", "<i>"]),
        ("<script id=s>if (a < b) '<p>'</script><b></b>", ["<b>"]),
        ("<svg id=s><path/><g></g></svg><svg /><!-- <i> --><hr>", ["<svg>", "<hr>"]),
        ("<!doctype html><html><head></head><body><p></p></body></html>", []),
        ("</p></p><i></i>", ["<i>"]),
    ],
)
def test_elements_without_a_target_are_found(html: str, found: list[str]) -> None:
    assert list(_without_target(html)) == found


SITE = {
    "both.py": """
        from hyperpy import datastar as ds
        signals: dict[str, int] | None = ds.Signals()
        t"<p>page {signals}</p>"
        async def stream():
            yield t"<p id=a>1</p><p>2</p>"
        """,
    "names.py": "async def stream():\n    for each in range(7):\n        yield 'a', each\n",
    "some.py": "async def stream():\n    yield 'a', 1\n    yield t'<p id=a>'\n",
    "events.py": "from hyperpy import datastar as ds\nasync def stream():\n    yield ds.signals({'a': 1})\n",
    "mixed.py": "import hyperpy.datastar as d\nasync def stream():\n    yield t'<p id=a>'\n    yield d.remove('p')\n",
    "fails.py": "async def stream():\n    yield t'<p id=a>'\n    1 / 0\n",
    "plain.py": """
        from hyperpy import POST
        from hyperpy import datastar as ds
        if POST:
            ds.answer(ds.signals({"a": 1}), "a" and t"<p id=a>")
        """,
    "form.py": """
        from hyperpy import POST, Form, redirect
        from pydantic import BaseModel
        class Contact(BaseModel):
            name: str
        form: Form[Contact]
        if POST and form.ok:
            redirect("?saved=1")
        t"<form method=post>{form.errors}</form>"
        """,
    "old.py": "from hyperpy import redirect\nredirect('/new?a=1&b=`$x`')\n",
    "body.py": """
        from hyperpy import POST
        from hyperpy import datastar as ds
        from dataclasses import dataclass
        @dataclass
        class Page:
            name: str
            size: int = 0
        POST
        signals: Page = ds.Signals()
        t"{signals.name} {signals.size}"
        """,
}


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., Hyper]:
    write_files(tmp_path / "routes", SITE)
    return lambda debug: Hyper(tmp_path / "routes", debug=debug)


async def test_a_client_of_the_wrong_dialect_is_told_under_hyper_dev(app, caplog: pytest.LogCaptureFixture) -> None:
    source = {"accept": "text/event-stream"}
    rows = [
        ("/names", DATASTAR, "ignores its event `a`", 'ds.patch(t"…"'),
        ("/events", source, "can't do anything with an event for Datastar", "for htmx and for Datastar"),
        ("/both", DATASTAR, "both.py:5", "which element of the page <p> is to patch"),
    ]
    for debug in (True, False):
        async with client_of(app(debug)) as client:
            for path, headers, what, hint in rows:
                answer = await client.get(path, headers=headers)
                text = unescape(answer.text)
                assert (what in text) is debug, path
                assert not debug or hint in text
            assert "error" not in (await client.get("/some", headers=DATASTAR)).text
            assert "error" not in (await client.get("/events", headers={"accept": "*/*"})).text
            mixed = await client.get("/mixed", headers={"accept": "text/html"})  # its source has an event
            assert mixed.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [r.levelname for r in caplog.records if "event `a`" in r.getMessage()] == ["WARNING", "INFO"]
    caplog.clear()


async def test_datastar_is_told_of_errors_in_its_dialect(app) -> None:
    async with client_of(app(False)) as client:
        _, error = parsed((await client.get("/fails", headers=DATASTAR)).text)
    assert (error.event, error.retry) == ("datastar-stream-error", 30_000)
    assert re.fullmatch("status 500\nmessage Something went wrong on our side.\nlog [0-9a-f]{8}", error.data)


async def test_answers_without_a_stream(app) -> None:
    async with client_of(app(False)) as client:
        answer = await client.post("/plain", headers=DATASTAR)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.text == frame('signals {"a":1}', kind=SIGNALS) + frame('elements <p id="a">')
        for headers, status in ((DATASTAR, 200), ({}, 422)):  # Datastar ignores any other status
            assert (await client.post("/form", headers=headers, data={"name": ""})).status_code == status
        left = await client.post("/form", headers=DATASTAR, data={"name": "Ada"})
        assert (left.status_code, left.headers["content-length"]) == (200, str(len(left.content)))
        assert r"\u002fform\u003fsaved\u003d1" in left.text
        left = await client.get("/old", headers=DATASTAR)
        assert left.headers["vary"] == "HX-Request, HX-Boosted, Datastar-Request"
        assert re.search(r"\\u0060\\u0024x\\u0060|\\u0025", left.text)
        assert "location" not in left.headers
        assert (await client.get("/old")).status_code == 303


async def test_signals_as_an_input(app) -> None:
    async with client_of(app(False)) as client:
        assert (await client.get("/both")).text == "<p>page </p>"
        rows = [
            ("GET", {"params": {"datastar": '{"name": "é", "other": 1}'}}, 200, "é 0"),
            ("POST", {"json": {"name": "b", "size": 2}}, 200, "b 2"),
            ("POST", {"json": {"size": "x"}}, 422, "name"),
            ("POST", {"params": {"datastar": '{"name": "q"}'}}, 422, "name"),
            ("GET", {"params": {"datastar": '{"name": '}}, 422, "Invalid JSON"),
            ("GET", {"params": {"datastar": "[" * 3000}}, 422, "signals"),
            ("GET", {}, 422, "name"),
            ("POST", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, ""),
            ("POST", {"json": {"name": "x" * 20_000_000}}, 413, ""),
            ("POST", {"data": {"name": "x"}}, 415, ""),
        ]
        for method, options, status, text in rows:
            answer = await client.request(method, "/body", **options)
            assert (answer.status_code, text in answer.text) == (status, True), (method, answer.text[:200])
