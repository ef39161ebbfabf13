"""How a stream fails, and what becomes of it when its client leaves or does not read."""

import json
import time
from collections.abc import Callable
from threading import Event, Thread

from bench.figures import percentile
from bench.streams.parsing import parse
from bench.streams.rows import NONE, Beside, Check, Row, Seen, Site, judged, new_token
from bench.streams.scenes import SECRET
from bench.streams.servers import Options, Server
from bench.streams.sockets import HTML, End, Exchange, fetch

LEAVING = 5  # clients, one after the other
SOON = 0.1  # seconds in which a `finally` is expected
SLACK = 0.05  # seconds more that a busy machine is given
SMALL = 64 * 1024  # bytes: a receive buffer, so that a client's kernel does not read for it
GROWTH = 10 << 20  # bytes that a server may grow by while a client is slow
IMPATIENT = Options(timeout_send=2.0)
OTHERS_WAIT = 0.05  # seconds at most, of 99 in 100 requests


def open_stream(server: Server, scene: str, token: str) -> Exchange:
    """A stream whose first event has arrived."""
    exchange = Exchange(server.port, f"/streams/{scene}?token={token}")
    exchange.until(lambda it: b"\n\n" in it.body or b"\r\n\r\n" in it.body)
    return exchange


def raises_first(site: Site) -> Seen:
    with Exchange(site.server().port, "/streams/raises-first?token=t") as exchange:
        exchange.to_end(site.pace.event)
        kind = exchange.headers.get("content-type", "")
        good = exchange.status == 500 and "event-stream" not in kind
        return judged(good and SECRET.encode() not in exchange.body, f"answers {exchange.status}")


def raises_later(site: Site) -> Seen:
    server = site.server()
    with Exchange(server.port, "/streams/raises-later") as exchange:
        end = exchange.to_end(site.pace.event)
        events, leaks = parse(exchange.body), SECRET.encode() in exchange.body
    told = next((json.loads(event.data) for event in events if event.name == "stream-error"), None)
    if told is None or leaks:
        return judged(False, "tells the secret" if leaks else f"says nothing, {end.value}")
    return judged(end is End.WHOLE and told["log"] in server.log, f"stream-error, {end.value}")


def leaves(scene: str, leave: Callable[[Exchange], None], soon: float) -> Check:
    """The slowest of some."""

    def check(site: Site) -> Seen:
        worst = 0.0
        for _ in range(LEAVING):
            server, token = site.server(), new_token()
            exchange = open_stream(server, scene, token)
            start = time.monotonic()
            leave(exchange)
            at = server.marks.wait("finally", token, site.pace.event)
            if at is None:
                return judged(False, f"finally not within {site.pace.event:g} s")
            worst = max(worst, at - start)
        return judged(worst <= soon, f"finally within {worst * 1000:.0f} ms")

    return check


def promptly(server: Server, token: str, start: float, soon: float, patience: float) -> Seen:
    """Judges when the `finally` of a stream has run."""
    at = server.marks.wait("finally", token, patience)
    if at is None:
        return judged(False, f"finally not within {patience:g} s")
    return judged(at - start <= soon, f"finally after {(at - start) * 1000:.0f} ms")


def close(exchange: Exchange) -> None:
    exchange.socket.close()


def blocked(server: Server, token: str) -> Exchange:
    """A stream whose client reads nothing, and whose server can't send any more."""
    exchange = Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL)
    until_still(server, token)
    return exchange


def until_still(server: Server, token: str, patience: float = 10.0) -> int:
    """The number of events made, when no more are for a while, or in the end."""
    until, made = time.monotonic() + patience, -1
    server.marks.wait("started", token, patience)
    while time.monotonic() < until:
        before, made = made, len(server.marks.times("made", token))
        if made == before:
            break
        time.sleep(0.3)
    return made


