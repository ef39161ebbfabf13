"""Signals and worker replacement while streams are open."""

import os
import signal
import time
from collections.abc import Callable
from threading import Thread

from bench.streams.apps.control import SLOW
from bench.streams.lifecycle import open_blocked_stream, open_stream
from bench.streams.rows import Check, Concurrency, Observation, Row, Subject, new_token, verdict
from bench.streams.servers import PLAIN, START_TIMEOUT, Options, Server, ServerError
from bench.streams.sockets import End, Exchange, fetch

WORKERS = Options(flags=("--workers", "2"))
MAX_STREAMS = 100
BURST = 5  # streams to open at once: less likely to all reach the same worker
REQUESTS = 200
REQUEST_LIMITED = Options(flags=("--workers", "2", "--limit-max-requests", str(REQUESTS)))
SOON = 1.0  # seconds within which a server should exit
BLOCKED_SOON = 2.0  # seconds, if a client is not reading


def stops(*scenarios: str, options: Options = PLAIN, soon: float = SOON) -> Check:
    """Stop a server with these streams open. All clients keep reading and see how their response ends."""

    def check(subject: Subject) -> Observation:
        with subject.fresh(options) as server:
            exchanges = [open_stream(server, scenario, new_token()) for scenario in scenarios for _ in range(2)]
            exited = stop(server, subject.timeouts.exit)
            if exited is None:
                return verdict(False, f"alive after {subject.timeouts.exit:g} s")
            ends = [exchange.to_end() for exchange in exchanges]
        whole = all(end is End.WHOLE for end in ends)
        return verdict(exited <= soon and whole, f"{exited:.2f} s, {'last chunk sent' if whole else 'clients cut off'}")

    return check


def stop(server: Server, timeout: float) -> float | None:
    server.send(signal.SIGTERM)
    return server.exits(timeout)


def stops_blocked(subject: Subject) -> Observation:
    with subject.fresh() as server, open_blocked_stream(server, new_token()):
        return exit_verdict(stop(server, subject.timeouts.exit), subject)


def stops_spinning(subject: Subject) -> Observation:
    with subject.fresh() as server, Exchange(server.port, f"/streams/never-awaits?token={new_token()}"):
        time.sleep(0.3)
        return exit_verdict(stop(server, subject.timeouts.exit), subject)


def exit_verdict(exited: float | None, subject: Subject) -> Observation:
    if exited is None:
        return verdict(False, f"alive after {subject.timeouts.exit:g} s")
    return verdict(exited <= BLOCKED_SOON, f"{exited:.2f} s")


def completes_requests(subject: Subject) -> Observation:
    """Request a response that takes a second just before the signal, while a stream is open."""
    with (
        subject.fresh() as server,
        open_stream(server, "waits", new_token()),
        Exchange(server.port, "/control/slow") as slow,
    ):
        time.sleep(SLOW / 5)
        server.send(signal.SIGTERM)
        end = slow.to_end(SLOW + subject.timeouts.event)
        return verdict(end is End.WHOLE and slow.status == 200 and slow.body == b"done", end.value)


class Poller(Thread):
    """Requests the process id behind a port repeatedly, each time over a new connection."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.stopping = False
        self.pids: set[int] = set()
        self.successes = 0
        self.failures = 0
        self.longest_gap = 0.0

    def run(self) -> None:
        last = time.monotonic()
        while not self.stopping:
            try:
                pid = int(fetch(self._port, "/control/pid", 1.0))
            except OSError:
                self.failures += 1
            else:
                self.pids.add(pid)
                self.successes += 1
                last, before = time.monotonic(), last
                self.longest_gap = max(self.longest_gap, last - before)
            time.sleep(0.002)
        self.longest_gap = max(self.longest_gap, time.monotonic() - last)


def streams_on_both(server: Server) -> list[Exchange]:
    """Open streams until each worker has at least one; the kernel decides which worker accepts a connection."""
    deadline = time.monotonic() + START_TIMEOUT
    pids: set[str] = set()
    while len(pids) < 2 and time.monotonic() < deadline:
        pids.add(fetch(server.port, "/control/pid"))
    streams: list[Exchange] = []
    while len(server.marks.processes("started")) < 2:
        if len(streams) == MAX_STREAMS:
            raise ServerError(f"one worker accepted all {MAX_STREAMS} streams")
        burst = [Exchange(server.port, f"/streams/waits?token={new_token()}") for _ in range(BURST)]
        streams += burst
        for exchange in burst:
            exchange.until(lambda it: it.body)
    return streams


def replacement_time(workers: set[int], poller: Poller, timeout: float) -> float | None:
    """Seconds until these workers have exited and two others respond; None after the timeout."""
    start = time.monotonic()
    while any(is_alive(pid) for pid in workers) or len(poller.pids - workers) < 2:
        if time.monotonic() - start > timeout:
            return None
        time.sleep(0.02)
    return time.monotonic() - start


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def replaces_workers(options: Options, act: Callable[[Server], None]) -> Check:
    """Make a server replace both workers with `act`, while each has a stream open and other requests arrive."""

    def check(subject: Subject) -> Observation:
        with subject.fresh(options) as server:
            streams = streams_on_both(server)
            poller = Poller(server.port)
            poller.start()
            try:
                act(server)
                took = replacement_time(server.marks.processes("started"), poller, subject.timeouts.renewal)
            finally:
                poller.stopping = True
                poller.join()
            ends = {exchange.to_end(0.2) for exchange in streams}
        result = f"replaced in {took:.1f} s" if took else f"not replaced in {subject.timeouts.renewal:g} s"
        lost = f", {poller.failures} of {poller.failures + poller.successes} requests failed" if poller.failures else ""
        good = took is not None and not poller.failures and ends == {End.WHOLE}
        endings = " or ".join(sorted(end.value for end in ends))
        return verdict(good, f"{result}{lost}, longest gap {poller.longest_gap:.1f} s, streams {endings}")

    return check


def send_sighup(server: Server) -> None:
    server.send(signal.SIGHUP)


def wait_for_limit(server: Server) -> None:
    """Do nothing: the poller's requests reach the limit."""


ROWS = (
    Row("SIGTERM, idle streams: exits within 1 s", stops("waits"), Concurrency.ANY),
    Row("SIGTERM, active streams: exits within 1 s", stops("ticks"), Concurrency.ANY),
    Row("SIGTERM, a blocked stream: exits within 2 s", stops_blocked, Concurrency.ANY),
    Row("SIGTERM, a stream that never awaits: exits within 2 s", stops_spinning),
    Row("SIGTERM: a slow response is completed", completes_requests, Concurrency.ANY),
    Row("SIGTERM, 2 workers: exits within 1 s", stops("waits", "ticks", options=WORKERS), Concurrency.ANY),
    Row("SIGHUP, 2 workers: replaced, no failed requests", replaces_workers(WORKERS, send_sighup), Concurrency.ANY),
    Row(
        "2 workers at their request limit: the same", replaces_workers(REQUEST_LIMITED, wait_for_limit), Concurrency.ANY
    ),
)
