"""Pages that are sent in parts, with both transports."""

from pathlib import Path

import pytest

from hyperpy.testing import AnswerFailure, StreamFailure

FILES = {
    "report.py": """
        import asyncio
        from pathlib import Path

        async def until(name):
            while not Path(name).exists():
                await asyncio.sleep(0.01)

        async def stream():
            try:
                yield t"<!doctype html><title>Report</title><main id=m><h1>é</h1>"
                await until("go")
                yield t"<p>April</p>"
                await until("go on")
                yield t"<p>May</p></main>"
            finally:
                Path("left").touch()
        """,
    "broken.py": """
        import asyncio

        async def stream():
            yield t"<!doctype html><p>begun</p>"
            await asyncio.sleep(0.01)
            yield t"<p>{1 / 0}</p>"
        """,
    "index.py": "t'<!doctype html><p>whole</p>'",
    "feed.py": "async def stream():\n    yield 'tick', 1",
}


@pytest.fixture
async def site(opened, write):
    async with opened(write(FILES)) as site:
        yield site


async def test_parts_are_read_as_they_arrive(site):
    async with site.parts("/report") as parts:
        assert parts.response.headers["x-accel-buffering"] == "no"
        assert (await parts.next()).select_one("h1").text == "é"
        assert parts.so_far.select_one("main > h1").text == "é"
        with pytest.raises(StreamFailure) as failure:
            await parts.next(timeout=0.05)
        first, _, *came = str(failure.value).splitlines()
        assert first == "GET /report: nothing more came within 0.05 s; the page is incomplete"
        assert came == ["Received:", '<!doctype html><title>Report</title><main id="m"><h1>é</h1>']
        Path("go").touch()
        assert (await parts.next()).html == "<p>April</p>"
        assert parts.ending is None
        Path("go on").touch()
        page = await parts.rest()
        assert [each.text for each in page.select("main p")] == ["April", "May"]
        assert parts.ending.how == "end"
        with pytest.raises(StreamFailure, match="GET /report: nothing more came; the response ended"):
            await parts.next()


async def test_an_element_can_be_waited_for(site):
    Path("go").touch()
    async with site.parts("/report", timeout=5) as parts:
        assert (await parts.until("p")).text == "April"
        with pytest.raises(StreamFailure, match=r"no element 'p \+ p' came within 0\.05 s"):
            await parts.until("p + p", timeout=0.05)
        with pytest.raises(StreamFailure, match=r"no end came within 0\.05 s"):
            await parts.rest(timeout=0.05)


async def test_an_incomplete_page_can_be_closed(site):
    async with site.parts("/report") as parts:
        await parts.next()
        await parts.close()
        assert Path("left").exists()
        assert parts.ending.how == "left"


async def test_a_page_that_breaks_is_cut(site):
    async with site.parts("/broken") as parts:
        assert (await parts.until("p")).text == "begun"
        with pytest.raises(StreamFailure, match="no end came; the connection was cut: "):
            await parts.rest()
        assert parts.ending.how == "cut"


async def test_a_failing_block_closes_the_page(site):
    with pytest.raises(KeyError):
        async with site.parts("/report"):
            raise KeyError
    assert Path("left").exists()


async def test_a_whole_page_is_one_part(site):
    async with site.parts("/") as parts:
        assert (await parts.rest()).select_one("p").text == "whole"
    Path("go").touch()
    Path("go on").touch()
    assert (await site.page("/report")).select_one("title").text == "Report"


@pytest.mark.parametrize(("path", "status"), [("/nowhere", "404 Not Found"), ("/feed", "200 OK .text/event-stream")])
async def test_a_response_that_is_not_a_page(site, path, status):
    with pytest.raises(AnswerFailure, match=f"GET {path} returned {status}.*, expected a page"):
        async with site.parts(path):
            pass


async def test_a_page_without_any_part(opened):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await receive()
        await receive()

    async with opened(app) as site, site.parts("/") as parts:
        with pytest.raises(
            StreamFailure, match=r"nothing more came within 0\.05 s; the page is incomplete\n\nNothing was received"
        ):
            await parts.next(timeout=0.05)
