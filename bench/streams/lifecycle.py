"""Failing generators, and clients that disconnect or don't read."""

import json
import time
from collections.abc import Callable
from threading import Event, Thread

from bench.figures import percentile
from bench.streams.parsing import parse
from bench.streams.rows import NONE, Check, Concurrency, Observation, Row, Subject, new_token, verdict
from bench.streams.scenarios import SECRET
from bench.streams.servers import Options, Server
from bench.streams.sockets import HTML, End, Exchange, fetch

DISCONNECTS = 5  # repetitions of a check
SOON = 0.1  # seconds within which `finally` should run
SLACK = 0.05  # seconds of tolerance for a busy machine
SMALL_BUFFER = 64 * 1024  # bytes: keeps the kernel of a client from reading ahead
GROWTH = 10 << 20  # bytes by which a server may grow while a client is slow
IMPATIENT = Options(timeout_send=2.0)
OTHERS_WAIT = 0.05  # seconds: the highest acceptable p99 of other requests


def open_stream(server: Server, scenario: str, token: str) -> Exchange:
    """Open a stream and wait for its first event."""
    exchange = Exchange(server.port, f"/streams/{scenario}?token={token}")
    exchange.until(lambda it: b"\n\n" in it.body or b"\r\n\r\n" in it.body)
    return exchange


def raises_first(subject: Subject) -> Observation:
    with Exchange(subject.server().port, "/streams/raises-first?token=t") as exchange:
        exchange.to_end(subject.timeouts.event)
        kind = exchange.headers.get("content-type", "")
        good = exchange.status == 500 and "event-stream" not in kind
        return verdict(good and SECRET.encode() not in exchange.body, f"status {exchange.status}")


def raises_later(subject: Subject) -> Observation:
    server = subject.server()
    with Exchange(server.port, "/streams/raises-later") as exchange:
        end = exchange.to_end(subject.timeouts.event)
        events, leaks = parse(exchange.body), SECRET.encode() in exchange.body
    error = next((json.loads(event.data) for event in events if event.name == "stream-error"), None)
    if error is None or leaks:
        return verdict(False, "leaks the secret" if leaks else f"no event, {end.value}")
    return verdict(end is End.WHOLE and error["log"] in server.log, f"stream-error, {end.value}")


def runs_finally(scenario: str, leave: Callable[[Exchange], None], soon: float) -> Check:
    """Judge the slowest of several disconnects."""

    def check(subject: Subject) -> Observation:
        slowest = 0.0
        for _ in range(DISCONNECTS):
            server, token = subject.server(), new_token()
            exchange = open_stream(server, scenario, token)
            start = time.monotonic()
            leave(exchange)
            at = server.marks.wait("finally", token, subject.timeouts.event)
            if at is None:
                return verdict(False, f"finally not within {subject.timeouts.event:g} s")
            slowest = max(slowest, at - start)
        return verdict(slowest <= soon, f"finally within {slowest * 1000:.0f} ms")

    return check


def finally_verdict(server: Server, token: str, start: float, soon: float, timeout: float) -> Observation:
    """Judge when the `finally` of a stream ran."""
    at = server.marks.wait("finally", token, timeout)
    if at is None:
        return verdict(False, f"finally not within {timeout:g} s")
    return verdict(at - start <= soon, f"finally after {(at - start) * 1000:.0f} ms")


def close(exchange: Exchange) -> None:
    exchange.socket.close()


def open_blocked_stream(server: Server, token: str) -> Exchange:
    """Open a stream that its client doesn't read, and wait until the server can't send any more."""
    exchange = Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL_BUFFER)
    wait_until_stalled(server, token)
    return exchange


def wait_until_stalled(server: Server, token: str, timeout: float = 10.0) -> None:
    """Wait until the generator of a stream makes no more events."""
    deadline, made = time.monotonic() + timeout, -1
    server.marks.wait("started", token, timeout)
    while time.monotonic() < deadline:
        before, made = made, len(server.marks.times("made", token))
        if made == before:
            break
        time.sleep(0.3)


