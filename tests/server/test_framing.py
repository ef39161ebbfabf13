"""Responses that have no body, whatever the application sends: the next response on the connection is the right one."""

import re
from itertools import product

import pytest

from hyperpy import Hyper
from tests.server.in_process import PARSERS, served
from tests.support.sites import write_files

END = b"GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
STATUSES = (200, 204, 205, 304)
BODY = b"HTTP/1.1 200 forged"
HEADERS = {
    "none": [],
    "length": [(b"content-length", b"%d" % len(BODY))],
    "zero": [(b"Content-Length", b"0")],
    "chunked": [(b"Transfer-Encoding", b"chunked")],
}


async def answer(scope, receive, send):
    """`/status/headers/pieces`: a response with that many pieces of a body."""
    if scope["path"] == "/end":
        status, headers, pieces = 200, [(b"content-length", b"19")], 1
    else:
        _, status, name, pieces = scope["path"].split("/")
        headers = HEADERS[name]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    pieces = [BODY] if pieces in (1, "1") else [] if pieces == "0" else [BODY[:5], BODY[5:], b""]
    for number, piece in enumerate(pieces or [b""]):
        await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces) - 1})


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
async def test_responses_without_a_body(parser, version):
    offenders = []
    async with served(answer, parser) as server:
        for method, status, name, pieces in product((b"GET", b"HEAD"), STATUSES, HEADERS, (b"0", b"1", b"3")):
            if status == 200 and (pieces == b"0") is not (name == "zero"):
                continue  # a mistake of the application
            target = b"/%d/%b/%b" % (status, name.encode(), pieces)
            received = await server.exchange(b"%b %b HTTP/%b\r\nHost: x\r\n\r\n" % (method, target, version) + END)
            if not is_right(received, method, status, version):
                offenders.append((method, target, received))
    assert offenders == []


def is_right(received: bytes, method: bytes, status: int, version: bytes) -> bool:
    first, _, rest = received.partition(b"\r\n\r\n")
    if not first.startswith(b"HTTP/1.1 %d " % status):
        return False
    if method == b"GET" and status == 200:
        return BODY in rest or version == b"1.0" or b"\r\n\r\n" in rest
    fields = dict(line.lower().split(b": ", 1) for line in first.split(b"\r\n")[1:])
    if status != 200 and (b"transfer-encoding" in fields or fields.get(b"content-length", b"0") != b"0"):
        return False
    if status in (204, 304) and b"content-length" in fields:
        return False
    if status == 205 and fields.get(b"content-length") != b"0":
        return False
    if version == b"1.0":
        return rest == b""
    return re.fullmatch(rb"HTTP/1\.1 200 OK\r\n(?:.+\r\n)+\r\n" + BODY, rest) is not None


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_status_that_is_not_one_of_a_final_response_is_a_500(parser):
    async with served(answer, parser) as server:
        for status in (0, 99, 100, 101, 103, 600, 999):
            received = await server.exchange(
                b"GET /%d/none/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % status
            )
            assert received.startswith(b"HTTP/1.1 500 "), status


async def in_pieces(scope, receive, send):
    """A response of unknown length, or with `/length` of a known one."""
    pieces = [b"one ", b"", b"two ", b"three", b""]
    headers = [(b"content-length", b"13")] if scope["path"] == "/length" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number, piece in enumerate(pieces, 1):
        await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})


