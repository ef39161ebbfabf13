"""Signals end the streams before the server handles them, and handlers are restored."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Iterator

import pytest

from hyperpy.streams import EndReason, SignalledStreams, StopSignals, StreamMode, StreamRecord, Streams

NUMBERS = (signal.SIGTERM, signal.SIGINT)


class Open:
    """A stream that is open until it is drained."""

    def __init__(self) -> None:
        self.record = StreamRecord("routes/feed.py", "/feed", StreamMode.SSE, {"path": "/feed"})
        self.record.end(EndReason.DRAINING)
        self.drained = asyncio.Event()

    def drain(self, last: str = "") -> None:
        self.drained.set()


class Server:
    """Handles signals as uvicorn does."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def handle(self, number, frame) -> None:
        self.heard.append(number)


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Each test must restore the signal handlers."""
    before = [signal.getsignal(number) for number in NUMBERS]
    yield
    assert [signal.getsignal(number) for number in NUMBERS] == before


@pytest.fixture
def server() -> Iterator[Server]:
    with handled(Server()) as server:
        yield server


@contextlib.contextmanager
def handled(server: Server) -> Iterator[Server]:
    before = [signal.signal(number, server.handle) for number in NUMBERS]
    yield server
    for number, handler in zip(NUMBERS, before, strict=True):
        signal.signal(number, handler)


def registry() -> tuple[Streams, Open]:
    streams, stream = Streams(), Open()
    streams.add(stream)
    return streams, stream


@pytest.mark.parametrize("number", NUMBERS)
def test_streams_end_and_the_server_gets_the_signal(run, server, number):
    async def body():
        streams, stream = registry()
        with StopSignals(streams):
            signal.raise_signal(number)
            assert server.heard == [number]
            await stream.drained.wait()
        assert signal.getsignal(number) == server.handle
        signal.raise_signal(number)
        assert server.heard == [number] * 2

    run(body)


def test_handlers_of_the_loop_are_called_too(run):
    async def body():
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, heard.set)
        streams, stream = registry()
        with StopSignals(streams):
            signal.raise_signal(signal.SIGTERM)
            await stream.drained.wait()
            await heard.wait()
        heard.clear()
        signal.raise_signal(signal.SIGTERM)
        await heard.wait()
        loop.remove_signal_handler(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    run(body)
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("left", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_signal_without_a_handler_is_left_alone(run, left):
    async def body():
        with StopSignals(Streams()):
            assert signal.getsignal(signal.SIGTERM) is left

    before = signal.signal(signal.SIGTERM, left)
    run(body)
    signal.signal(signal.SIGTERM, before)


def test_no_signals_outside_of_the_main_thread(run, server):
    async def body():
        with StopSignals(Streams()):
            seen.append(signal.getsignal(signal.SIGTERM))

    seen: list[object] = []
    thread = threading.Thread(target=run, args=(body,))
    thread.start()
    thread.join()
    assert seen == [server.handle]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_several_applications_stop_in_any_order(run, server, order):
    async def body():
        registries = [registry() for _ in order]
        active = [StopSignals(streams) for streams, _ in registries]
        for each in active:
            each.start()
        active[order[0]].stop()
        signal.raise_signal(signal.SIGTERM)
        assert server.heard == [signal.SIGTERM]
        await registries[order[1]][1].drained.wait()
        assert not registries[order[0]][1].drained.is_set()
        active[order[1]].stop()
        assert signal.getsignal(signal.SIGTERM) == server.handle

    run(body)


def test_below_the_handler_of_another_library_it_only_passes_on(run, server):
    async def body():
        streams, stream = registry()
        active = StopSignals(streams)
        active.start()
        below = [signal.getsignal(number) for number in NUMBERS]
        with handled(Server()):
            active.stop()
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        assert server.heard == [signal.SIGTERM]
        assert not stream.drained.is_set()
        assert [signal.getsignal(number) for number in NUMBERS] == below

    run(body)


def test_it_is_installed_once(run, server):
    async def body():
        active = StopSignals(Streams())
        active.start()
        first = signal.getsignal(signal.SIGTERM)
        active.start()
        assert signal.getsignal(signal.SIGTERM) is first
        active.stop()
        active.stop()
        assert signal.getsignal(signal.SIGTERM) == server.handle

    run(body)


def test_a_closed_loop_is_not_called(run, server):
    active = StopSignals(Streams())

    async def body():
        active.start()

    run(body)
    signal.raise_signal(signal.SIGTERM)
    active.stop()
    assert server.heard == [signal.SIGTERM]


def test_a_mounted_application_handles_signals_while_streams_are_open(run, server):
    async def body():
        streams, first, second = SignalledStreams(), Open(), Open()
        streams.add(first)
        streams.add(second)
        streams.discard(first)
        signal.raise_signal(signal.SIGTERM)
        await second.drained.wait()
        assert server.heard == [signal.SIGTERM]
        streams.discard(second)
        assert signal.getsignal(signal.SIGTERM) == server.handle

    run(body)


def test_waiting_for_the_end_of_all_streams(run):
    async def body():
        streams, stream = registry()
        await streams.wait_ended(0.01)
        assert len(streams) == 1
        waiting = asyncio.create_task(streams.wait_ended(10))
        await asyncio.sleep(0)
        streams.discard(stream)
        await waiting
        await streams.wait_ended(10)

    run(body)
