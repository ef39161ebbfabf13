"""What stands between the generator and the client: pings, HTTP's older and smaller parts, middleware and nginx."""

import time
import zlib
from functools import partial

from bench.streams.lifecycle import SLACK, SOON, close, open_stream, promptly
from bench.streams.parsing import Parser
from bench.streams.rows import NONE, Beside, Check, Row, Seen, Site, judged, new_token
from bench.streams.scenes import PAUSE
from bench.streams.servers import Options, nginx
from bench.streams.sockets import EVENTS, HTML, End, Exchange

PINGED = Options(ping=1.0)
SILENCE = 2.6  # seconds: two pings
LIVE = 0.05  # seconds that an event may be on its way
ZIPPED = {"Accept-Encoding": "gzip"}


def pings(site: Site) -> Seen:
    """Comments that come into a silent stream, and into one that has an event each 0.1 s."""
    silent, busy = (comments(site, scene) for scene in ("waits", "ticks"))
    if not silent and not busy:
        return judged(False, "no pings")
    return judged(len(silent) == 2 and not busy, f"{len(silent)} in {SILENCE} s of silence, {len(busy)} between events")


def comments(site: Site, scene: str) -> list[str]:
    parser = Parser()
    with Exchange(site.server(PINGED).port, f"/streams/{scene}?token={new_token()}") as exchange:
        exchange.to_end(SILENCE)
        parser.feed(exchange.body)
    return parser.comments


def head(site: Site) -> Seen:
    server, token = site.server(), new_token()
    with Exchange(server.port, f"/streams/waits?token={token}", method="HEAD") as exchange:
        exchange.until(lambda it: it.headers, site.pace.event)
        status, kind = exchange.status, exchange.headers.get("content-type", "")
        started = server.marks.wait("started", token, 0.2) is not None
        exchange.ask("/control/hello")
        usable = exchange.until(lambda it: it.body == b"hello", site.pace.event)
    good = status == 200 and kind.startswith("text/event-stream")
    words = [f"answers {status}"] if not good else []
    words += ["the generator is started"] if started else []
    words += [] if usable else ["the next request hangs"]
    return judged(not words, ", ".join(words))


def old_version(site: Site) -> Seen:
    with Exchange(site.server().port, "/streams/brief?n=3", version="1.0") as exchange:
        exchange.to_end(site.pace.event)
        is_plain = not exchange.chunked and exchange.body.startswith(b"data: 0")
        return judged(is_plain and exchange.end is End.CUT, "" if is_plain else "chunked")


def gzip_passes(site: Site) -> Seen:
    return judged_delay(site.server(Options(middleware="gzip")).port, plain=True)


def judged_delay(port: int, *, plain: bool = False) -> Seen:
    """How long the events are on their way that come each 0.1 s. Are they to be plain, they may not be compressed."""
    delays: list[float] = []
    parser = Parser()
    with Exchange(port, f"/streams/ticks?token={new_token()}", headers=EVENTS | ZIPPED) as exchange:
        seen = 0
        until = time.monotonic() + 1.5
        while len(delays) < 10 and time.monotonic() < until:
            if not exchange.until(partial(has_more, size=seen), until - time.monotonic()):
                break
            now = time.monotonic()
            body = readable(exchange)
            if plain and "content-encoding" in exchange.headers:
                return judged(False, "compressed")
            delays += [now - float(event.data) for event in parser.feed(body[seen:])]
            seen = len(body)
    if len(delays) < 10:
        return judged(False, f"{len(delays)} of 10 events within 1.5 s")
    return judged(max(delays) <= LIVE, f"at most {max(delays) * 1000:.0f} ms")


def has_more(exchange: Exchange, size: int) -> bool:
    return len(readable(exchange)) > size


def page_is_live(port: int, *, zipped: bool) -> Seen:
    """Each part of a page can be read on arrival, long before the next one is made."""
    with Exchange(port, "/parts/parts", headers=HTML | (ZIPPED if zipped else {})) as exchange:
        start = time.monotonic()
        arrivals = [arrival(exchange, number, start) for number in range(4)]
        if exchange.status == 404:
            return Seen(NONE)
        encoding = exchange.headers.get("content-encoding", "not compressed") if zipped else ""
    lags = [at - number * PAUSE if at is not None else None for number, at in enumerate(arrivals)]
    late = [lag is None or lag > PAUSE / 2 for lag in lags]
    if any(late):
        return judged(False, f"{encoding} {sum(late)} of 4 parts come late".strip())
    return judged(not zipped or encoding == "gzip", encoding)


def arrival(exchange: Exchange, number: int, start: float) -> float | None:
    """Seconds after the start at which a part could be read."""
    came = exchange.until(lambda it: f"<p>{number}".encode() in readable(it), PAUSE * 2)
    return time.monotonic() - start if came else None


def readable(exchange: Exchange) -> bytes:
    if exchange.headers.get("content-encoding") != "gzip":
        return exchange.body
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(exchange.body)


def gzip_page(site: Site) -> Seen:
    return page_is_live(site.server(Options(middleware="gzip")).port, zipped=True)


def base_middleware(site: Site) -> Seen:
    server, token = site.server(Options(middleware="base")), new_token()
    delay = judged_delay(server.port)
    exchange = open_stream(server, "waits", token)
    start = time.monotonic()
    close(exchange)
    left = promptly(server, token, start, SOON + SLACK, site.pace.event)
    return Seen(delay.mark if delay.mark == "✗" else left.mark, f"{delay.words}, {left.words}")


def behind_nginx(directives: str = "", *, zipped: bool = False) -> Check:
    def check(site: Site) -> Seen:
        with nginx(site.server().port, directives) as port:
            delay = judged_delay(port)
            page = page_is_live(port, zipped=zipped)
        words = f"events {delay.words}" + (f", page {page.words or 'live'}" if page.mark != NONE else "")
        return judged("✗" not in (delay.mark, page.mark), words)

    return check


def read_timeout(site: Site) -> Seen:
    with (
        nginx(site.server(PINGED).port, "proxy_read_timeout 2s;") as port,
        Exchange(port, f"/streams/waits?token={new_token()}") as exchange,
    ):
        end = exchange.to_end(2 * PINGED.ping + site.pace.event)
        return judged(end is End.OPEN, end.value)


ROWS = (
    Row("pings each second of silence, and only then", pings, Beside.ANYTHING),
    Row("HEAD: headers, no generator, connection usable", head),
    Row("HTTP/1.0: not chunked", old_version),
    Row("gzip middleware: events pass as they are", gzip_passes),
    Row("gzip middleware: a page's parts are readable on arrival", gzip_page),
    Row("BaseHTTPMiddleware: live, and sees the client leave", base_middleware),
    Row("nginx: events and pages live", behind_nginx()),
    Row(
        "nginx with gzip on: events and pages live",
        behind_nginx("gzip on; gzip_types text/event-stream;", zipped=True),
    ),
    Row("nginx, proxy_read_timeout 2s, ping 1 s: stays open", read_timeout, Beside.ANYTHING),
)
