"""The maximum age of a stream, and the number of streams that one client may have open."""

import asyncio
import logging
from contextlib import AsyncExitStack
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from hyperpy import Hyper, Settings
from hyperpy.streams import EndReason, StreamMode, Streams
from hyperpy.streams.registry import counted_client
from hyperpy.testing import Site, client
from tests.support.until import until

FILES = {
    "old.py": """
import asyncio
from hyperpy import route
route(stream_max_age=0.05)
async def stream():
    try:
        yield t"first"
        await asyncio.Event().wait()
    finally:
        yield t"never sent"
""",
    "young.py": """
import asyncio
async def stream():
    yield t"first"
    await asyncio.Event().wait()
""",
    "resource.py": """
from hyperpy import Depends, response
from ._resource import resource
r: str = Depends(resource)
response.set_cookie("seen", "1")
async def stream():
    yield t"{r}"
""",
    "_resource.py": """
events = []
def resource():
    events.append("opened")
    yield "r"
    events.append("closed")
""",
    "resources.py": "from ._resource import events\nt'{events}'\n",
    "page.py": """
import asyncio
from hyperpy import route
route(stream_max_age=0.01)
async def stream():
    yield t"<!doctype html><p>first"
    await asyncio.sleep(0.2)
    yield t"complete"
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


async def test_a_stream_ends_for_its_age(folder: Path) -> None:
    app = Hyper(folder, static=None)
    async with client(app) as site:
        answer = await site.get("/old", headers={"Accept": "text/event-stream"})
        assert answer.text == "data: first\n\n: reconnect\n\n"
        assert [record.end_reason for record in app.streams.recent] == [EndReason.TOO_OLD]
        page = await site.get("/page", headers={"Accept": "text/html"})
        assert page.text.endswith("complete")


async def test_the_setting_of_the_application(folder: Path) -> None:
    app = Hyper(folder, static=None, settings=Settings(stream_max_age=0.05))
    async with client(app) as site:
        answer = await site.get("/young", headers={"Accept": "text/event-stream"})
    assert answer.text == "data: first\n\n: reconnect\n\n"


async def test_the_number_of_streams_of_a_client(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = Hyper(folder, static=None, settings=Settings(streams_per_client=2))
    async with client(app) as site:
        async with site.stream("/young") as first, site.stream("/young") as second:
            await first.next()
            await second.next()
            with caplog.at_level(logging.WARNING, "hyperpy.streams"):
                refused = await _refused(site)
            assert (refused.status_code, refused.text) == (200, "retry: 30000\n\n")
            assert refused.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert "as many streams open as it may" in caplog.text
            assert len(app.streams) == 2
        await until(lambda: len(app.streams) == 0)
        async with site.stream("/young") as again:
            assert (await again.next()).data == "first"


def test_the_client_that_streams_are_counted_for():
    """Clients in one row are the same, and those of another row are not."""
    table = [
        ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207"],
        ["192.0.2.8"],
        ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0DB8:0001:0002:0:0:0:0"],
        ["2001:db8:1:3::1"],
        ["fe80::1%eth0"],
        ["fe80::2%eth0"],
        ["::1"],
        ["unix:"],
        ["testclient"],
    ]
    counted = [{counted_client(address) for address in row} for row in table]
    assert [len(row) for row in counted] == [1] * len(table)
    assert len(set[str]().union(*counted)) == len(table)
    streams = Streams()
    opened = Mock(record=Mock(mode=StreamMode.SSE, client="2001:db8::1"))
    streams.add(opened)
    asked = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", ""]
    assert [streams.is_full({"client": (address, 1)}, 1) for address in asked] == [True, True, False, False]
    opened.record.end_reason = EndReason.FINISHED
    streams.discard(opened)
    assert not streams.is_full({"client": ("2001:db8::2", 1)}, 1)


async def test_a_refused_stream_closes_its_dependencies(folder: Path) -> None:
    app = Hyper(folder, static=None, settings=Settings(streams_per_client=1))
    async with client(app) as site, site.stream("/young") as first:
        await first.next()
        refused = await site.get("/resource", headers={"Accept": "text/event-stream"})
        assert refused.text == "retry: 30000\n\n"
        assert (await site.get("/resources")).text == "openedclosed"


async def test_many_at_once_and_pages_that_are_sent_in_parts(folder: Path) -> None:
    app = Hyper(folder, static=None, settings=Settings(streams_per_client=3))
    async with client(app) as site:
        page = asyncio.create_task(site.get("/page", headers={"Accept": "text/html"}))
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(site.stream("/young")) for _ in range(3)]
            assert [(await stream.next()).data for stream in streams] == ["first"] * 3
            refused = await asyncio.gather(*[_refused(site) for _ in range(20)])
            assert {answer.text for answer in refused} == {"retry: 30000\n\n"}
        await until(lambda: len(app.streams) == 0)
        async with site.stream("/young") as again:
            assert (await again.next()).data == "first"
        assert (await page).text.endswith("complete")


async def _refused(site: Site) -> httpx.Response:
    async with asyncio.timeout(5):
        return await site.get("/young", headers={"Accept": "text/event-stream"})