def leaves_blocked(site: Site) -> Seen:
    server, token = site.server(), new_token()
    exchange = blocked(server, token)
    logged = len(server.log)
    start = time.monotonic()
    exchange.reset()
    seen = promptly(server, token, start, SOON + SLACK, site.pace.event)
    ugly = "Traceback" in server.log[logged:]
    return judged(False, f"{seen.words}, and logs a traceback") if ugly else seen


def reads_slowly(site: Site) -> Seen:
    server, token = site.server(), new_token()
    before = server.rss
    with Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL) as exchange:
        until = time.monotonic() + site.pace.event
        while time.monotonic() < until:
            exchange.socket.recv(60_000)
            time.sleep(0.05)
        made = len(server.marks.times("made", token))
        grown = server.rss - before
    return judged(grown < GROWTH, f"{made} events made, memory +{grown / 2**20:.0f} MiB")


def freezes(site: Site) -> Seen:
    server, token = site.server(IMPATIENT), new_token()
    with Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL):
        start = time.monotonic()
        timeout = IMPATIENT.timeout_send
        return promptly(server, token, start, timeout + 1.5, timeout + site.pace.event)


class Reading:
    """Reads a stream as fast as it comes, in a thread, until told to leave."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._over = Event()
        self.received = 0
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        self._exchange.socket.settimeout(0.1)
        while not self._over.is_set():
            try:
                received = len(self._exchange.socket.recv(1 << 20))
            except TimeoutError:
                continue
            except OSError:
                return
            if not received:
                return
            self.received += received

    def leave(self) -> None:
        self._over.set()
        self._thread.join()
        self._exchange.reset()


def serves_others(site: Site) -> Seen:
    """While one generator never awaits, and its client reads all of it."""
    with site.fresh() as server:
        reading = Reading(Exchange(server.port, f"/streams/never-awaits?token={new_token()}"))
        took = []
        try:
            time.sleep(0.3)
            before = reading.received
            until = time.monotonic() + site.pace.event
            while time.monotonic() < until:
                start = time.monotonic()
                fetch(server.port, "/control/hello", site.pace.event)
                took.append(time.monotonic() - start)
        except OSError:
            return judged(False, f"no answer within {site.pace.event:g} s")
        finally:
            reading.leave()
        if reading.received == before:
            return judged(False, "the stream stands still meanwhile")
        late = percentile(took, 0.99)
        return judged(late <= OTHERS_WAIT, f"p99 {late * 1000:.0f} ms of {len(took)}")


def leaves_spinning(site: Site) -> Seen:
    with site.fresh() as server:
        token = new_token()
        reading = Reading(Exchange(server.port, f"/streams/never-awaits?token={token}"))
        time.sleep(0.5)
        start = time.monotonic()
        reading.leave()
        return promptly(server, token, start, 1.0, site.pace.event)


def page_breaks(site: Site) -> Seen:
    with Exchange(site.server().port, "/parts/breaks", headers=HTML) as exchange:
        end = exchange.to_end(site.pace.event)
        if exchange.status == 404:
            return Seen(NONE)
        return judged(end is End.CUT and b"half" in exchange.body, end.value)


ROWS = (
    Row("raises before the first event: status 500", raises_first),
    Row("raises later: an event says so, with the log's id", raises_later),
    Row("client leaves (FIN)", leaves("waits", close, SOON + SLACK)),
    Row("client leaves (RST)", leaves("waits", Exchange.reset, SOON + SLACK)),
    Row("client leaves: an await in `finally` completes", leaves("cleans-up", close, 1.0)),
    Row("client leaves while a send is blocked", leaves_blocked),
    Row("client reads slowly: nothing piles up", reads_slowly),
    Row("client does not read: closed after 2 s", freezes, Beside.ANYTHING),
    Row("never awaits: others are served, p99 ≤ 50 ms", serves_others, Beside.NOTHING),
    Row("never awaits: ends when the client leaves", leaves_spinning),
    Row("a page breaks in the middle: cut, not ended", page_breaks),
)
