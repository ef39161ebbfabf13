"""A browser's EventSource reconnects with the last id that it received."""

import json
from pathlib import Path

import pytest

from tests.browser.conftest import serve

# The first connection receives an id and breaks off. The second receives the id that it sent.
ROUTE = """
import json
from typing import Annotated

from hyperpy import Event, Header, JSON, StreamingResponse
from hyperpy.streams import encode_event

last: Annotated[str | None, Header(alias="Last-Event-ID")]
number: int
IDS = json.loads({ids!r})

if last is None:
    given = encode_event(Event("given", id=IDS[number], retry=10))
    response = StreamingResponse(iter([given]), media_type="text/event-stream")


async def stream():
    yield "back", JSON(last)
"""
COLLECT = """
(url) => new Promise((resolve, reject) => {
    const source = new EventSource(url);
    source.addEventListener("back", event => { source.close(); resolve(JSON.parse(event.data)); });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) reject("it is closed for good"); };
})
"""
IDS = [
    *("7", 7, -1, "née", "Ã©", "日本語", "🧂 and 🌶", "a b  c", "a\tb", "\u00a0", "\u0085", "\ufffd", "%C3%A9"),
    *('"quoted", with; signs', "x" * 2000),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("resuming")
    (folder / "routes").mkdir()
    (folder / "routes" / "index.py").write_text('t"<!doctype html><title>resuming</title>"\n')
    (folder / "routes" / "{number}.py").write_text(ROUTE.format(ids=json.dumps(IDS)))
    with serve(folder) as url:
        yield url


def test_an_id_is_sent_back_unchanged(page, site):
    page.goto(site)
    assert [page.evaluate(COLLECT, f"/{number}") for number in range(len(IDS))] == [str(id) for id in IDS]
