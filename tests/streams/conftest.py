"""Both event loops, both HTTP protocols, all ways to send."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import uvloop

from hyperpy.streams.sending import outbox
from tests.streams.wire import Wire

# asyncio warns at the sixth write to a connection that its client has left. uvicorn only hears of that in the next
# iteration of the event loop, and a busy generator can fill several batches before.
LATE_WRITE = "socket.send() raised exception."


@pytest.fixture(params=["asyncio", "asyncio-in_place", "uvloop-direct"])
def run(request, monkeypatch):
    """Runs a coroutine function to its end, on either event loop.

    `in_place`, a `Wire` counts as a server, which streams may send to without a task; `direct`, it also takes chunks.
    """
    loop, _, way = request.param.partition("-")
    loop_factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    monkeypatch.setattr(Wire, "is_direct", way == "direct")
    if way:
        monkeypatch.setattr(outbox, "_SERVERS", {Wire.__module__})
        outbox._is_server.cache_clear()

    def run_it(function) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(10):
                await function()

        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(bounded())

    yield run_it
    outbox._is_server.cache_clear()


@pytest.fixture(params=["asyncio-httptools", "asyncio-h11", "uvloop-httptools", "uvloop-h11"])
def server(request) -> dict[str, str]:
    loop, http = request.param.split("-")
    return {"loop": loop, "http": http}


@pytest.fixture(autouse=True)
def log(caplog) -> Iterator[pytest.LogCaptureFixture]:
    """Warnings of servers and event loops fail the test, unless it clears them or they only say that a client left."""
    caplog.set_level(logging.INFO)
    yield caplog
    records = caplog.get_records("call")  # `caplog.records` has only those of the teardown here
    warnings = [r.getMessage() for r in records if r.levelno > logging.INFO and r.name != "hyperpy.streams"]
    assert [warning for warning in warnings if warning != LATE_WRITE] == []