@pytest.mark.parametrize("parser", PARSERS)
async def test_http_1_0_gets_no_chunks(parser):
    async with served(in_pieces, parser) as server:
        for path, has_length in ((b"/", False), (b"/length", True)):
            received = await server.exchange(b"GET %b HTTP/1.0\r\n\r\n" % path)
            head, _, body = received.partition(b"\r\n\r\n")
            assert body == b"one two three"
            assert b"transfer-encoding" not in head.lower()
            assert (b"content-length: 13" in head.lower()) is has_length
        received = await server.exchange(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert received.endswith(b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n")


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_head_that_cannot_be_sent_is_a_500(parser, caplog):
    """And the next response on the connection is the right one."""
    heads = {
        "value": [(b"content-length", b"3"), (b"x", b"a\r\nb: c")],
        "nul": [(b"x", b"a\0")],
        "name": [(b"content-length", b"3"), (b"a b", b"c")],
        "length": [(b"content-length", b"x")],
    }

    async def application(scope, receive, send):
        headers = heads.get(scope["path"][1:], [(b"content-length", b"3")])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"end"})

    async with served(application, parser) as server:
        for name in heads:
            target = b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % name.encode()
            received = await server.exchange(target)
            assert received.startswith(b"HTTP/1.1 500 "), (name, received)
            assert b"Internal Server Error" in received, (name, received)
        assert [entry.status for entry in server.log] == [500] * len(heads)


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_response_that_ends_before_its_request_arrives(parser):
    """Closing a connection with unread input resets it, and the client may lose the response (RFC 9112, 9.6)."""
    size = 8_000_000

    async def refuse(scope, receive, send):
        headers = [(b"content-length", b"2" if scope["path"] == "/short" else b"1")]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    bodies = {
        b"Content-Length: %d\r\n\r\n" % size: b"x" * size,
        b"Transfer-Encoding: chunked\r\n\r\n": b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size),
    }
    async with served(refuse, parser, limit_request_body=2 * size) as server:
        for head, body in bodies.items():
            for version in (b"1.1", b"1.0") if b"Length" in head else (b"1.1",):
                start = b"POST / HTTP/%b\r\nHost: x\r\nConnection: close\r\n%b" % (version, head)
                received = await server.exchange(start + body)
                assert received.startswith(b"HTTP/1.1 403 "), (start, received)
                assert received.endswith(b"\r\n\r\nx"), (start, received)
            kept = await server.exchange(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + body + END)
            assert kept.count(b"HTTP/1.1 403 ") == 2, (head, kept)
        # An invalid response is cut all the same.
        head = b"POST /short HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"
        assert (await server.exchange(head)).startswith(b"HTTP/1.1 403 ")


DATE = re.compile(rb"date: [^\r]+\r\n")
PAGES = {
    "short.py": "t'<p>short</p>'",
    "long.py": "text = 'x' * 200_000\nt'<p>{text}</p>'",
    "odd.py": "text = '\\ud800é'\nt'<p>{text}</p>'",
    "set.py": "from hyper import response\nresponse.headers['x'] = 'yes'\nresponse.status_code = 201\nt'<p>set</p>'",
    "missing.py": "from hyper import HTTPException\nraise HTTPException(404)\nt'never'",
}


@pytest.mark.parametrize("parser", PARSERS)
async def test_pages_that_are_sent_in_one_step_are_the_same_on_the_wire(parser, tmp_path):
    site = Hyper(write_files(tmp_path / "routes", PAGES))

    async def behind_a_middleware(scope, receive, send):
        async def own_send(message):
            await send(message)

        await site(scope, receive, own_send)

    requests = [
        b"%b /%b HTTP/%b\r\nHost: x\r\n%b\r\n" % (method, name.removesuffix(".py").encode(), version, connection)
        for method, name, version in product((b"GET", b"HEAD"), PAGES, (b"1.0", b"1.1"))
        for connection in (b"", b"Connection: close\r\n")
    ]
    async with served(site, parser) as direct, served(behind_a_middleware, parser) as wrapped:

        async def responses(request: bytes) -> list[bytes]:
            return [DATE.sub(b"", await server.exchange(request)) for server in (direct, wrapped)]

        for request in requests:
            last = b"" if b"close" in request or b"/1.0" in request else END
            one, other = await responses(request + last)
            assert one.startswith(b"HTTP/1.1 "), request
            assert one == other, request
        # A client that reads nothing for a while still gets all of each page.
        many = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 40 + END
        one, other = await responses(many)
        assert one.count(b"xxx</p>") == 40
        assert one == other


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_page_after_another_response_is_not_sent(parser, tmp_path):
    """It would be read as the response to the next request."""
    site = Hyper(write_files(tmp_path / "routes", PAGES))

    async def without_return(scope, receive, send):
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"no"})
        await site(scope, receive, send)

    async with served(without_return, parser) as server:
        received = await server.exchange(b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n" + END)
    assert received.startswith(b"HTTP/1.1 401 ")
    assert b"HTTP/1.1 200 " not in received


@pytest.mark.parametrize("parser", PARSERS)
async def test_head_that_a_middleware_turns_into_get_has_no_body(parser, tmp_path):
    site = Hyper(write_files(tmp_path / "routes", PAGES | {"end.py": "t'<p>end</p>'"}))

    async def head_as_get(scope, receive, send):
        await site({**scope, "method": "GET"}, receive, send)

    async with served(head_as_get, parser) as server:
        received = await server.exchange(b"HEAD /short HTTP/1.1\r\nHost: x\r\n\r\n" + END)
    assert received.count(b"HTTP/1.1 200 ") == 2
    assert b"content-length: 12\r\n" in received
    assert b"short" not in received
    assert received.endswith(b"<p>end</p>")
