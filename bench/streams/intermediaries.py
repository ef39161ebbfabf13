"""Pings, HEAD and HTTP/1.0 requests, and intermediaries: middleware and nginx."""

import time
import zlib
from functools import partial

from bench.streams.lifecycle import SLACK, SOON, close, finally_verdict, open_stream
from bench.streams.parsing import Parser
from bench.streams.rows import BAD, NONE, Check, Concurrency, Observation, Row, Subject, new_token, verdict
from bench.streams.scenarios import PAUSE
from bench.streams.servers import Options, nginx
from bench.streams.sockets import EVENTS, HTML, End, Exchange

PINGED = Options(ping=1.0)
SILENCE = 2.6  # seconds: two pings
MAX_DELAY = 0.05  # seconds from sending an event to its arrival
ACCEPT_GZIP = {"Accept-Encoding": "gzip"}


def pings(subject: Subject) -> Observation:
    """Count pings in an idle stream, and in one with an event every 0.1 s."""
    silent, busy = (comments(subject, scenario) for scenario in ("waits", "ticks"))
    if not silent and not busy:
        return verdict(False, "no pings")
    return verdict(
        len(silent) == 2 and not busy, f"{len(silent)} in {SILENCE} s of silence, {len(busy)} between events"
    )


def comments(subject: Subject, scenario: str) -> list[str]:
    parser = Parser()
    with Exchange(subject.server(PINGED).port, f"/streams/{scenario}?token={new_token()}") as exchange:
        exchange.to_end(SILENCE)
        parser.feed(exchange.body)
    return parser.comments


def head(subject: Subject) -> Observation:
    server, token = subject.server(), new_token()
    with Exchange(server.port, f"/streams/waits?token={token}", method="HEAD") as exchange:
        exchange.until(lambda it: it.headers, subject.timeouts.event)
        status, kind = exchange.status, exchange.headers.get("content-type", "")
        started = server.marks.wait("started", token, 0.2) is not None
        exchange.request("/control/hello")
        usable = exchange.until(lambda it: it.body == b"hello", subject.timeouts.event)
    good = status == 200 and kind.startswith("text/event-stream")
    problems = [f"status {status}"] if not good else []
    problems += ["starts the generator"] if started else []
    problems += [] if usable else ["the next request hangs"]
    return verdict(not problems, ", ".join(problems))


def http_1_0(subject: Subject) -> Observation:
    with Exchange(subject.server().port, "/streams/brief?n=3", version="1.0") as exchange:
        exchange.to_end(subject.timeouts.event)
        is_plain = not exchange.chunked and exchange.body.startswith(b"data: 0")
        return verdict(is_plain and exchange.end is End.CUT, "" if is_plain else "chunked")


def gzip_passes(subject: Subject) -> Observation:
    return delay_verdict(subject.server(Options(middleware="gzip")).port, plain=True)


def delay_verdict(port: int, *, plain: bool = False) -> Observation:
    """Judge the longest delay of events sent every 0.1 s. With `plain`, they must not be compressed."""
    delays: list[float] = []
    parser = Parser()
    with Exchange(port, f"/streams/ticks?token={new_token()}", headers=EVENTS | ACCEPT_GZIP) as exchange:
        size = 0
        deadline = time.monotonic() + 1.5
        while len(delays) < 10 and time.monotonic() < deadline:
            if not exchange.until(partial(has_more, size=size), deadline - time.monotonic()):
                break
            now = time.monotonic()
            body = readable(exchange)
            if plain and "content-encoding" in exchange.headers:
                return verdict(False, "compressed")
            delays += [now - float(event.data) for event in parser.feed(body[size:])]
            size = len(body)
    if len(delays) < 10:
        return verdict(False, f"{len(delays)} of 10 events within 1.5 s")
    return verdict(max(delays) <= MAX_DELAY, f"at most {max(delays) * 1000:.0f} ms")


def has_more(exchange: Exchange, size: int) -> bool:
    return len(readable(exchange)) > size


def page_is_live(port: int, *, compressed: bool) -> Observation:
    """Judge whether each part of a page can be read on arrival, long before the next one is sent."""
    with Exchange(port, "/parts/parts", headers=HTML | (ACCEPT_GZIP if compressed else {})) as exchange:
        start = time.monotonic()
        arrivals = [arrival(exchange, number, start) for number in range(4)]
        if exchange.status == 404:
            return Observation(NONE)
        encoding = exchange.headers.get("content-encoding", "not compressed") if compressed else ""
    lags = [at - number * PAUSE if at is not None else None for number, at in enumerate(arrivals)]
    delayed = [lag is None or lag > PAUSE / 2 for lag in lags]
    if any(delayed):
        return verdict(False, f"{encoding} {sum(delayed)} of 4 parts delayed".strip())
    return verdict(not compressed or encoding == "gzip", encoding)


def arrival(exchange: Exchange, number: int, start: float) -> float | None:
    """Seconds after `start` when a part could be read, or None."""
    arrived = exchange.until(lambda it: f"<p>{number}".encode() in readable(it), PAUSE * 2)
    return time.monotonic() - start if arrived else None


def readable(exchange: Exchange) -> bytes:
    if exchange.headers.get("content-encoding") != "gzip":
        return exchange.body
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(exchange.body)


def gzip_page(subject: Subject) -> Observation:
    return page_is_live(subject.server(Options(middleware="gzip")).port, compressed=True)


def base_middleware(subject: Subject) -> Observation:
    server, token = subject.server(Options(middleware="base")), new_token()
    delay = delay_verdict(server.port)
    exchange = open_stream(server, "waits", token)
    start = time.monotonic()
    close(exchange)
    disconnect = finally_verdict(server, token, start, SOON + SLACK, subject.timeouts.event)
    return Observation(delay.mark if delay.mark == BAD else disconnect.mark, f"{delay.details}, {disconnect.details}")


def behind_nginx(directives: str = "", *, compressed: bool = False) -> Check:
    def check(subject: Subject) -> Observation:
        with nginx(subject.server().port, directives) as port:
            delay = delay_verdict(port)
            page = page_is_live(port, compressed=compressed)
        details = f"events {delay.details}" + (f", page {page.details or 'live'}" if page.mark != NONE else "")
        return verdict(BAD not in (delay.mark, page.mark), details)

    return check


def read_timeout(subject: Subject) -> Observation:
    with (
        nginx(subject.server(PINGED).port, "proxy_read_timeout 2s;") as port,
        Exchange(port, f"/streams/waits?token={new_token()}") as exchange,
    ):
        end = exchange.to_end(2 * PINGED.ping + subject.timeouts.event)
        return verdict(end is End.OPEN, end.value)


ROWS = (
    Row("pings every second while idle, and only then", pings, Concurrency.ANY),
    Row("HEAD: headers, no generator, connection reusable", head),
    Row("HTTP/1.0: not chunked", http_1_0),
    Row("gzip middleware: events aren't compressed", gzip_passes),
    Row("gzip middleware: a page's parts are readable on arrival", gzip_page),
    Row("BaseHTTPMiddleware: live, notices a disconnect", base_middleware),
    Row("nginx: events and pages arrive live", behind_nginx()),
    Row(
        "nginx with gzip on: events and pages arrive live",
        behind_nginx("gzip on; gzip_types text/event-stream;", compressed=True),
    ),
    Row("nginx, proxy_read_timeout 2s, ping 1 s: stays open", read_timeout, Concurrency.ANY),
)
