"""The generator and the response at each end reason."""

import asyncio

import anyio
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hyperpy.exceptions import EventError
from hyperpy.streams import CLOSE, JSON, Event, EventStream, HTMLStream, StreamLimits, Streams
from hyperpy.streams.sending.outbox import FULL_SIZE
from tests.streams.wire import QUICK, Lasting, Wire
from tests.support.until import PATIENCE


def test_the_client_disconnects(run):
    async def check():
        streams, lasting, wire = Streams(), Lasting("a"), Wire()
        task = wire.start(lasting(), streams=streams)
        await wire.until("data: a")
        assert len(streams) == 1
        wire.gone.set()
        await task
        assert lasting.cleaned
        assert isinstance(lasting.ended_by, asyncio.CancelledError)
        assert not wire.complete
        assert len(streams) == 0

    run(check)


@pytest.mark.parametrize("error", [OSError("gone"), ConnectionResetError(), ClientDisconnect()])
def test_a_send_fails_because_the_client_has_disconnected(run, caplog, error):
    async def check():
        lasting, wire = Lasting("a"), Wire()
        wire.error = error
        await wire.start(lasting())
        assert lasting.cleaned

    run(check)
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_another_error_of_a_send_is_raised(run):
    async def check():
        lasting, wire = Lasting("a"), Wire()
        wire.error = ZeroDivisionError("a middleware's")
        with pytest.raises(ZeroDivisionError):
            await wire.start(lasting())
        assert lasting.cleaned

    run(check)


def test_a_full_batch_that_can_not_be_sent(run):
    """The send fails while the generator is held: its next step ends it."""

    async def check():
        lasting, wire = Lasting(*["x" * FULL_SIZE] * 3), Wire()
        wire.error = OSError()
        await wire.start(lasting())
        assert lasting.cleaned
        assert isinstance(lasting.ended_by, asyncio.CancelledError)

    run(check)


def test_the_request_is_cancelled(run):
    async def check():
        lasting, wire = Lasting("a"), Wire()
        task = wire.start(lasting())
        await wire.until("data: a")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert lasting.cleaned

    run(check)


def test_the_scope_around_the_request_is_cancelled(run):
    """anyio cancels repeatedly; the generator's `finally` has its time anyway."""

    async def check():
        lasting, wire = Lasting("a"), Wire()
        stream = EventStream(lasting(), route="r", limits=QUICK)
        async with anyio.create_task_group() as group:
            group.start_soon(stream, {"type": "http"}, wire.receive, wire.send)
            await wire.until("data: a")
            group.cancel_scope.cancel()
        assert lasting.cleaned

    run(check)


def test_a_timeout_around_the_request_still_works(run):
    async def check():
        lasting, wire = Lasting("a"), Wire()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await EventStream(lasting(), route="r", limits=QUICK)({"type": "http"}, wire.receive, wire.send)
        assert lasting.cleaned

    run(check)


def test_a_finished_stream_leaves_its_caller_uncancelled(run):
    async def check():
        async def one():
            yield "a"
            await asyncio.sleep(0.01)

        wire = Wire()
        await EventStream(one(), route="r", limits=QUICK)({"type": "http"}, wire.receive, wire.send)
        task = asyncio.current_task()
        assert task.cancelling() == 0
        await asyncio.sleep(0)
        assert wire.complete

    run(check)


class Storing:
    """A generator that has work to do after its last event."""

    def __init__(self, *items: object, then: object = None) -> None:
        self.items = items
        self.then = then
        self.may_go_on = asyncio.Event()
        self.stored = False

    async def __call__(self):
        for item in self.items:
            yield item
        await self.may_go_on.wait()
        if self.then is not None:
            yield self.then
        await asyncio.sleep(0)
        self.stored = True


@pytest.mark.parametrize("kind", ["leaves", "drains", "fails", "is cancelled"])
def test_what_follows_the_last_event_is_not_cancelled(run, kind):
    """For every end reason, and for every value that the generator yields afterwards."""

    async def check(*items, then=None):
        streams, wire, storing = Streams(), Wire(), Storing(*items, then=then)
        task = wire.start(storing(), streams=streams, limits=StreamLimits())
        await wire.until("event: ")
        if kind == "leaves":
            wire.gone.set()
        elif kind == "drains":
            streams.close()
        elif kind == "fails":
            wire.error = OSError()
            storing.may_go_on.set()
        else:
            task.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        storing.may_go_on.set()
        await asyncio.wait((task,))
        assert storing.stored
        assert "data: later" not in wire.text
        assert wire.complete == (kind == "drains")
        assert "id: close" not in wire.text

    async def check_all():
        await check("a", ("done", 1), then="later")
        if kind != "fails":
            await check(("close", 1))
            await check({"event": "done", "id": 7, "comment": "c"}, then=["later"])
            await check(Event(event="done"), then=object())
            await check(("done", t"<p>{1}</p>"), then=("later", 1))

    run(check_all)


