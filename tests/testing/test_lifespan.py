"""The lifespan of an application under test, with both transports."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from starlette.responses import PlainTextResponse

from hyperpy import Hyper
from hyperpy.exceptions import RouteError


def app_with(write, lifespan):
    folder = write({"index.py": "from hyperpy import Request\nrequest: Request\nt'<p>{request.state.greeting}</p>'"})
    return Hyper(routes=folder, lifespan=lifespan)


async def test_the_lifespan_is_around_the_block(opened, write):
    happened = []

    @asynccontextmanager
    async def lifespan(app):
        async with asyncio.TaskGroup() as group:  # which is left by the task that has entered it
            happened.append("up")
            task = group.create_task(asyncio.Event().wait())
            yield {"greeting": "hello"}
            task.cancel()
        happened.append("down")

    async with opened(app_with(write, lifespan)) as site:
        happened.append((await site.page("/")).text)
    assert happened == ["up", "hello", "down"]


async def test_an_error_at_startup_is_raised(opened, write):
    @asynccontextmanager
    async def lifespan(app):
        raise LookupError("no database")
        yield

    with pytest.raises(LookupError, match="no database"):
        async with opened(app_with(write, lifespan)):
            pytest.fail("it must not start")


async def test_an_error_at_shutdown_is_raised(opened, write):
    @asynccontextmanager
    async def lifespan(app):
        yield
        raise LookupError("no database")

    with pytest.raises(LookupError, match="no database"):
        async with opened(app_with(write, lifespan)):
            pass


async def test_an_exception_of_the_block_takes_precedence(opened, write):
    @asynccontextmanager
    async def lifespan(app):
        yield
        raise LookupError("no database")

    with pytest.raises(KeyError) as raised:
        async with opened(app_with(write, lifespan)):
            raise KeyError
    assert raised.value.__notes__ == ["The lifespan then failed as well: LookupError('no database')"]


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
async def test_an_application_may_report_a_failure_without_raising(opened, phase):
    async def app(scope, receive, send):
        while True:
            event = (await receive())["type"]
            if event == f"lifespan.{phase}":
                await send({"type": f"{event}.failed", "message": "no reason"})
                return
            await send({"type": f"{event}.complete"})

    with pytest.raises(RuntimeError, match=r"the application did not (start|shut down): no reason"):
        async with opened(app):
            pass


async def test_an_application_needs_no_lifespan(opened):
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await PlainTextResponse(repr(scope["state"]))(scope, receive, send)

    async with opened(app) as site:
        assert (await site.get("/")).text == "{}"


async def test_a_lifespan_that_fails_during_the_block_is_reported_at_its_end(opened):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise LookupError("lost the database")

    with pytest.raises(LookupError, match="lost the database"):
        async with opened(app):
            pass


async def test_a_lifespan_that_does_not_end_is_cancelled(opened, monkeypatch):
    monkeypatch.setattr("hyperpy.testing.transport.application.SHUTDOWN_TIMEOUT", 0.05)

    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match=r"lifespan did not end within 0\.05 s"):
        async with opened(app):
            pass


async def test_a_test_cancelled_during_startup_leaves_nothing(opened):
    cancelled = asyncio.Event()

    async def app(scope, receive, send):
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), opened(app):
            pass
    assert cancelled.is_set()


async def test_load_errors_are_raised(opened, write):
    folder = write({"index.py": "t'<p>'", "wrong.py": "t'{'"})
    with pytest.raises(RouteError, match=r"routes/wrong\.py:1"):
        async with opened(folder):
            pass


async def test_something_else_is_a_type_error(opened):
    with pytest.raises(TypeError, match="expected an ASGI application or the path of a folder, not 7"):
        async with opened(7):
            pass
