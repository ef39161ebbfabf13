"""The maximum age of a stream, and the number of streams that one client may have open."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from hyperpy import Hyper, Settings
from hyperpy.streams import EndReason
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
        assert answer.text == "data: first\n\n"
        assert [record.end_reason for record in app.streams.recent] == [EndReason.TOO_OLD]
        page = await site.get("/page", headers={"Accept": "text/html"})
        assert page.text.endswith("complete")


async def test_the_setting_of_the_application(folder: Path) -> None:
    app = Hyper(folder, static=None, settings=Settings(stream_max_age=0.05))
    async with client(app) as site:
        answer = await site.get("/young", headers={"Accept": "text/event-stream"})
    assert answer.text == "data: first\n\n"


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


async def _refused(site: Site) -> httpx.Response:
    async with asyncio.timeout(5):
        return await site.get("/young", headers={"Accept": "text/event-stream"})