def test_what_follows_the_last_event_is_bounded(run, caplog):
    """By the time for clean-up; a generator that yields without end leaves room for others meanwhile."""

    async def check():
        ended = []

        async def endless(waits: bool):
            try:
                yield "done", 1
                while True:
                    await asyncio.sleep(60 if waits else 0)
                    yield "later"
            except asyncio.CancelledError:
                ended.append(True)
                raise
            finally:
                await asyncio.sleep(0)
                ended.append(waits)

        async def spinning():
            yield "done", 1
            while True:
                yield "later"

        for generator in (endless(True), endless(False), spinning()):
            wire = Wire()
            task = wire.start(generator)
            await wire.until("event: done")
            wire.gone.set()
            await task
        assert ended == [True, True, True, False]

    run(check)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 3
    assert "what the stream does after its last event took longer than 0.2 s" in warnings[0]


def test_a_failure_after_the_last_event_is_logged(run, caplog):
    async def check():
        async def failing():
            yield "done", 1
            await asyncio.sleep(0.01)
            raise ValueError("not stored")

        wire = Wire()
        task = wire.start(failing())
        await wire.until("event: done")
        wire.gone.set()
        await task

    run(check)
    assert "not stored" in caplog.text


class UnshowableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def test_every_failure_is_reported(run):
    async def failing(error):
        yield "a"
        await asyncio.sleep(0)
        raise error

    async def check():
        cases = [
            (HTTPException(409, {"code": 7}), '"status":409', True),
            (HTTPException(503), '"status":503', False),
            (ExceptionGroup("", [HTTPException(404)]), '"status":404', True),
            (UnshowableError(), '"status":500', False),
            (HTTPException(409, "\ud800"), '"status":409', True),
        ]
        for error, status, closes in cases:
            for debug in (False, True):
                wire = Wire()
                await wire.start(failing(error), debug=debug)
                assert status in wire.text
                assert wire.complete
                assert wire.text.endswith(CLOSE) == closes
                assert "id:" not in wire.text.removesuffix(CLOSE)

    run(check)


def test_the_generator_swallows_its_cancellation(run):
    async def check():
        seen = []

        async def stubborn():
            try:
                yield "a"
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    seen.append("cancelled")
                yield "b"
            finally:
                seen.append("closed")

        wire = Wire()
        task = wire.start(stubborn())
        await wire.until("data: a")
        wire.gone.set()
        await task
        assert seen == ["cancelled", "closed"]
        assert "data: b" not in wire.text

    run(check)


def test_a_generator_that_can_not_be_cancelled_is_left_running(run, caplog):
    async def check():
        release = asyncio.Event()

        async def immortal():
            yield "a"
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        wire = Wire()
        task = wire.start(immortal())
        await wire.until("data: a")
        wire.gone.set()
        await task
        release.set()
        await asyncio.sleep(0.02)

    run(check)
    [record, _] = caplog.records
    assert record.getMessage().startswith("routes/feed.py: the stream's generator does not end")


def test_a_clean_up_that_fails_is_logged(run, caplog):
    async def check():
        async def failing():
            try:
                yield "a"
                await asyncio.Event().wait()
            finally:
                raise ValueError("in finally")

        wire = Wire()
        task = wire.start(failing())
        await wire.until("data: a")
        wire.gone.set()
        await task

    run(check)
    [record, ended] = caplog.records
    assert "failed while it was closed" in record.getMessage()
    assert "in finally" in str(record.exc_info[1])
    log_id = record.getMessage()[-10:]
    assert ended.getMessage().endswith(f"; the client left: ValueError: in finally {log_id}")


def test_a_task_group_that_fails_while_it_is_cancelled(run, caplog):
    """The group cancels its task again, which must not reach the server as an error of the application."""

    async def worker():
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            raise ZeroDivisionError

    async def generator():
        async with asyncio.TaskGroup() as group:
            group.create_task(worker())
            yield "a"
            await asyncio.sleep(PATIENCE)

    async def check():
        wire = Wire()
        task = wire.start(generator())
        await wire.until("data: a")
        wire.gone.set()
        await task

    run(check)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


