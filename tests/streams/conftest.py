"""Both event loops, both HTTP protocols."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import uvloop

# asyncio warns at the sixth write to a connection that its client has left. uvicorn only hears of that in the next
# iteration of the event loop, and a busy generator can fill several batches before.
LATE_WRITE = "socket.send() raised exception."


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine function to its end, on either event loop."""

    def run_it(function) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(10):
                await function()

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(bounded())

    return run_it


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
