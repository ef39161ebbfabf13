"""What of an event arrives: read by the rules of the browsers' parser."""

from collections.abc import Callable

from bench.streams.cases import CASES, LINE_LIKE, RETRIES
from bench.streams.parsing import Parser, Received, parse
from bench.streams.rows import Check, Row, Seen, Site, judged
from bench.streams.sockets import Exchange

OURS = ("close", "stream-error")
"""Names of events that a framework sends of itself."""


def body_of(site: Site, case: str) -> tuple[int, bytes]:
    with Exchange(site.server().port, f"/streams/case?case={case}") as exchange:
        exchange.to_end(site.pace.event)
        return exchange.status, exchange.body


def arrived(body: bytes) -> list[Received]:
    return [event for event in parse(body) if event.name not in OURS]


def arrives(case: str, expected: list[str]) -> Check:
    """The data of all events of a case."""

    def check(site: Site) -> Seen:
        data = [event.data for event in arrived(body_of(site, case)[1])]
        return judged(data == expected, "" if data == expected else f"arrives as {data!a}")

    return check


def is_refused(*cases: str, harm: Callable[[bytes], str]) -> Check:
    """`harm` says what is wrong with a body; a good one has nothing of the event in it."""

    def check(site: Site) -> Seen:
        said = {case: refusal(*body_of(site, case), harm) for case in cases}
        wrong = [words for good, words in said.values() if not good]
        if wrong:
            each = ", ".join(dict.fromkeys(wrong))
            return judged(False, each if len(wrong) == len(cases) else f"{each} ({len(wrong)} of {len(cases)})")
        return judged(True, "; ".join(sorted({words for _, words in said.values()})))

    return check


def refusal(status: int, body: bytes, harm: Callable[[bytes], str]) -> tuple[bool, str]:
    if words := harm(body):
        return False, words
    if status >= 400:
        return True, f"answers {status}"
    if any(event.name == "stream-error" for event in parse(body)):
        return True, "stream-error"
    return (False, "altered") if arrived(body) else (True, "the stream breaks off")


def injected(body: bytes) -> str:
    return "injects" if any("injected" in event.data for event in parse(body)) else ""


def sent_id(body: bytes) -> str:
    return "is sent" if b"id: 1\0" in body else ""


def sent_retry(body: bytes) -> str:
    parser = Parser()
    events = parser.feed(body, final=True)
    own = any(event.name == "stream-error" for event in events)
    return "" if own or not parser.retries else f"sends {parser.retries[0]}"


def blank_line(site: Site) -> Seen:
    bodies = {case: body_of(site, case)[1] for case in ("line-ends", "only-name", "only-id", "only-retry", "comment")}
    wrong = [case for case, body in bodies.items() if not body.endswith((b"\n\n", b"\r\n\r\n"))]
    return judged(not wrong, ", ".join(wrong))


def only_name(site: Site) -> Seen:
    names = [event.name for event in arrived(body_of(site, "only-name")[1])]
    return judged(names == ["refresh"], "" if names else "nothing is dispatched")


def comment(site: Site) -> Seen:
    parser = Parser()
    events = [event for event in parser.feed(body_of(site, "comment")[1], final=True) if event.name not in OURS]
    lines = [line for line in parser.comments if line in ("one", "two")]
    good = lines == ["one", "two"] and [event.data for event in events] == ["d"]
    return judged(good, "" if good else f"comments {parser.comments}")


def headers(site: Site) -> Seen:
    with Exchange(site.server().port, "/streams/case?case=line-ends") as exchange:
        exchange.to_end(site.pace.event)
        got = exchange.headers
    stored = got.get("cache-control", "")
    wrong = {
        "content-type": not got.get("content-type", "").startswith("text/event-stream"),
        "cache-control": not ("no-cache" in stored or "no-store" in stored),
        "no-transform": "no-transform" not in stored,
        "x-accel-buffering": got.get("x-accel-buffering") != "no",
    }
    words = [f"lacks {name}" for name, is_wrong in wrong.items() if is_wrong]
    words += ["has Connection"] if "connection" in got else []
    return judged(not words, ", ".join(words))


def byte_by_byte(site: Site) -> Seen:
    wrong = []
    for case in CASES:
        body = body_of(site, case)[1]
        parser = Parser()
        slowly = [event for at in range(len(body)) for event in parser.feed(body[at : at + 1])] + parser.feed(
            b"", final=True
        )
        if slowly != parse(body):
            wrong.append(case)
    return judged(not wrong, ", ".join(wrong))


ROWS = (
    Row("data: CRLF, CR and LF each end a line", arrives("line-ends", ["a\nb\nc\nd"])),
    Row("data: a last line end, and no text at all, are kept", arrives("trailing", ["a\n", "", "\n"])),
    Row("data: U+2028, U+2029, U+0085, VT and FF end no line", arrives("line-like", [f"a{LINE_LIKE}"])),
    Row("data: NUL passes", arrives("data-nul", ["a\0b"])),
    Row("data: a leading space stays", arrives("leading-space", [" x"])),
    Row("data: what looks like fields is none", arrives("field-like", ["event: x\n: c\nid: 1\nretry: 1"])),
    Row("CR or LF in a name or id is refused", is_refused("event-lf", "event-cr", "id-lf", "id-cr", harm=injected)),
    Row("NUL in an id is refused", is_refused("id-nul", harm=sent_id)),
    Row("a retry of -1, 1.5, True or '10' is refused", is_refused(*RETRIES, harm=sent_retry)),
    Row("an event with a name alone is dispatched", only_name),
    Row("every event ends with a blank line", blank_line),
    Row("each line of a comment is one", comment),
    Row("headers: type, caching, buffering, no Connection", headers),
    Row("one byte at a time gives the same events", byte_by_byte),
)
