"""The records of open and ended streams."""

import asyncio
import re

import pytest
from starlette.exceptions import HTTPException

from hyperpy.exceptions import EventError
from hyperpy.streams import (
    CLOSE,
    PING,
    EndReason,
    EventStream,
    HTMLStream,
    PageStream,
    StreamLimits,
    StreamMode,
    StreamRecord,
    Streams,
)
from tests.streams.wire import QUICK, Lasting, Wire

SCOPE = {"type": "http", "path": "/feed", "client": ("127.0.0.1", 5000)}


def message(record) -> str:
    return record.getMessage()


@pytest.fixture
def lines(caplog):
    """The log lines of ended streams, without their times."""

    def logged() -> list[str]:
        found = [message(record) for record in caplog.records if record.levelname == "INFO"]
        return [re.sub(r" in [\d.,]+ m?s;", " in a while;", line) for line in found]

    return logged


def test_the_record_of_an_open_stream_is_up_to_date(run):
    async def check():
        streams, wire = Streams(), Wire()
        task = wire.start(Lasting("ä", "b")(), streams=streams)
        await wire.until("data: b")
        [record] = streams
        assert (record.file, record.path, record.client, record.mode) == (
            "routes/feed.py",
            "/feed",
            "127.0.0.1",
            StreamMode.SSE,
        )
        assert (record.events, record.bytes) == (2, len("data: ä\n\ndata: b\n\n".encode()))
        assert record.end_reason is None
        before = record.age
        await asyncio.sleep(0.01)
        assert record.age > before
        wire.gone.set()
        await task
        assert list(streams) == []
        assert list(streams.recent) == [record]
        assert record.end_reason is EndReason.CLIENT_LEFT
        assert record.age == record.age

    run(check)


async def one():
    yield "a"


async def wrong():
    yield "a"
    raise ValueError("sec\nret")


async def wrong_at_once():
    raise ValueError("secret")
    yield


async def refused():
    yield "a"
    raise HTTPException(403, "Not\x1b you")


async def waits():
    yield "a"
    await asyncio.Event().wait()


async def floods():
    while True:
        yield "x" * 100_000


SENT = f"1 event, {len('data: a\n\n' + CLOSE)} B in a while; "


@pytest.mark.parametrize(
    ("generator", "kind", "act", "ending", "line"),
    [
        (one, EventStream, "", EndReason.FINISHED, f"{SENT}finished"),
        (one, HTMLStream, "", EndReason.FINISHED, "1 part, 1 B in a while; finished"),
        (waits, EventStream, "gone", EndReason.CLIENT_LEFT, "1 event, 9 B in a while; the client left"),
        (waits, EventStream, "close", EndReason.DRAINING, "1 event, 22 B in a while; the server stops"),
        (waits, EventStream, "cancel", EndReason.CANCELLED, "1 event, 9 B in a while; the request was cancelled"),
        (
            floods,
            EventStream,
            "block",
            EndReason.CLIENT_STALLED,
            "0 events, 0 B in a while; the client stalled: a send did not end within 0.1 s",
        ),
        (
            wrong,
            EventStream,
            "",
            EndReason.FAILED,
            r"1 event, \d+ B in a while; failed: ValueError: sec\\nret \[(.*)\]",
        ),
        (wrong, HTMLStream, "", EndReason.FAILED, r"1 part, 1 B in a while; failed: ValueError: sec\\nret"),
        (wrong_at_once, EventStream, "", EndReason.FAILED, "0 events, 0 B in a while; failed: ValueError: secret"),
        (
            refused,
            EventStream,
            "",
            EndReason.FAILED,
            r"1 event, \d+ B in a while; failed: HTTPException: 403: Not\\x1b you \[(.*)\]",
        ),
        (
            one,
            EventStream,
            "break",
            EndReason.BROKEN,
            "0 events, 0 B in a while; sending failed: KeyError: 'a middleware'",
        ),
    ],
)
def test_each_end_reason_is_logged_in_one_line(run, lines, caplog, generator, kind, act, ending, line):
    async def check():
        streams, wire = Streams(), Wire(blocked=act == "block")
        if act == "break":
            wire.error = KeyError("a middleware")
        limits = StreamLimits(headers=0.02, send=0.1 if act == "block" else 60, last_send=0.05)
        task = wire.start(generator(), kind, limits, streams)
        if act in ("gone", "close", "cancel"):
            await wire.until("a")
            {"gone": wire.gone.set, "close": streams.close, "cancel": task.cancel}[act]()
        await asyncio.gather(task, return_exceptions=True)
        assert streams.opened == 1
        assert streams.ended == dict.fromkeys(EndReason, 0) | {ending: 1}
        [record] = streams.recent
        assert record.failure is None

    run(check)
    [logged] = lines()
    found = re.fullmatch(rf"routes/feed\.py /feed 127\.0\.0\.1: {line}", logged)
    assert found
    if found.groups() and generator is wrong:
        assert found[1] in message(caplog.records[0])  # beside the traceback


