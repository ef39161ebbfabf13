"""Values that route files yield, byte for byte on the wire and as two clients parse them."""

import asyncio
import json
import re
from dataclasses import replace

import pytest

from hyperpy.streams import LIMITS
from hyperpy.testing import serve
from tests.streams.parsing import parse
from tests.support.clients import EVENT_SOURCE, client_at, events_of
from tests.support.raw_client import RawClient
from tests.support.servers import hyper_serve
from tests.support.sites import write_files

# A yielded expression, and the event that the client receives: name, data, id, retry.
YIELDS = [
    ("t'<b>{1}</b>'", ("message", "<b>1</b>")),
    ("'a <b>'", ("message", "a &lt;b&gt;")),
    ("Markup('<b>')", ("message", "<b>")),
    ("html(t'<i>{2}</i>')", ("message", "<i>2</i>")),
    ("'lf\\ncr\\rcrlf\\r\\nend'", ("message", "lf\ncr\ncrlf\nend")),
    ("'mixed\\n\\r\\r\\n\\n'", ("message", "mixed\n\n\n\n")),
    ("'trailing\\n'", ("message", "trailing\n")),
    ("'\\n'", ("message", "\n")),
    ("('empty', '')", ("empty", "")),
    ("{'event': 'bare'}", ("bare", "")),
    ("'a\\u2028b\\u2029c\\x85d\\ve\\ff\\x1cg'", ("message", "a\u2028b\u2029c\x85d\ve\ff\x1cg")),
    ("'nul \\0 stays'", ("message", "nul \0 stays")),
    ("Event(' leading')", ("message", " leading")),
    (
        "'event: forged\\n\\ndata: x\\n: y\\nid: 9\\nretry: 1'",
        ("message", "event: forged\n\ndata: x\n: y\nid: 9\nretry: 1"),
    ),
    ("('json', {'k': '<v>\\n', 'n': None})", ("json", '{"k":"<v>\\n","n":null}')),
    ("('list', [1, 2.5, True])", ("list", "[1,2.5,true]")),
    ("('number', 42)", ("number", "42")),
    ("('yes', True)", ("yes", "true")),
    ("('none', None)", ("none", "null")),
    ("('point', Point(1, 2))", ("point", '{"x":1,"y":2}')),
    ("JSON('42')", ("message", '"42"')),
    ("42", ("message", "42")),
    ("[1, False]", ("message", "[1,false]")),
    ("Point(1, 2)", ("message", '{"x":1,"y":2}')),
    ("('message', t'<p>')", ("message", "<p>")),
    ("{'data': {'a': 1}}", ("message", '{"a":1}')),
    ("{'data': t'<b>{\"<\"}</b>', 'event': 'html', 'id': 'x7'}", ("html", "<b>&lt;</b>", "x7")),
    ("{'data': 'd', 'id': 8, 'retry': 1500, 'comment': 'two\\nlines'}", ("message", "d", "8", 1500)),
    ("Event({'a': 1}, event='typed', id='9', retry=0)", ("typed", '{"a":1}', "9", 0)),
    ("Event(JSON('s'), event='typed')", ("typed", '"s"', "9")),
    ("{'id': ''}", None),
    ("{'comment': 'no event'}", None),
    ("{'retry': 2500}", None),
    ("'ünï ☃ 𝄞'", ("message", "ünï ☃ 𝄞")),
    ("'x' * 100_000", ("message", "x" * 100_000)),
]
BAD = [
    "('a\\nb', 1)",
    "('a\\rb', 1)",
    "('a\\0b', 1)",
    "('', 1)",
    "{'id': 'a\\nb', 'data': 1}",
    "{'id': 'a\\0', 'data': 1}",
    "{'id': 'close', 'data': 1}",
    "{'retry': -1}",
    "{'retry': 1.5}",
    "{'retry': True}",
    "{'retry': '10'}",
    "{'dta': 1}",
    "{}",
    "(1, 2)",
    "('a', 1, 2)",
    "None",
    "{1, 2}",
    "b'bytes'",
    "('a', b'bytes')",
    "('a', object())",
]

