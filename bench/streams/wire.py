"""Encoding of events, checked with a parser that follows the standard."""

from collections.abc import Callable

from bench.streams.cases import CASES, LINE_LIKE, RETRIES
from bench.streams.parsing import Parser, ReceivedEvent, parse
from bench.streams.rows import Check, Observation, Row, Subject, verdict
from bench.streams.sockets import Exchange

OWN_EVENTS = ("close", "stream-error")
"""Names of events that a framework itself sends."""


def body_of(subject: Subject, case: str) -> tuple[int, bytes]:
    with Exchange(subject.server().port, f"/streams/case?case={case}") as exchange:
        exchange.to_end(subject.timeouts.event)
        return exchange.status, exchange.body


def arrived(body: bytes) -> list[ReceivedEvent]:
    return [event for event in parse(body) if event.name not in OWN_EVENTS]


def arrives(case: str, expected: list[str]) -> Check:
    """Compare the data of all events of a case with `expected`."""

    def check(subject: Subject) -> Observation:
        data = [event.data for event in arrived(body_of(subject, case)[1])]
        return verdict(data == expected, "" if data == expected else f"arrives as {data!a}")

    return check


def is_rejected(*cases: str, harm: Callable[[bytes], str]) -> Check:
    """Check that the cases are rejected. `harm` describes what is wrong with a body; it returns "" if nothing is."""

    def check(subject: Subject) -> Observation:
        outcomes = {case: rejection(*body_of(subject, case), harm) for case in cases}
        wrong = [details for good, details in outcomes.values() if not good]
        if wrong:
            each = ", ".join(dict.fromkeys(wrong))
            return verdict(False, each if len(wrong) == len(cases) else f"{each} ({len(wrong)} of {len(cases)})")
        return verdict(True, "; ".join(sorted({details for _, details in outcomes.values()})))

    return check


def rejection(status: int, body: bytes, harm: Callable[[bytes], str]) -> tuple[bool, str]:
    if details := harm(body):
        return False, details
    if status >= 400:
        return True, f"status {status}"
    if any(event.name == "stream-error" for event in parse(body)):
        return True, "stream-error"
    return (False, "altered") if arrived(body) else (True, "the stream is cut")


def injected(body: bytes) -> str:
    return "injects" if any("injected" in event.data for event in parse(body)) else ""


def sent_id(body: bytes) -> str:
    return "sent" if b"id: 1\0" in body else ""


def sent_retry(body: bytes) -> str:
    parser = Parser()
    events = parser.feed(body, final=True)
    failed = any(event.name == "stream-error" for event in events)
    return "" if failed or not parser.retries else f"sends {parser.retries[0]}"


def blank_line(subject: Subject) -> Observation:
    bodies = {
        case: body_of(subject, case)[1] for case in ("line-ends", "only-name", "only-id", "only-retry", "comment")
    }
    wrong = [case for case, body in bodies.items() if not body.endswith((b"\n\n", b"\r\n\r\n"))]
    return verdict(not wrong, ", ".join(wrong))


def only_name(subject: Subject) -> Observation:
    names = [event.name for event in arrived(body_of(subject, "only-name")[1])]
    return verdict(names == ["refresh"], "" if names else "not dispatched")


def comment(subject: Subject) -> Observation:
    parser = Parser()
    events = [
        event for event in parser.feed(body_of(subject, "comment")[1], final=True) if event.name not in OWN_EVENTS
    ]
    lines = [line for line in parser.comments if line in ("one", "two")]
    good = lines == ["one", "two"] and [event.data for event in events] == ["d"]
    return verdict(good, "" if good else f"comments {parser.comments}")


def headers(subject: Subject) -> Observation:
    with Exchange(subject.server().port, "/streams/case?case=line-ends") as exchange:
        exchange.to_end(subject.timeouts.event)
        received = exchange.headers
    caching = received.get("cache-control", "")
    wrong = {
        "content-type": not received.get("content-type", "").startswith("text/event-stream"),
        "cache-control": not ("no-cache" in caching or "no-store" in caching),
        "no-transform": "no-transform" not in caching,
        "x-accel-buffering": received.get("x-accel-buffering") != "no",
    }
    problems = [f"lacks {name}" for name, is_wrong in wrong.items() if is_wrong]
    problems += ["has Connection"] if "connection" in received else []
    return verdict(not problems, ", ".join(problems))


def byte_by_byte(subject: Subject) -> Observation:
    wrong = []
    for case in CASES:
        body = body_of(subject, case)[1]
        parser = Parser()
        bytewise = [event for at in range(len(body)) for event in parser.feed(body[at : at + 1])] + parser.feed(
            b"", final=True
        )
        if bytewise != parse(body):
            wrong.append(case)
    return verdict(not wrong, ", ".join(wrong))


ROWS = (
    Row("data: CRLF, CR and LF each end a line", arrives("line-ends", ["a\nb\nc\nd"])),
    Row("data: a trailing line end and empty data are kept", arrives("trailing", ["a\n", "", "\n"])),
    Row("data: U+2028, U+2029, U+0085, VT, FF don't end a line", arrives("line-like", [f"a{LINE_LIKE}"])),
    Row("data: NUL is kept", arrives("data-nul", ["a\0b"])),
    Row("data: a leading space is kept", arrives("leading-space", [" x"])),
    Row("data: text that looks like fields stays data", arrives("field-like", ["event: x\n: c\nid: 1\nretry: 1"])),
    Row("CR or LF in a name or id is rejected", is_rejected("event-lf", "event-cr", "id-lf", "id-cr", harm=injected)),
    Row("NUL in an id is rejected", is_rejected("id-nul", harm=sent_id)),
    Row("a retry of -1, 1.5, True or '10' is rejected", is_rejected(*RETRIES, harm=sent_retry)),
    Row("an event with only a name is dispatched", only_name),
    Row("every event ends with a blank line", blank_line),
    Row("each line of a comment stays a comment", comment),
    Row("headers: type, caching, buffering, no Connection", headers),
    Row("parsing byte by byte yields the same events", byte_by_byte),
)
