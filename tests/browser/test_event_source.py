"""The events that a browser's EventSource receives, and when it stops."""

import json
from pathlib import Path

import pytest

from tests.browser.conftest import serve

# A stream that yields the values of its test, and counts its runs.
STREAM = """
from pathlib import Path

from hyperpy import Event, JSON


async def stream():
    with Path({name!r}).open("a") as runs:
        runs.write("x")
    yield Event(retry=20)
    {statement}
"""

# The values that a stream yields, and their events: name, data, last event id.
CASES = {
    "lines": (r'yield "one\r\ntwo\rthree\nfour"', [("message", "one\ntwo\nthree\nfour", "")]),
    "blank-lines": (r'yield "\n\none\n\n"', [("message", "\n\none\n\n", "")]),
    "no-line-ends": (
        r'yield "a\u2028b\u2029c\x85d\x0be\x0cf"',
        [("message", "a\u2028b\u2029c\x85d\x0be\x0cf", "")],
    ),
    "byte-order-mark": (r'yield "\ufefffirst"', [("message", "\ufefffirst", "")]),
    "colons-and-spaces": (r'yield "  : data: x"', [("message", "  : data: x", "")]),
    "text": ('yield "<b>&"', [("message", "&lt;b&gt;&amp;", "")]),
    "html": (r'yield t"<p>\n  {1 + 1}\n</p>"', [("message", "<p>\n  2\n</p>", "")]),
    "names": (
        'yield "price", 42; yield "price", t"<b>7</b>"; yield Event("x", event="stock")',
        [("price", "42", ""), ("price", "<b>7</b>", ""), ("stock", "x", "")],
    ),
    "json": (
        r'yield "state", {"text": "a\n\u2028", "list": [1, None, True]}; yield JSON("42")',
        [("state", '{"text":"a\\n\u2028","list":[1,null,true]}', ""), ("message", '"42"', "")],
    ),
    "ids": (
        'yield Event("a", id="7"); yield "b"; yield {"data": "c", "id": "ü"}',
        [("message", "a", "7"), ("message", "b", "7"), ("message", "c", "ü")],
    ),
    "comments": ('yield Event(comment="nothing to see"); yield "after"', [("message", "after", "")]),
    "empty": ('yield ""', [("message", "", "")]),
    "nothing": ("if False: yield", []),
}

# Collects events until the source has lost its connection, and until it would have reconnected if it didn't have to
# wait for a day.
COLLECT = """
([url, names]) => new Promise((resolve, reject) => {
    const source = new EventSource(url), events = [];
    for (const name of names) {
        source.addEventListener(name, event => events.push([name, event.data, event.lastEventId]));
    }
    let opened = 0;
    source.onopen = () => {
        if (++opened > 1) reject(`it began again after ${JSON.stringify(events)}`);
    };
    source.onerror = async () => {
        for (let requests = 0; requests < 20; requests++) await fetch("/");
        resolve(events);
        source.close();
    };
})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    routes = folder / "routes"
    routes.mkdir()
    (routes / "index.py").write_text('t"<!doctype html><title>streams</title>"\n')
    statements = {name: statement for name, (statement, _) in CASES.items()}
    statements["broken"] = 'yield "one"; raise ValueError("secret")'
    for name, statement in statements.items():
        (routes / f"{name}.py").write_text(STREAM.format(name=name, statement=statement))
    return folder


@pytest.fixture(scope="module")
def streams(folder: Path):
    with serve(folder) as url:
        yield url


def test_each_value_arrives_as_its_event_and_the_stream_ends(page, streams, folder):
    """The source does not reconnect after the end. The generator has run once."""
    responses = []
    page.on("response", lambda response: responses.append((response.status, response.request.url)))
    page.goto(streams)
    wrong = {}
    for name, (_, expected) in CASES.items():
        names = {"message", "close", "stream-error"} | {event for event, _, _ in expected}
        events = [tuple(event) for event in page.evaluate(COLLECT, [f"/{name}", sorted(names)])]
        statuses = [status for status, url in responses if url.endswith(f"/{name}")]
        if (events, statuses) != ([*expected, ("close", "", "close")], [200]):
            wrong[name] = events, statuses
        assert (folder / name).read_text() == "x", name
    assert wrong == {}


def test_a_stream_error_is_not_a_connection_error(page, streams):
    page.goto(streams)
    event, data, id = page.evaluate(
        """() => new Promise((resolve, reject) => {
            const source = new EventSource('/broken');
            source.onerror = () => reject('the connection broke first');
            source.addEventListener('stream-error', event => {
                source.close();
                resolve([event.type, event.data, event.lastEventId]);
            });
        })"""
    )
    assert (event, id) == ("stream-error", "")
    assert json.loads(data).keys() == {"status", "message", "log"}
    assert "secret" not in data
