"""`poll` in route files."""

import asyncio

import pytest

from hyperpy.testing import StreamFailure, serve

SERVICES = """
    import threading

    counts = [1]
    threads = set()
    ended = []

    def get_count():
        threads.add(threading.current_thread() is threading.main_thread())
        return counts[-1]
"""
FILES = {
    "_services.py": SERVICES,
    "board/{name}.py": """
        from hyperpy import fragment, poll, render
        from routes._services import ended, get_count

        name: str

        t"<h1>Board</h1><p id=status {fragment}>{name}: {get_count()}</p>"

        async def stream():
            try:
                async for html in poll(lambda: render(fragments="status"), every=0.01):
                    yield html
            finally:
                ended.append(name)
    """,
    "count.py": """
        from hyperpy import poll
        from routes._services import get_count

        async def stream():
            async for count in poll(get_count, every=0.01):
                yield "count", count
                if count == 2:
                    return
    """,
    "broken.py": """
        from hyperpy import poll

        left = [1]

        async def stream():
            async for value in poll(left.pop, every=0.01):
                yield "value", value
    """,
    "add.py": "from hyperpy import JSONResponse\nfrom routes._services import counts\n"
    "counts.append(counts[-1] + 1)\nresponse = JSONResponse(counts)",
    "ended.py": "from hyperpy import JSONResponse\nfrom routes._services import ended\nresponse = JSONResponse(ended)",
}


async def test_a_fragment_is_sent_when_it_has_changed(make):
    async with serve(make(FILES)) as site:
        async with site.stream("/board/a") as first, site.stream("/board/b") as second:
            for number in range(1, 5):
                assert (await first.next()).data == f'<p id="status">a: {number}</p>'
                assert (await second.next()).data == f'<p id="status">b: {number}</p>'
                await site.get("/add")
        while sorted((await site.get("/ended")).json()) != ["a", "b"]:
            await asyncio.sleep(0.01)


async def test_values_are_sent_as_events(make):
    async with serve(make(FILES)) as site, site.stream("/count") as events:
        assert (await events.next()).data == "1"
        await site.get("/add")
        assert [(event.event, event.data) for event in await events.rest()] == [("count", "2")]


async def test_a_failure_is_an_error_of_the_stream(make):
    async with serve(make(FILES)) as site, site.stream("/broken") as events:
        assert (await events.next()).data == "1"
        with pytest.raises(StreamFailure):
            await events.next()
