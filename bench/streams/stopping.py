"""Signals, worker processes and their replacement, with streams open."""

import os
import signal
import time
from collections.abc import Callable
from threading import Thread

from bench.streams.apps.control import SLOW
from bench.streams.lifecycle import blocked, open_stream
from bench.streams.rows import Beside, Check, Row, Seen, Site, judged, new_token
from bench.streams.servers import PLAIN, STARTING, Options, Server, ServerError
from bench.streams.sockets import End, Exchange, fetch

WORKERS = Options(flags=("--workers", "2"))
MOST_STREAMS = 100
BURST = 5  # of them at once, which one worker alone takes less often
REQUESTS = 200
RECYCLED = Options(flags=("--workers", "2", "--limit-max-requests", str(REQUESTS)))
SOON = 1.0  # seconds in which a server is expected to have gone
BLOCKED_SOON = 2.0  # the same, when it could not send to a client


def stops(*scenes: str, options: Options = PLAIN, soon: float = SOON) -> Check:
    """Ends a server that has such streams open. All clients read on, so that they see how their response ends."""

    def check(site: Site) -> Seen:
        with site.fresh(options) as server:
            exchanges = [open_stream(server, scene, new_token()) for scene in scenes for _ in range(2)]
            gone = stop(server, site.pace.exit)
            if gone is None:
                return judged(False, f"alive after {site.pace.exit:g} s")
            ends = [exchange.to_end() for exchange in exchanges]
        whole = all(end is End.WHOLE for end in ends)
        return judged(gone <= soon and whole, f"{gone:.2f} s, {'last chunk sent' if whole else 'clients are cut off'}")

    return check


def stop(server: Server, patience: float) -> float | None:
    server.send(signal.SIGTERM)
    return server.exits(patience)


def stops_blocked(site: Site) -> Seen:
    with site.fresh() as server:
        with blocked(server, new_token()):
            gone = stop(server, site.pace.exit)
        if gone is None:
            return judged(False, f"alive after {site.pace.exit:g} s")
        return judged(gone <= BLOCKED_SOON, f"{gone:.2f} s")


def stops_spinning(site: Site) -> Seen:
    with site.fresh() as server:
        with Exchange(server.port, f"/streams/never-awaits?token={new_token()}"):
            time.sleep(0.3)
            gone = stop(server, site.pace.exit)
        if gone is None:
            return judged(False, f"alive after {site.pace.exit:g} s")
        return judged(gone <= BLOCKED_SOON, f"{gone:.2f} s")


def finishes_others(site: Site) -> Seen:
    """An answer that takes a second, asked for just before the signal, while a stream is open."""
    with (
        site.fresh() as server,
        open_stream(server, "waits", new_token()),
        Exchange(server.port, "/control/slow") as slow,
    ):
        time.sleep(SLOW / 5)
        server.send(signal.SIGTERM)
        end = slow.to_end(SLOW + site.pace.event)
        return judged(end is End.WHOLE and slow.status == 200 and slow.body == b"done", end.value)


class Asking(Thread):
    """Asks for the process id behind a port again and again, each time over a new connection."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self.over = False
        self.pids: set[int] = set()
        self.answers = 0
        self.failures = 0
        self.longest = 0.0

    def run(self) -> None:
        last = time.monotonic()
        while not self.over:
            try:
                pid = int(fetch(self._port, "/control/pid", 1.0))
            except OSError:
                self.failures += 1
            else:
                self.pids.add(pid)
                self.answers += 1
                last, before = time.monotonic(), last
                self.longest = max(self.longest, last - before)
            time.sleep(0.002)
        self.longest = max(self.longest, time.monotonic() - last)


def streams_on_both(server: Server) -> list[Exchange]:
    """Streams, on either worker at least one: which of them takes a connection is the system's choice."""
    until = time.monotonic() + STARTING
    pids: set[str] = set()
    while len(pids) < 2 and time.monotonic() < until:
        pids.add(fetch(server.port, "/control/pid"))
    streams: list[Exchange] = []
    while len(server.marks.processes("started")) < 2:
        if len(streams) == MOST_STREAMS:
            raise ServerError(f"one worker took all of {MOST_STREAMS} streams")
        burst = [Exchange(server.port, f"/streams/waits?token={new_token()}") for _ in range(BURST)]
        streams += burst
        for exchange in burst:
            exchange.until(lambda it: it.body)
    return streams


def replaced(workers: set[int], asking: Asking, patience: float) -> float | None:
    """Seconds until these workers have gone and two others answer; None if they don't in time."""
    start = time.monotonic()
    while any(is_alive(pid) for pid in workers) or len(asking.pids - workers) < 2:
        if time.monotonic() - start > patience:
            return None
        time.sleep(0.02)
    return time.monotonic() - start


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def renews(options: Options, act: Callable[[Server], None]) -> Check:
    """What makes a server replace both of its workers, while each has a stream open and others ask for something."""

    def check(site: Site) -> Seen:
        with site.fresh(options) as server:
            streams = streams_on_both(server)
            asking = Asking(server.port)
            asking.start()
            try:
                act(server)
                took = replaced(server.marks.processes("started"), asking, site.pace.renewal)
            finally:
                asking.over = True
                asking.join()
            ends = {exchange.to_end(0.2) for exchange in streams}
        words = f"replaced in {took:.1f} s" if took else f"not replaced in {site.pace.renewal:g} s"
        lost = f", {asking.failures} of {asking.failures + asking.answers} requests fail" if asking.failures else ""
        good = took is not None and not asking.failures and ends == {End.WHOLE}
        said = " or ".join(sorted(end.value for end in ends))
        return judged(good, f"{words}{lost}, no answer for {asking.longest:.1f} s, streams {said}")

    return check


def hang_up(server: Server) -> None:
    server.send(signal.SIGHUP)


def wait(server: Server) -> None:
    """The requests that are made anyway reach the limit."""


ROWS = (
    Row("SIGTERM, idle streams: gone within 1 s", stops("waits"), Beside.ANYTHING),
    Row("SIGTERM, ticking streams: gone within 1 s", stops("ticks"), Beside.ANYTHING),
    Row("SIGTERM, a blocked stream: gone within 2 s", stops_blocked, Beside.ANYTHING),
    Row("SIGTERM, a stream that never awaits: gone within 2 s", stops_spinning),
    Row("SIGTERM: a slow answer is finished", finishes_others, Beside.ANYTHING),
    Row("SIGTERM, 2 workers: gone within 1 s", stops("waits", "ticks", options=WORKERS), Beside.ANYTHING),
    Row("SIGHUP, 2 workers: replaced, no request fails", renews(WORKERS, hang_up), Beside.ANYTHING),
    Row("2 workers at their limit of requests: the same", renews(RECYCLED, wait), Beside.ANYTHING),
)
