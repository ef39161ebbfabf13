"""Streams with their events, and channels with their messages."""

from starlette.responses import StreamingResponse

from hyperpy import channel
from hyperpy.inspector.frames import FrameReader
from hyperpy.inspector.history import CHANNELS, EVENTS, Records, RequestEntry
from tests.support.until import until

SITE = {
    "live.py": """
        from hyperpy import channel

        async def stream():
            async with channel("news").subscribe() as messages:
                yield t"<p>{'x' * 500}</p>"
                yield "tick", {"i": 1}
                yield {"comment": "hush"}
                async for message in messages:
                    yield message.event(message.data, name="news")
    """,
    "ends.py": "async def stream():\n    yield 'one'\n",
    "fails.py": "async def stream():\n    yield 'one'\n    raise ValueError('two')\n",
    "slow.py": """
        import asyncio

        async def stream():
            yield t"<!doctype html><p>1</p>"
            await asyncio.sleep(0.01)
            yield t"<p>2</p>"
    """,
}


async def test_events_appear_as_they_happen(inspect):
    async with inspect(SITE) as (inspector, site):
        records = inspector.records
        async with site.stream("/live") as events, site.stream("/_hyper/streams") as page:
            await events.next()
            await until(lambda: records.open and records.open[0].count == 3)
            (stream,) = records.open
            assert [event.frame.kind for event in stream.events] == ["message", "tick", "comment"]
            first = stream.events[0].frame
            assert (len(first.preview), first.size) == (200, 513)
            await channel("news").publish({"text": "hello"})
            while "{&#34;text&#34;:&#34;hello&#34;}" not in (shown := (await page.next()).data):
                pass
            assert "/live" in shown
            assert "127.0.0.1:" in shown
            details = (await site.page(f"/_hyper/streams/{stream.number}")).text
            assert "hush" in details
        await until(lambda: records.ended)
        assert (records.ended[0].reason, records.open) == ("the client left", [])


async def test_ended_streams_have_their_reason(inspect):
    async with inspect(SITE) as (inspector, site):
        for path in ("/ends", "/fails"):
            await site.get(path, headers={"accept": "text/event-stream"})
        async with site.parts("/slow") as parts:
            await parts.rest()
        await until(lambda: len(inspector.records.ended) == 3)
        found = [(stream.request.path, stream.kind, stream.reason) for stream in inspector.records.ended]
        assert found == [
            ("/slow", "progressive HTML", "finished"),
            ("/fails", "events", "failed: ValueError: two"),
            ("/ends", "events", "finished"),
        ]
        assert inspector.records.ended[2].events[-1].frame.kind == "close"
        assert "failed: ValueError: two" in (await site.page("/_hyper/streams")).text


async def test_streams_of_other_frameworks(inspect):
    async def app(scope, receive, send):
        async def events():
            yield "event: a\ndata: 1\n\nda"
            yield "ta: 2\n\n"

        await StreamingResponse(events(), media_type="text/event-stream")(scope, receive, send)

    async with inspect(app) as (inspector, site):
        async with site.stream("/") as events:
            await events.next()
        await until(lambda: inspector.records.ended)
        (stream,) = inspector.records.ended
        assert [event.frame.kind for event in stream.events] == ["a", "message"]


def test_frames():
    text = "event: a\ndata: 1\ndata: 2\n\n: ping\n\nretry: 5\n\r\ndata\n\nid: 4\rdata: é\r\rdata: unfinished"
    frames = FrameReader()
    found = [frame for byte in text.encode() for frame in frames.push(bytes([byte]))]
    assert [(frame.kind, frame.preview) for frame in found] == [
        ("a", "1\n2"),
        ("comment", "ping"),
        ("retry", "retry: 5"),
        ("message", ""),
        ("message", "é"),
    ]


def test_a_frame_that_never_ends_is_cut():
    frames = FrameReader()
    assert [list(frames.push(b"data: " + b"x" * 50_000)) for _ in range(4)] == [[]] * 4
    (frame,) = frames.push(b"\n\n")
    assert frame.size == 4 * 50_006


async def test_channels(inspect):
    async with inspect(SITE) as (inspector, site):
        async with site.stream("/live") as events:
            await events.next()
            await channel("news").publish("heard")
            await channel("news").publish("again")
            await channel("quiet").publish("x" * 500)
            await until(lambda: len(inspector.records.channel(channel("news")._key).messages) == 2)
            page = await site.page("/_hyper/channels")
            rows = [[cell.text for cell in row.select("th, td")] for row in page.select("table")[0].select("tbody tr")]
            assert [row[:3] for row in rows] == [["news", "1", "2"], ["quiet", "0", "1"]]
            assert "memory://" in page.text
        await channel("news").close()
        entries = {entry.name: entry for entry in inspector.records.channels.values()}
        assert entries["news"].closed
        assert [message.preview for message in entries["news"].messages] == ['"heard"', '"again"']
        assert (entries["quiet"].messages[0].size, len(entries["quiet"].messages[0].preview)) == (502, 200)


async def test_what_is_kept_is_bounded(inspect):
    async with inspect(SITE) as (inspector, _):
        for number in range(CHANNELS + 3):
            await channel(f"room:{number}").publish(number)
        assert len(inspector.records.channels) == CHANNELS
    records = Records()
    entry = RequestEntry(1, "GET", "/", "", [], (), False)
    stream = records.open_stream(entry)
    frames = FrameReader()
    records.sent(stream, frames.push(b"data: 1\n\n" * (EVENTS + 7)))
    assert (stream.count, len(stream.events)) == (EVENTS + 7, EVENTS)


async def test_updates_stop_with_their_page(inspect):
    async with inspect(SITE) as (inspector, site):
        async with site.stream("/_hyper/requests") as page:
            await page.next()
            assert inspector.records.changes._waiting
        await until(lambda: not inspector.records.changes._waiting)
