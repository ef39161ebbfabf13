"""`poll` in route files, served."""

import asyncio

from tests.e2e.running import EVENT_SOURCE, all_events, client_at, events_of, in_thread

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


async def test_fragments_are_sent_when_they_have_changed(make):
    with in_thread(make(FILES)) as port:
        async with client_at(port, EVENT_SOURCE) as client:
            async with events_of(client, "/board/a") as first, events_of(client, "/board/b") as second:
                for number in range(1, 5):
                    assert (await anext(first)).data == f'<p id="status">a: {number}</p>'
                    assert (await anext(second)).data == f'<p id="status">b: {number}</p>'
                    await client.get("/add")
            while sorted((await client.get("/ended")).json()) != ["a", "b"]:
                await asyncio.sleep(0.01)


async def test_values_are_sent_as_events(make):
    with in_thread(make(FILES)) as port:
        async with client_at(port, EVENT_SOURCE) as client, events_of(client, "/count") as events:
            assert (await anext(events)).data == "1"
            await client.get("/add")
            assert [(event.event, event.data) async for event in events] == [("count", "2"), ("close", "")]


async def test_a_failure_is_a_streams_error(make):
    with in_thread(make(FILES)) as port:
        async with client_at(port, EVENT_SOURCE) as client:
            assert [name for name, _ in await all_events(client, "/broken")] == ["value", "stream-error"]