def test_pings_count_as_bytes_but_not_as_events(run):
    async def check():
        streams, wire = Streams(), Wire()
        task = wire.start(Lasting("a")(), limits=StreamLimits(ping=0.02), streams=streams)
        await wire.until(PING)
        [record] = streams
        assert record.events == 1
        assert record.bytes == len(wire.text)
        wire.gone.set()
        await task

    run(check)


def test_a_complete_page_is_not_logged_as_a_stream(run, lines):
    async def check():
        await Wire().start(one(), PageStream)
        wire = Wire()
        task = wire.start(waits(), PageStream)
        await wire.until("a")
        wire.gone.set()
        await task

    run(check)
    assert lines() == ["routes/feed.py /feed 127.0.0.1: 1 part, 1 B in a while; the client left"]


def test_recent_streams_are_kept(run):
    async def check():
        streams = Streams()
        for _ in range(60):
            await Wire().start(one(), limits=QUICK, streams=streams)
        assert len(streams.recent) == 50
        assert streams.ended[EndReason.FINISHED] == streams.opened == 60

    run(check)


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ({"path": "/a b"}, "routes/feed.py /a%20b -: "),
        ({"path": "/ü\n\x1b[31m1.2.3.4: 1 event"}, "routes/feed.py /%C3%BC%0A%1B%5B31m1.2.3.4%3A%201%20event -: "),
        ({"path": "/\udc80"}, r"routes/feed.py /%5Cudc80 -: "),
        ({"path": "/", "client": None}, "routes/feed.py / -: "),
        ({"path": "/", "client": ("::1", 1)}, "routes/feed.py / ::1: "),
        ({"path": "/", "client": ("x\r\n\u202e", 1)}, r"routes/feed.py / x\r\n\u202e: "),
        ({"path": "/" + "a" * 5000}, "routes/feed.py /" + "a" * 199 + " -: "),
        ({"path": "/feed", "query_string": b"token=secret"}, "routes/feed.py /feed -: "),
    ],
)
def test_a_client_can_not_forge_a_log_line(scope, line):
    assert str(StreamRecord("routes/feed.py", "", StreamMode.SSE, scope)).partition("0 events")[0] == line


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3174, "3.1 KiB"),
        (5 * 1024**2, "5.0 MiB"),
        (7 * 1024**3, "7.0 GiB"),
        (4096 * 1024**4, "4096.0 TiB"),
    ],
)
def test_sizes(count, size):
    record = StreamRecord("routes/feed.py", "", StreamMode.SSE, SCOPE)
    record.bytes = count
    assert f", {size} in " in str(record)


@pytest.mark.parametrize(("seconds", "time"), [(0.0123, "12 ms"), (12.345, "12.3 s"), (5000, "5,000.0 s")])
def test_times(seconds, time):
    record = StreamRecord("routes/feed.py", "", StreamMode.SSE, SCOPE)
    record.end(EndReason.FINISHED)
    record.ended_at = record.opened_at + seconds
    assert str(record).endswith(f" in {time}; finished")


def test_the_message_of_an_error_is_recorded_without_its_hint():
    record = StreamRecord("routes/feed.py", "", StreamMode.SSE, SCOPE)
    record.failed(EventError("a stream can't send int", hint="Yield HTML."))
    assert record.error == "EventError: a stream can't send int"
