"""One flush for all streams of a loop: each is on its own in it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest
from markupsafe import Markup
from starlette.requests import ClientDisconnect

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


class Middleware:
    """A `send` that hyperpy doesn't know. It runs `before` each part, in a context where the visitor is `sees`."""

    def __init__(self, sees: str = "nobody", before: Callable[[], Awaitable[None]] | None = None) -> None:
        self.sees = sees
        self.before = before
        self.got: list[bytes] = []
        self.seen: list[str] = []
        self.tasks: list[asyncio.Task[Any] | None] = []

    async def __call__(self, message: Any) -> None:
        self.tasks.append(asyncio.current_task())
        self.seen.append(visitor.get())
        token = visitor.set("the middleware's own")
        if message and self.before:
            await self.before()
        visitor.reset(token)
        self.seen.append(visitor.get())
        self.got.append(message.get("body", b""))


async def opened(flusher: Flusher, send: Middleware, failures: list[Any]) -> Outbox:
    record = StreamRecord("routes/live.py", "/live", StreamMode.SSE, {})
    outbox = Outbox(asyncio.get_running_loop(), send, dict, failures.append, record, flusher)
    before, send.before = send.before, None
    put(outbox, send, "first")
    while outbox.sending or not outbox.started:
        await asyncio.sleep(0)
    send.before = before
    for seen in (send.got, send.seen, send.tasks):
        seen.clear()
    return outbox


def put(outbox: Outbox, send: Middleware, chunk: str) -> None:
    """Yield an item, as the generator whose visitor the middleware has to see."""
    token = visitor.set(send.sees)
    outbox.put(chunk)
    visitor.reset(token)


async def test_middleware_sees_the_context_of_its_own_stream_even_if_it_waits():
    may_go_on = asyncio.Event()
    flusher = Flusher("".join, FairShare())
    sends = [Middleware("Ada"), Middleware("Bob", may_go_on.wait), Middleware("Eve")]
    outboxes = [await opened(flusher, send, []) for send in sends]
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    await asyncio.sleep(0)
    assert [send.got for send in sends] == [[b"event"], [], [b"event"]]
    for chunk in ("while it waits", ", twice"):
        put(outboxes[1], sends[1], chunk)
    may_go_on.set()
    while outboxes[1].sending or outboxes[1].is_due:
        await asyncio.sleep(0)
    assert sends[1].got == [b"event", b"while it waits, twice"]
    assert [send.seen for send in sends] == [["Ada"] * 2, ["Bob"] * 4, ["Eve"] * 2]
    assert visitor.get() == "nobody"
    assert [outbox.record.events for outbox in outboxes] == [2, 4, 2]


async def test_one_task_sends_all_that_needs_no_waiting():
    flusher, sends = Flusher("".join, FairShare()), [Middleware() for _ in range(3)]
    outboxes = [await opened(flusher, send, []) for send in sends]
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    await asyncio.sleep(0)
    (task,) = {task for send in sends for task in send.tasks}
    assert task is not None
    assert task.done()


async def test_a_timeout_of_middleware_ends_its_own_send():
    async def too_slow() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()

    flusher, failures = Flusher("".join, FairShare()), []
    sends = [Middleware(before=too_slow), Middleware()]
    outboxes = [await opened(flusher, send, failures) for send in sends]
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    while outboxes[0].sending or outboxes[0].is_due:
        await asyncio.sleep(0.001)
    assert failures == [None]  # a TimeoutError is an OSError, as that of a socket
    assert [outbox.closed for outbox in outboxes] == [True, False]
    assert sends[1].got == [b"event"]


@pytest.mark.parametrize("error", [OSError("left"), ClientDisconnect(), RuntimeError("broken")])
async def test_middleware_that_fails_does_not_stop_the_others(error):
    async def fail() -> None:
        raise error

    flusher, failures = Flusher("".join, FairShare()), []
    sends = [Middleware(), Middleware(before=fail), Middleware()]
    outboxes = [await opened(flusher, send, failures) for send in sends]
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    await asyncio.sleep(0)
    assert [send.got for send in sends] == [[b"event"], [], [b"event"]]
    assert failures == [error if isinstance(error, RuntimeError) else None]
    assert [outbox.closed for outbox in outboxes] == [False, True, False]