HEAD = "from dataclasses import dataclass\nfrom hyper import JSON, Event, Markup, html\n"
HEAD += "@dataclass\nclass Point:\n    x: int\n    y: int\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    def stream(lines):
        return HEAD + "async def stream():\n" + "".join(f"    yield {line}\n" for line in lines)

    files = {"routes/all.py": stream([expression for expression, _ in YIELDS])}
    files["routes/slowly.py"] = files["routes/all.py"].replace("    yield", "    await asyncio.sleep(0)\n    yield")
    files["routes/slowly.py"] = "import asyncio\n" + files["routes/slowly.py"]
    for number, bad in enumerate(BAD):
        files[f"routes/bad{number}.py"] = stream(["'before', 1", bad, "'after', 2"])
        files[f"routes/first{number}.py"] = stream([bad, "'after', 2"])
    with hyper_serve(write_files(tmp_path_factory.mktemp("wire"), files)) as command:
        yield command


def body_of(command, path):
    """The body of a stream without its chunks."""
    with RawClient(command.port()) as connection:
        connection.get(path, Accept=EVENT_SOURCE, Connection="close").read_all()
        return connection.body


@pytest.mark.parametrize("path", ["/all", "/slowly"])
@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_every_yield_arrives_as_its_event(site, path, piece):
    body = body_of(site, path)
    parser = parse(b"")
    for start in range(0, len(body), piece):
        parser.feed(body[start : start + piece])
    expected = [event[:2] for _, event in YIELDS if event] + [("close", "")]
    assert [(event.type, event.data) for event in parser.events] == expected
    ids = {event.data: event.last_event_id for event in parser.events}
    assert (ids["<b>&lt;</b>"], ids["d"], ids['"s"'], ids["ünï ☃ 𝄞"], ids[""]) == ("x7", "8", "9", "", "close")
    assert parser.reconnection_time == 86_400_000
    assert b"\n\nretry: 2500\n\n" in body
    assert body.endswith(b"\n\n")
    assert b"\r" not in body
    assert b": two\n: lines\n" in body


async def test_httpx_sse_parses_the_same_events(site):
    async with client_at(site.port(), EVENT_SOURCE) as client, events_of(client, "/all") as events:
        seen = [(event.event, event.data, event.retry) async for event in events]
    expected = [(event[0], event[1], event[3] if len(event) > 3 else None) for _, event in YIELDS if event]
    # It takes blocks without data for events as well.
    with_data = [each for each in seen if each[:2] != ("message", "")]
    assert with_data == [*expected, ("close", "", 86_400_000)]


def test_an_invalid_value_ends_the_stream_before_any_byte_of_it(site):
    for number, expression in enumerate(BAD):
        parser = parse(body_of(site, f"/bad{number}"))
        assert [event.type for event in parser.events] == ["before", "stream-error"], expression
        assert set(json.loads(parser.events[1].data)) == {"status", "message", "log"}, expression
        site.wait_for_output(rf"bad{number}\.py:9\b")


def test_an_invalid_first_value_is_an_error_page(site):
    for number, expression in enumerate(BAD):
        with RawClient(site.port()) as connection:
            connection.get(f"/first{number}", Accept=EVENT_SOURCE, Connection="close")
            assert connection.read_all().startswith(b"HTTP/1.1 500 "), expression
        site.wait_for_output(rf"first{number}\.py:8\b")


async def test_pings_fill_silences_and_never_split_an_event(make):
    app = make(
        {
            "busy.py": "import asyncio\nasync def stream():\n    for n in range(40):\n        yield 'tick', n\n"
            "        await asyncio.sleep(0.005)\n",
            "quiet.py": "import asyncio\nasync def stream():\n    yield 'a\\nb'\n    await asyncio.sleep(0.5)\n"
            "    yield 'c\\nd'\n",
        }
    )
    app.limits = replace(LIMITS, ping=0.05)
    async with serve(app) as site:
        site.headers["accept"] = EVENT_SOURCE
        bodies = [response.content for response in await asyncio.gather(site.get("/quiet"), site.get("/busy"))]
    assert re.fullmatch(
        rb"data: a\ndata: b\n\n(: ping\n\n)+data: c\ndata: d\n\nevent: close\nid: close\nretry: 86400000\ndata: \n\n",
        bodies[0],
    )
    assert [event.type for event in parse(bodies[1]).events] == ["tick"] * 40 + ["close"]
