"""A browser's EventSource, when the site behind nginx restarts."""

from pathlib import Path

import pytest

from tests.conftest import RequireProgram
from tests.docs_support.nginx import proxy
from tests.support.clients import fetch
from tests.support.servers import Command, free_port

FEED = """
import asyncio
from typing import Annotated

from hyperpy import Event, Header

last_event_id: Annotated[str, Header()] = "nothing"


async def stream():
    yield Event(f"after {last_event_id}", id="7")
    await asyncio.Event().wait()
"""

LISTEN = """() => {
    window.events = [];
    window.source = new EventSource('/feed');
    source.onmessage = event => events.push(event.data);
    source.onerror = () => events.push(source.readyState === EventSource.CONNECTING ? 'again' : 'closed');
}"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    routes = tmp_path / "site" / "routes"
    routes.mkdir(parents=True)
    (routes / "index.py").write_text('t"<!doctype html><title>site</title><link rel=icon href=data:,>"\n')
    (routes / "feed.py").write_text(FEED)
    return routes.parent


def test_an_event_source_survives_a_restart(site: Path, tmp_path: Path, require_program: RequireProgram, page) -> None:
    folder, upstream = tmp_path / "nginx", free_port()
    folder.mkdir()
    serve = ("serve", "--port", str(upstream))
    with proxy(upstream, require_program("nginx"), folder) as port:
        with Command(*serve, folder=site) as hyper:
            hyper.port()
            page.goto(f"http://127.0.0.1:{port}")
            page.evaluate(LISTEN)
            page.wait_for_function("events.includes('after nothing')")
        # The end of the stream is the first, and responses of nginx alone are the others.
        page.wait_for_function("events.filter(event => event === 'again').length >= 3")
        assert fetch(port)[0] == 502
        assert fetch(port, "/feed", Accept="text/event-stream") == (200, "retry: 1000\n\n")
        with Command(*serve, folder=site):
            page.wait_for_function("events.includes('after 7')")
    events = page.evaluate("events")
    assert events[0] == "after nothing"
    assert "closed" not in events
