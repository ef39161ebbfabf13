"""Signals, worker processes and their replacement, with streams open."""

import signal
import time
from threading import Thread

from bench.streams.apps.control import SLOW
from bench.streams.lifecycle import blocked, open_stream
from bench.streams.rows import Check, Row, Seen, Site, judged, new_token
from bench.streams.servers import Options, Server
from bench.streams.sockets import End, Exchange, fetch

WORKERS = Options(flags=("--workers", "2"))
REQUESTS = 20
RECYCLED = Options(flags=("--workers", "2", "--limit-max-requests", str(REQUESTS)))
SOON = 1.0  # seconds in which a server is expected to have gone
BLOCKED_SOON = 2.0  # the same, when it could not send to a client


def stops(*scenes: str, options: Options = Options(), soon: float = SOON) -> Check:  # noqa: B008 (it is frozen)
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
        self.pids: set[str] = set()
        self.recent = ""
        self.answers = 0
        self.failures = 0
        self.longest = 0.0

    def run(self) -> None:
        last = time.monotonic()
        while not self.over:
            try:
                self.recent = fetch(self._port, "/control/pid", 1.0)
            except OSError:
                self.failures += 1
            else:
                self.pids.add(self.recent)
                self.answers += 1
                last, before = time.monotonic(), last
                self.longest = max(self.longest, last - before)
            time.sleep(0.005)
        self.longest = max(self.longest, time.monotonic() - last)

    def until_new(self, known: set[str], wanted: int, patience: float) -> float | None:
        """Seconds until so many processes that were not known answer."""
        start = time.monotonic()
        while len(self.pids - known) < wanted:
            if time.monotonic() - start > patience:
                return None
            time.sleep(0.01)
        return time.monotonic() - start


def both_workers(server: Server, asking: Asking, patience: float) -> set[str]:
    asking.until_new(set(), 2, patience)
    return set(asking.pids)


def reloads(site: Site) -> Seen:
    with site.fresh(WORKERS) as server:
        streams = [open_stream(server, "waits", new_token()) for _ in range(4)]
        asking = Asking(server.port)
        asking.start()
        try:
            known = both_workers(server, asking, site.pace.event)
            server.send(signal.SIGHUP)
            took = asking.until_new(known, 2, site.pace.exit)
            ends = {exchange.to_end(site.pace.event / len(streams)) for exchange in streams}
        finally:
            asking.over = True
            asking.join()
        when = f"workers replaced in {took:.1f} s" if took else f"workers not replaced in {site.pace.exit:g} s"
        lost = f", {asking.failures} requests failed" if asking.failures else ""
        good = took is not None and not asking.failures and ends == {End.WHOLE}
        return judged(good, f"{when}{lost}, streams {' or '.join(sorted(end.value for end in ends))}")


def recycles(site: Site) -> Seen:
    with site.fresh(RECYCLED) as server:
        streams = [open_stream(server, "waits", new_token()) for _ in range(4)]
        asking = Asking(server.port)
        asking.start()
        try:
            known = both_workers(server, asking, site.pace.event)
            took = asking.until_new(known, 2, site.pace.exit)
        finally:
            asking.over = True
            asking.join()
            for stream in streams:
                stream.socket.close()
        lost = f"{asking.failures} of {asking.failures + asking.answers} requests failed"
        good = took is not None and not asking.failures
        words = "workers replaced" if took is not None else "workers not replaced"
        return judged(good, f"{words}, {lost}, longest gap {asking.longest:.1f} s")


ROWS = (
    Row("SIGTERM, idle streams: gone within 1 s", stops("waits")),
    Row("SIGTERM, ticking streams: gone within 1 s", stops("ticks")),
    Row("SIGTERM, a blocked stream: gone within 2 s", stops_blocked),
    Row("SIGTERM, a stream that never awaits: gone within 2 s", stops_spinning),
    Row("SIGTERM: a slow answer is finished", finishes_others),
    Row("SIGTERM, 2 workers: gone within 1 s", stops("waits", "ticks", options=WORKERS)),
    Row("SIGHUP, 2 workers: replaced, no request fails", reloads),
    Row("workers at their limit of requests: replaced", recycles),
)