async def test_middleware_that_cancels_its_task_cancels_no_other_stream():
    async def cancel() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    flusher, sends = (
        Flusher("".join, FairShare()),
        [Middleware(before=cancel), Middleware(before=partial(asyncio.sleep, 0))],
    )
    outboxes = [await opened(flusher, send, []) for send in sends]
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    while any(outbox.sending or outbox.is_due for outbox in outboxes):
        await asyncio.sleep(0)
    assert [send.got for send in sends] == [[b"event"], [b"event"]]
    assert not any(outbox.closed for outbox in outboxes)


async def test_a_stream_that_is_given_up_ends_a_send_that_waits():
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(visitor.get())

    flusher, send = Flusher("".join, FairShare()), Middleware(before=wait)
    outbox = await opened(flusher, send, [])
    put(outbox, send, "event")
    await asyncio.sleep(0)
    assert outbox.sending
    outbox.abandon()
    while outbox.sending:
        await asyncio.sleep(0)
    assert ended == ["the middleware's own"]
    assert send.got == []


async def test_html_and_an_encoded_event_of_the_same_text_differ_behind_middleware():
    flusher, sends = Flusher(joined_events, FairShare()), [Middleware() for _ in range(4)]
    outboxes = [await opened(flusher, send, []) for send in sends]
    text = "data: x\n\n"
    for outbox, send, chunk in zip(outboxes, sends, (text, Markup(text), text, text), strict=True):
        put(outbox, send, chunk)
    put(outboxes[3], sends[3], text)
    await asyncio.sleep(0)
    once, twice = b"data: x\n\n", b"data: data: x\ndata: \ndata: \n\n"
    assert [send.got for send in sends] == [[once], [twice], [once], [once + once]]


async def test_middleware_may_return_a_future_or_raise_without_a_coroutine():
    flusher, failures, received = Flusher("".join, FairShare()), [], []
    record = StreamRecord("routes/live.py", "/live", StreamMode.SSE, {})
    loop = asyncio.get_running_loop()

    async def receive(message: Any) -> None:
        await asyncio.sleep(0)
        received.append(message.get("body"))

    def refuse(message: Any) -> Any:
        if message:
            raise ClientDisconnect
        return asyncio.ensure_future(receive(message))

    futures, refused = (
        Outbox(loop, send, dict, failures.append, record, flusher)
        for send in (lambda message: asyncio.ensure_future(receive(message)), refuse)
    )
    for chunk in ("first", "event"):
        for outbox in (futures, refused):
            outbox.put(chunk)
        while futures.sending or futures.is_due:
            await asyncio.sleep(0)
    assert received == [None, None, b"first", b"event"]
    assert failures == [None]
    assert refused.closed


@pytest.mark.parametrize("waits", [False, True])
async def test_a_send_that_awaits_a_cancelled_task_breaks_its_stream(waits):
    helper = asyncio.ensure_future(asyncio.sleep(60))

    async def wait() -> None:
        if waits:
            helper.cancel()
            await asyncio.sleep(0)
        await helper

    flusher, failures = Flusher("".join, FairShare()), []
    sends = [Middleware(before=wait), Middleware()]
    await asyncio.sleep(0)
    outboxes = [await opened(flusher, send, failures) for send in sends]
    if not waits:
        helper.cancel()
        await asyncio.sleep(0)
    for outbox, send in zip(outboxes, sends, strict=True):
        put(outbox, send, "event")
    while any(outbox.sending or outbox.is_due for outbox in outboxes):
        await asyncio.sleep(0)
    assert [str(error) for error in failures] == [
        "`send` of the stream's middleware awaited something that had been cancelled"
    ]
    assert [outbox.closed for outbox in outboxes] == [True, False]
    assert [send.got for send in sends] == [[], [b"event"]]
