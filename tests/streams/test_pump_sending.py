"""When the pump sends, and which scopes a generator may have open at a `yield`."""

import asyncio
import contextvars
import gc
import weakref

import anyio
import pytest

from hyperpy.streams import CLOSE, EventStream, HTMLStream, PageStream, StreamLimits
from hyperpy.streams.sending.outbox import FULL_COUNT, FULL_SIZE
from tests.streams.wire import QUICK, Lasting, Wire


def test_the_whole_body_may_be_one_message(run):
    async def check():
        async def three():
            yield "a"
            yield "b"
            yield "c"

        wire = Wire()
        await wire.start(three())
        assert wire.bodies == ["data: a\n\ndata: b\n\ndata: c\n\n" + CLOSE]
        assert wire.complete

    run(check)


def test_a_wait_splits_the_body(run):
    async def check():
        async def some():
            yield "a"
            yield "b"
            await asyncio.sleep(0)
            yield "c"

        wire = Wire()
        await wire.start(some())
        assert wire.bodies == ["data: a\n\ndata: b\n\n", "data: c\n\n" + CLOSE]

    run(check)


@pytest.mark.parametrize(("size", "count"), [(1, FULL_COUNT), (FULL_SIZE // 4, 4)])
def test_a_batch_is_limited(run, size, count):
    async def check():
        async def many():
            for _ in range(FULL_COUNT * 2):
                yield "x" * size

        wire = Wire()
        await wire.start(many())
        sizes = [body.count("data: x") for body in wire.bodies]
        assert sum(sizes) == FULL_COUNT * 2
        assert max(sizes) <= count

    run(check)


@pytest.mark.parametrize(("size", "most"), [(1, 2 * FULL_COUNT), (FULL_SIZE // 4, 10)])
def test_a_blocked_client_stops_the_generator(run, size, most):
    async def check():
        produced, total = 0, 10_000 // size + 20

        async def many():
            nonlocal produced
            for _ in range(total):
                yield "x" * size
                produced += 1
                await asyncio.sleep(0)

        wire = Wire(blocked=True)
        task = wire.start(many())
        before = -1
        while produced != before or not produced:
            before = produced
            await asyncio.sleep(0.05)
        assert produced <= most
        wire.open.set()
        await task
        assert wire.text == f"data: {'x' * size}\n\n" * total + CLOSE

    run(check)


def test_a_timeout_of_the_generator_expires_while_the_client_blocks(run):
    """It must reach the generator, and not cancel the send."""

    async def check():
        async def impatient():
            try:
                async with asyncio.timeout(0.05):
                    while True:
                        yield "x" * FULL_SIZE
            except TimeoutError:
                yield "late"

        wire = Wire(blocked=True)
        task = wire.start(impatient())
        await asyncio.sleep(0.1)
        wire.open.set()
        await task
        assert wire.text.endswith("x\n\ndata: late\n\n" + CLOSE)
        assert wire.text.count("data: x") == 2

    run(check)


def test_a_task_group_of_the_generator_fails_while_the_client_blocks(run):
    async def check():
        async def fail():
            await asyncio.sleep(0.02)
            raise ValueError

        async def grouped():
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
                    while True:
                        yield "x" * FULL_SIZE
            except* ValueError:
                pass
            yield "after"

        wire = Wire(blocked=True)
        task = wire.start(grouped())
        await asyncio.sleep(0.1)
        wire.open.set()
        await task
        assert wire.text.endswith("data: after\n\n" + CLOSE)

    run(check)


def test_anyio_scopes_in_the_generator(run):
    async def check():
        async def scoped():
            with anyio.move_on_after(0.02):
                yield "in"
                await anyio.sleep_forever()
            async with anyio.create_task_group() as group:
                group.start_soon(anyio.sleep_forever)
                yield "group"
                await anyio.sleep(0.01)
                group.cancel_scope.cancel()
            yield "out"

        wire = Wire()
        await wire.start(scoped())
        assert wire.text == "data: in\n\ndata: group\n\ndata: out\n\n" + CLOSE

    run(check)


def test_context_variables_of_the_generator(run):
    variable = contextvars.ContextVar("variable", default="unset")

    async def check():
        async def contextual():
            yield variable.get()
            token = variable.set("of the generator")
            yield variable.get()
            await asyncio.sleep(0.01)
            yield variable.get()
            variable.reset(token)
            yield variable.get()

        variable.set("of the request")
        wire = Wire()
        await wire.start(contextual())
        values = [line.removeprefix("data: ") for line in wire.text.split("\n\n")[:4]]
        assert values == ["of the request", "of the generator", "of the generator", "of the request"]
        assert variable.get() == "of the request"

    run(check)


@pytest.mark.parametrize("kind", [EventStream, HTMLStream])
def test_on_start_comes_before_the_headers(run, kind):
    async def check():
        wire = Wire()
        seen = []

        async def one():
            seen.append("generator")
            yield "a"

        await wire.start(one(), kind, on_start=lambda: seen.append(len(wire.messages)), status=201)
        assert seen == ["generator", 0]
        assert wire.messages[0]["status"] == 201

    run(check)


def test_an_error_of_on_start_is_raised_before_anything_is_sent(run):
    async def check():
        def fail():
            raise ValueError("too late")

        wire, lasting = Wire(), Lasting("a")
        with pytest.raises(ValueError, match="too late"):
            await wire.start(lasting(), on_start=fail)
        assert wire.messages == []
        assert lasting.cleaned

    run(check)


def test_a_page_has_no_pings_and_no_close(run):
    async def check():
        async def page():
            yield t"<p>"
            await asyncio.sleep(0.1)
            yield t"</p>"

        wire = Wire()
        await wire.start(page(), HTMLStream, limits=StreamLimits(headers=0.01, ping=0.02))
        assert wire.bodies == ["<p>", "</p>"]
        assert wire.complete

    run(check)


@pytest.mark.parametrize("kind", [EventStream, HTMLStream, PageStream])
def test_only_an_event_stream_opens_before_its_first_part(run, kind):
    async def check():
        async def page():
            await (wire.sent.wait() if kind is EventStream else asyncio.sleep(0.05))
            raise ValueError("slow")
            yield

        wire = Wire()
        task = wire.start(page(), kind, limits=StreamLimits(headers=0.01))
        if kind is EventStream:
            await task
            assert "stream-error" in wire.text
        else:
            with pytest.raises(ValueError, match="slow"):
                await task
            assert wire.messages == []

    run(check)


def test_a_failing_page_sends_its_finished_parts(run):
    async def check():
        async def page():
            yield t"<p>"
            raise ValueError("late")

        wire = Wire(blocked=True)
        task = wire.start(page(), HTMLStream)
        await asyncio.sleep(0.01)
        wire.open.set()
        with pytest.raises(ValueError, match="late"):
            await task
        assert wire.text == "<p>"
        assert not wire.complete

    run(check)


def test_a_ping_waits_for_silence(run):
    async def check():
        released = asyncio.Event()

        async def page():
            yield "x" * FULL_SIZE
            yield "b"
            await released.wait()

        wire = Wire(blocked=True)
        task = wire.start(page(), limits=StreamLimits(headers=0.01, ping=0.02, send=60))
        await asyncio.sleep(0.1)
        wire.open.set()
        await wire.until(": ping")
        released.set()
        await task
        assert "x\n\ndata: b\n\n: ping\n\n" in wire.text

    run(check)


def test_an_ended_stream_is_freed_without_the_collector(run):
    async def check():
        async def one():
            yield "a"
            await asyncio.sleep(0.01)

        class Watched(EventStream):
            __slots__ = ("__weakref__",)

        wire = Wire()
        stream = Watched(one(), route="r", limits=QUICK)
        freed = weakref.ref(stream)
        gc.disable()
        try:
            await stream({"type": "http"}, wire.receive, wire.send)
            del stream
            await asyncio.sleep(0)
            assert freed() is None
        finally:
            gc.enable()

    run(check)


@pytest.mark.parametrize("size", [1, FULL_SIZE])
def test_full_batches_leave_time_for_others(run, size):
    """Even if each of them is sent at once, so that the generator never waits."""

    async def check():
        async def spinning():
            while True:
                yield "x" * size

        wire = Wire()
        task = wire.start(spinning())
        for _ in range(5):
            await asyncio.sleep(0)
        wire.gone.set()
        await task
        assert len(wire.bodies) > 1

    run(check)
