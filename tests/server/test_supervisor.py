"""The supervisor's decisions, with processes that don't exist."""

import contextlib
import os
import time
from multiprocessing import Pipe

import pytest

from hyperpy.server.workers import processes, supervisor
from hyperpy.server.workers.supervisor import RETRY_AT_MOST, START_LIMIT, Supervisor
from hyperpy.server.workers.worker import SupervisorLink, Worker, WorkerMessage

TIMEOUT = 20.0


class Process:
    """Exits when it is killed."""

    pid = 2**30  # none has it
    exitcode: int | None = None

    def __init__(self) -> None:
        self.reader, self.writer = Pipe()
        self.sentinel = self.reader.fileno()

    def kill(self) -> None:
        self.exitcode = -9

    terminate = kill

    def join(self) -> None:
        pass


@pytest.fixture
def started():
    return []


@pytest.fixture
def watcher(started):
    """A supervisor whose starts fail while `started` holds None at its end."""
    links = []

    def start() -> Worker:
        if started and started[-1] is None:
            raise OSError("Too many open files")
        channel, theirs = Pipe()
        pulse, beats = Pipe(duplex=False)
        os.set_blocking(pulse.fileno(), False)
        os.set_blocking(beats.fileno(), False)
        worker = Worker(Process(), channel, pulse)
        links.append(SupervisorLink(theirs, beats, TIMEOUT / 4))
        worker.link = links[-1]
        started.append(worker)
        return worker

    ignore = lambda: None  # noqa: E731
    watcher = Supervisor(start, 2, on_ready=ignore, on_reload=ignore, on_stop=ignore, grace=1.0, timeout=TIMEOUT)
    yield watcher
    for link in links:
        link.channel.close()
        link.pulse.close()
    for worker in started:
        if worker is not None:
            worker.close()
            worker.process.reader.close()
            worker.process.writer.close()


def look(watcher: Supervisor, signals) -> None:
    watcher._wait(signals)
    for worker in list(watcher._workers):
        watcher._check(worker)
    watcher._fill()


@pytest.fixture
def signals(watcher, monkeypatch):
    """The end of a pipe that is always readable, so that nothing waits."""
    reader, writer = Pipe()
    writer.send(1)
    yield reader
    reader.close()
    writer.close()


@pytest.fixture
def serving(watcher, started, signals):
    """The supervisor, with two workers that serve."""
    watcher._fill()
    started[0].link.send(WorkerMessage.READY)
    look(watcher, signals)
    started[1].link.send(WorkerMessage.READY)
    look(watcher, signals)
    assert [worker.ready for worker in started] == [True, True]
    return watcher


def test_only_a_worker_without_heartbeats_is_taken_for_hung(serving, started, signals, caplog):
    alive, hung = started
    for worker in started:
        worker.heard_at -= TIMEOUT
    alive.link.beat()
    look(serving, signals)
    assert (alive.hung, hung.hung) == (False, True)
    assert f"has not responded for {TIMEOUT:g} seconds" in caplog.text
    assert len(started) == 3  # its successor
    hung.kill_at = time.monotonic()
    look(serving, signals)
    assert hung not in serving._workers
    assert "did not stop in time" not in caplog.text


def test_a_supervisor_that_was_suspended_gives_all_workers_their_time(serving, started, signals, monkeypatch):
    for worker in started:
        worker.heard_at = time.monotonic() - TIMEOUT + 0.001
    monkeypatch.setattr(supervisor, "wait", lambda *_: None)
    monkeypatch.setattr(supervisor, "OVERSLEPT", -1.0)  # as if the wait had taken longer than it should
    look(serving, signals)
    assert not any(worker.hung for worker in started)


def test_a_start_that_does_not_end_is_tried_again(serving, started, signals, caplog):
    started[0].process.kill()
    look(serving, signals)
    slow = started[2]
    slow.heard_at -= TIMEOUT
    look(serving, signals)
    assert slow in serving._workers
    slow.heard_at -= START_LIMIT
    look(serving, signals)
    assert slow not in serving._workers
    assert "is not ready after 300 seconds" in caplog.text
    assert serving._missing() == 1
    assert serving._not_before > time.monotonic()


def test_the_pauses_between_failed_starts_grow_to_a_limit(serving, started, signals, caplog):
    started[0].process.kill()
    started.append(None)
    pauses = []
    for _ in range(2000):
        serving._not_before = 0.0
        before = time.monotonic()
        look(serving, signals)
        pauses.append(round(serving._not_before - before))
    assert pauses[:6] == [1, 2, 4, 8, 16, 30]
    assert set(pauses[6:]) == {RETRY_AT_MOST}
    assert "Can't start a worker: Too many open files. Trying again in 16 seconds." in caplog.text
    started.append(started[1])
    serving._not_before = 0.0
    look(serving, signals)
    assert serving._missing() == 0


def test_a_failure_of_the_first_start_ends_the_supervisor(watcher, started, caplog):
    started.append(None)
    assert watcher.run() == 1
    assert "Can't start a worker: Too many open files." in caplog.text


def test_a_failed_fork_leaves_no_descriptor_open(monkeypatch):
    def fail() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fail)
    before = processes._open_descriptors()
    with pytest.raises(BlockingIOError):
        Worker.start(print, timeout=1.0)
    assert processes._open_descriptors() == before


def test_a_link_drops_heartbeats_that_nobody_reads():
    channel, theirs = Pipe()
    pulse, beats = Pipe(duplex=False)
    with contextlib.ExitStack() as stack:
        for each in (channel, theirs, pulse, beats):
            stack.callback(each.close)
        os.set_blocking(beats.fileno(), False)
        link = SupervisorLink(theirs, beats, 0.000_000_001)
        for _ in range(100_000):  # more than a pipe holds
            link.beat()
        silent = SupervisorLink(theirs, beats, 0)
        silent.beat()
        assert silent._beat_at == 0.0