def disconnect_while_blocked(subject: Subject) -> Observation:
    server, token = subject.server(), new_token()
    exchange = open_blocked_stream(server, token)
    logged = len(server.log)
    start = time.monotonic()
    exchange.reset()
    observation = finally_verdict(server, token, start, SOON + SLACK, subject.timeouts.event)
    if "Traceback" in server.log[logged:]:
        return verdict(False, f"{observation.details}, and logs a traceback")
    return observation


def reads_slowly(subject: Subject) -> Observation:
    server, token = subject.server(), new_token()
    before = server.rss
    with Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL_BUFFER) as exchange:
        deadline = time.monotonic() + subject.timeouts.event
        while time.monotonic() < deadline:
            exchange.socket.recv(60_000)
            time.sleep(0.05)
        made = len(server.marks.times("made", token))
        growth = server.rss - before
    return verdict(growth < GROWTH, f"{made} events made, memory +{growth / 2**20:.0f} MiB")


def never_reads(subject: Subject) -> Observation:
    server, token = subject.server(IMPATIENT), new_token()
    with Exchange(server.port, f"/streams/floods?token={token}", receive_buffer=SMALL_BUFFER):
        start = time.monotonic()
        timeout = IMPATIENT.timeout_send
        return finally_verdict(server, token, start, timeout + 1.5, timeout + subject.timeouts.event)


class BackgroundReader:
    """Reads a stream as fast as it arrives, in a thread, until `leave` is called."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._stop = Event()
        self.received = 0
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        self._exchange.socket.settimeout(0.1)
        while not self._stop.is_set():
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
        self._stop.set()
        self._thread.join()
        self._exchange.reset()


def serves_others(subject: Subject) -> Observation:
    """Measure other requests while one generator never awaits and its client reads everything."""
    with subject.fresh() as server:
        reader = BackgroundReader(Exchange(server.port, f"/streams/never-awaits?token={new_token()}"))
        delays = []
        try:
            time.sleep(0.3)
            before = reader.received
            deadline = time.monotonic() + subject.timeouts.event
            while time.monotonic() < deadline:
                start = time.monotonic()
                fetch(server.port, "/control/hello", subject.timeouts.event)
                delays.append(time.monotonic() - start)
        except OSError:
            return verdict(False, f"no response within {subject.timeouts.event:g} s")
        finally:
            reader.leave()
        if reader.received == before:
            return verdict(False, "the stream is blocked meanwhile")
        p99 = percentile(delays, 0.99)
        return verdict(p99 <= OTHERS_WAIT, f"p99 {p99 * 1000:.0f} ms of {len(delays)}")


def disconnect_while_spinning(subject: Subject) -> Observation:
    with subject.fresh() as server:
        token = new_token()
        reader = BackgroundReader(Exchange(server.port, f"/streams/never-awaits?token={token}"))
        time.sleep(0.5)
        start = time.monotonic()
        reader.leave()
        return finally_verdict(server, token, start, 1.0, subject.timeouts.event)


def page_breaks(subject: Subject) -> Observation:
    with Exchange(subject.server().port, "/parts/breaks", headers=HTML) as exchange:
        end = exchange.to_end(subject.timeouts.event)
        if exchange.status == 404:
            return Observation(NONE)
        return verdict(end is End.CUT and b"half" in exchange.body, end.value)


ROWS = (
    Row("raises before the first event: status 500", raises_first),
    Row("raises later: an error event with the id in the log", raises_later),
    Row("client disconnects (FIN)", runs_finally("waits", close, SOON + SLACK)),
    Row("client disconnects (RST)", runs_finally("waits", Exchange.reset, SOON + SLACK)),
    Row("client disconnects: an await in `finally` completes", runs_finally("cleans-up", close, 1.0)),
    Row("client disconnects while a send is blocked", disconnect_while_blocked),
    Row("client reads slowly: memory stays bounded", reads_slowly),
    Row("client doesn't read: closed after 2 s", never_reads, Concurrency.ANY),
    Row("never awaits: other requests served, p99 ≤ 50 ms", serves_others, Concurrency.ALONE),
    Row("never awaits: ends when the client disconnects", disconnect_while_spinning),
    Row("a page fails midway: cut, not ended", page_breaks),
)
