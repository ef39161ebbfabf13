"""One flush for all streams of a loop: each is on its own in it."""

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest
from markupsafe import Markup

from hyperpy.streams import StreamMode
from hyperpy.streams.events import joined_events
from hyperpy.streams.sending import FairShare, Flusher
from hyperpy.streams.sending.flusher import MOST
from hyperpy.streams.sending.outbox import Outbox
from hyperpy.streams.sending.part_writer import PartWriter
from hyperpy.streams.stream_record import StreamRecord

visitor = ContextVar("visitor", default="nobody")


class Server(PartWriter):
    """Takes chunks, unless it is `paused` for a slow client or `broken`. `seen` is the context of what it is sent."""

    def __init__(self) -> None:
        self.paused = False
        self.broken: Exception | None = None
        self.got: list[bytes] = []
        self.seen: list[str] = []

    async def send(self, message: Any) -> None:
        await asyncio.sleep(0)
        self.got.append(message.get("body", b""))
        self.seen.append(visitor.get())

    def writes_parts(self) -> bool:
        return True

    def write_part(self, size: int, chunk: bytes) -> bool:
        if self.broken:
            raise self.broken
        if not self.paused:
            self.got.append(chunk)
        return not self.paused


async def started(flusher: Flusher, server: Server, failures: list[Any]) -> Outbox:
    record = StreamRecord("routes/live.py", "/live", StreamMode.SSE, {})
    outbox = Outbox(asyncio.get_running_loop(), server.send, dict, failures.append, record, flusher)
    outbox.put("first")
    while outbox.sending or not outbox.started:
        await asyncio.sleep(0)
    server.got.clear()
    server.seen.clear()
    return outbox


@pytest.mark.parametrize("error", [OSError("left"), RuntimeError("broken")])
async def test_a_write_that_fails_does_not_stop_the_others(error):
    flusher, servers, failures = Flusher("".join, FairShare()), [Server(), Server(), Server()], []
    outboxes = [await started(flusher, server, failures) for server in servers]
    servers[1].broken = error
    for outbox in outboxes:
        outbox.put("event")
    await asyncio.sleep(0)
    assert [server.got for server in servers] == [[b"5\r\nevent\r\n"], [], [b"5\r\nevent\r\n"]]
    assert failures == [None if isinstance(error, OSError) else error]
    assert [outbox.closed for outbox in outboxes] == [False, True, False]


async def test_a_slow_client_gets_its_event_in_no_other_streams_context():
    flusher, fast, slow = Flusher("".join, FairShare()), Server(), Server()
    outboxes = [await started(flusher, server, []) for server in (fast, slow)]
    slow.paused = True
    visitor.set("Ada")  # the generator whose event schedules the flush
    for outbox in outboxes:
        outbox.put("event")
    while outboxes[1].sending or outboxes[1].is_due:
        await asyncio.sleep(0)
    assert (fast.got, slow.got) == ([b"5\r\nevent\r\n"], [b"event"])
    assert slow.seen == ["nobody"]


async def test_html_and_an_encoded_event_of_the_same_text_differ():
    flusher, servers = Flusher(joined_events, FairShare()), [Server(), Server(), Server()]
    outboxes = [await started(flusher, server, []) for server in servers]
    text = "data: x\n\n"
    for outbox, chunk in zip(outboxes, (text, Markup(text), text), strict=True):
        outbox.put(chunk)
    await asyncio.sleep(0)
    once, twice = b"9\r\ndata: x\n\n\r\n", b"1d\r\ndata: data: x\ndata: \ndata: \n\n\r\n"
    assert [server.got for server in servers] == [[once], [twice], [once]]


async def test_a_long_broadcast_is_sent_in_parts_of_limited_length():
    flusher, servers = Flusher("".join, FairShare()), [Server() for _ in range(2 * MOST + 1)]
    outboxes = [await started(flusher, server, []) for server in servers]
    for number, outbox in enumerate(outboxes):
        outbox.put("event")
        assert sum(bool(server.got) for server in servers) == number // MOST * MOST
    await asyncio.sleep(0)
    assert all(server.got == [b"5\r\nevent\r\n"] for server in servers)