def test_an_unrelated_cancellation_is_a_failure(run, caplog):
    async def check():
        async def waits_for_the_dead(*items):
            for item in items:
                yield item
            dead = asyncio.create_task(asyncio.sleep(60))
            dead.cancel()
            await dead

        wire = Wire()
        await wire.start(waits_for_the_dead("a"))
        assert "event: stream-error" in wire.text
        assert wire.complete
        wire = Wire()
        with pytest.raises(RuntimeError, match="had been cancelled") as caught:
            await wire.start(waits_for_the_dead(), limits=StreamLimits(headers=PATIENCE))
        assert isinstance(caught.value.__cause__, asyncio.CancelledError)
        assert wire.messages == []

    run(check)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "INFO"]


def test_a_generator_that_cancels_its_own_task(run):
    async def check():
        async def suicidal():
            yield "a"
            asyncio.current_task().cancel()
            await asyncio.sleep(60)

        wire = Wire()
        with pytest.raises(asyncio.CancelledError):
            await wire.start(suicidal())
        assert not wire.complete

    run(check)


@pytest.mark.parametrize("kind", [EventStream, HTMLStream])
def test_an_error_before_the_first_yield_is_raised(run, kind):
    async def check():
        async def broken():
            await asyncio.sleep(0)
            raise ValueError("early")
            yield

        wire = Wire()
        with pytest.raises(ValueError, match="early"):
            await wire.start(broken(), kind, StreamLimits(headers=PATIENCE))
        assert wire.messages == []

    run(check)


def test_an_invalid_first_item_is_raised(run):
    cleaned = []

    async def wrong():
        try:
            yield b"42"
        finally:
            cleaned.append(True)

    async def check():
        wire = Wire()
        with pytest.raises(EventError) as caught:
            await wire.start(wrong(), limits=StreamLimits(headers=PATIENCE))
        assert wire.messages == []
        assert caught.value.place.file == __file__
        assert caught.value.place.line == wrong.__code__.co_firstlineno + 2

    run(check)
    assert cleaned


def test_data_in_a_page_names_the_line_of_the_yield(run):
    async def wrong(value):
        yield t"<p>"
        yield value

    async def check():
        for value in (5, [1], True, {"data": 1}, JSON(1)):
            with pytest.raises(EventError, match="can't carry an event") as caught:
                await Wire().start(wrong(value), HTMLStream)
            assert (caught.value.place.file, caught.value.place.line) == (__file__, wrong.__code__.co_firstlineno + 2)

    run(check)


def test_a_wrong_event_method_names_the_line_of_the_yield(run):
    class Wrong:
        def __event__(self):
            return "x"

    async def wrong():
        yield Wrong()

    async def check():
        wire = Wire()
        with pytest.raises(EventError, match=r"Wrong\.__event__\(\) must return an Event, not str") as caught:
            await wire.start(wrong(), limits=StreamLimits(headers=PATIENCE))
        assert wire.messages == []
        assert (caught.value.place.file, caught.value.place.line) == (__file__, wrong.__code__.co_firstlineno + 1)

    run(check)


def test_a_stopping_server_and_a_generator_with_a_long_cleanup(run):
    """The response ends at once, and the generator has time for its cleanup."""

    async def check():
        released = asyncio.Event()

        async def lingering():
            try:
                yield "a"
                await asyncio.Event().wait()
            finally:
                await released.wait()

        streams, wire = Streams(), Wire()
        task = wire.start(lingering(), streams=streams, limits=StreamLimits())
        await wire.until("data: a")
        streams.close()
        assert wire.complete
        await asyncio.sleep(0.01)
        assert not task.done()
        released.set()
        await task
        assert wire.text == "data: a\n\n: reconnect\n\n"

    run(check)


def test_a_stopping_server_and_a_stream_that_has_just_ended(run):
    async def check():
        async def one():
            yield "a"

        streams, wire = Streams(), Wire(blocked=True)
        task = wire.start(one(), streams=streams)
        await asyncio.sleep(0.01)
        streams.close()
        wire.open.set()
        await task
        assert wire.text == "data: a\n\n" + CLOSE
        assert wire.complete

    run(check)
