"""Heads of requests that parsers and servers read in different ways: here all are read in one, by either parser."""

import re

import pytest

from tests.server.in_process import PARSERS, served

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HEAD = b"POST /form HTTP/1.1\r\nHost: x\r\n"
END = b"GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
CLOSE_FRAME = b"\x88\x02\x03\xe8"
REQUEST = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(params=PARSERS)
async def server(request):
    async with served(echo, request.param) as server:
        yield server


async def echo(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    host = b"|".join(value for name, value in scope["headers"] if name == b"host")
    text = b"{%b %b %b %b %b}" % (scope["method"].encode(), scope["raw_path"], scope["query_string"], host, body)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


def answers(received: bytes) -> list[bytes]:
    """The statuses and bodies of all responses, without `100 Continue`."""
    found = re.findall(rb"HTTP/1\.1 (\d+)|(\{[^}]*\})", received)
    return [status or body for status, body in found if status != b"100"]


def posted(body: bytes) -> list[bytes]:
    return [b"200", b"{POST /form  x %b}" % body, b"200", b"{GET /end  x }"]


async def test_other_protocols_in_upgrade_are_ignored(server):
    length = b"Content-Length: %d\r\n\r\n"
    ada = length % 8
    websocket = b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    unknown = b"Connection: upgrade\r\nUpgrade: no-such, h2c\r\n"
    got = [b"200", b"{GET /  x }", b"200", b"{GET /end  x }"]
    table = [
        *((posted(b"name=Ada"), (HEAD + kind + ada + b"name=Ada" + END,)) for kind in (H2C, websocket, unknown)),
        *((posted(b"name=Ada"), (HEAD + kind + ada, b"name=Ada", END)) for kind in (H2C, websocket, unknown)),
        (posted(b"name=Ada"), (HEAD + H2C + ada[:-1], ada[-1:] + b"name=Ada" + END)),
        (posted(b"name=Ada"), (HEAD + H2C + b"Expect: 100-continue\r\n" + ada, b"name=Ada" + END)),
        (posted(b"name=Ada"), (HEAD + H2C + CHUNKED + b"4\r\nname", b"\r\n4\r\n=Ada\r\n0\r\n\r\n", END)),
        (posted(REQUEST), (HEAD + H2C + length % len(REQUEST), REQUEST, END)),
        (posted(REQUEST), (HEAD + H2C + length % len(REQUEST) + REQUEST + END,)),
        (got, (GET + H2C + b"\r\n" + END,)),
        (got[:2] + posted(b"name=Ada"), (GET + H2C + b"\r\n", HEAD + H2C + ada + b"name=Ada" + END)),
        (got[:2], (b"GET / HTTP/1.0\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n\r\n",)),
        ([b"400"], (HEAD + H2C + b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + END,)),
        ([b"413"], (HEAD + H2C + b"Content-Length: 99999999\r\n\r\n",)),
    ]
    offenders = []
    for expected, packets in table:
        found = answers(await server.exchange(*packets))
        if found != expected:
            offenders.append((packets, found))
    assert offenders == []


@pytest.mark.parametrize("parser", PARSERS)
async def test_an_ignored_upgrade_stays_among_the_headers(parser):
    seen = []

    async def show(scope, receive, send):
        seen.extend(scope["headers"])
        await echo(scope, receive, send)

    async with served(show, parser) as server:
        await server.exchange(HEAD + H2C + b"Content-Length: 1\r\n\r\na" + END)
    assert (b"upgrade", b"h2c") in seen
    assert seen.count((b"host", b"x")) == 2


async def talk(scope, receive, send):
    """Accepts a WebSocket and sends its path and host."""
    if scope["type"] == "http":
        await echo(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": f"{scope['path']} {dict(scope['headers'])[b'host'].decode()}"})
    await send({"type": "websocket.close"})


@pytest.mark.parametrize("parser", PARSERS)
async def test_websockets_are_opened_after_earlier_requests(parser):
    fields = b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    async with served(talk, parser) as server:
        for first in (b"", GET + b"\r\n", HEAD + H2C + b"Content-Length: 1\r\n\r\na"):
            for target, host in ((b"/ws?a", b"x"), (b"http://other/ws?a", b"other")):
                handshake = b"GET %b HTTP/1.1\r\nHost: x\r\n%b%b\r\n" % (target, fields, key)
                received = await server.exchange(first + handshake, until=CLOSE_FRAME)
                assert received.startswith(b"HTTP/1.1 200" if first else b"HTTP/1.1 101"), (parser, received)
                assert received.count(b"HTTP/1.1 101 ") == 1, (parser, received)
                assert b"/ws " + host in received, (parser, received)
        without_host = (b"GET / HTTP/1.1\r\n%b%b\r\n" % (fields, key), b"GET / HTTP/1.1\r\nHost: x\r\n%b\r\n" % fields)
        assert [(await server.exchange(each))[:12] for each in without_host] == [b"HTTP/1.1 400"] * 2


async def test_invalid_heads_get_a_400(server):
    heads = [
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n",
        b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n",
        *(b"GET / HTTP/1.1\r\nHost: %b\r\n" % host for host in (
            b"", b"a b", b"a/b", b"u@a", b"a:b", b"a:1:2", b"a:65536", b"a?b", b"a#b", b"a,b", b"a\\b", b"<a>", b"[::1",
            b"[:::]", b"[x]", b"::1", b"%zz", b"\xc3\xa9", b"http://a",
        )),
        *(HEAD + b"Transfer-Encoding: %b\r\n" % coding for coding in (
            b"gzip, chunked", b"chunked, chunked", b"chunked, gzip", b"gzip", b"identity", b"identity, chunked", b"",
            b",", b"chunked,", b"x-chunked", b"chunked;a=b", b"gzip\r\nTransfer-Encoding: chunked",
            b"chunked\r\nTransfer-Encoding: chunked", b"chunked\r\nContent-Length: 5",
        )),
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n",
        *(b"%b HTTP/1.1\r\nHost: x\r\n" % line for line in (
            b"CONNECT x:80", b"CONNECT /", b"GET *", b"GET x", b"GET x:80", b"GET /a#b", b"GET #", b"GET http:///a",
            b"GET http://a b/", b"GET http://u@a/", b"GET ftp://a/", b"GET http:a", b"GET http://[::/",
            b"GET /\xc3\xa9", b"M" * 40 + b" /", b"GET", b"GET http://a:99999/",
        )),
        *(b"GET / %b\r\nHost: x\r\n" % version for version in (
            b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/3", b"http/1.1", b"HTTP/1.1 x",
        )),
        b"PRI * HTTP/2.0\r\n",
        b"GET /\r\n",
    ]  # fmt: skip
    offenders = []
    for head in heads:
        found = answers(await server.exchange(head + b"\r\n0\r\n\r\n" + END))
        if found != [b"400"]:
            offenders.append((head, found))
    assert offenders == []
    assert {(entry.status, entry.sent > 0) for entry in server.log} == {(400, True)}
    assert len(server.log) == len(heads)


async def test_valid_heads_are_answered(server):
    def get(target: bytes, host: bytes = b"x", version: bytes = b"1.1") -> bytes:
        return b"GET %b HTTP/%b\r\nHost: %b\r\nConnection: close\r\n\r\n" % (target, version, host)

    table = {
        get(b"/", b"x.example:80"): b"{GET /  x.example:80 }",
        get(b"/", b"[::1]:80"): b"{GET /  [::1]:80 }",
        get(b"/", b"x_y.example:"): b"{GET /  x_y.example: }",
        get(b"/a?b?c=/"): b"{GET /a b?c=/ x }",
        get(b"//a:99999/b"): b"{GET //a:99999/b  x }",
        get(b"/a%20b%2Fc"): b"{GET /a%20b%2Fc  x }",
        get(b"http://other:8/a?b"): b"{GET /a b other:8 }",
        get(b"HTTPS://other"): b"{GET /  other }",
        get(b"http://other?b"): b"{GET / b other }",
        get(b"http://other/a", version=b"1.0"): b"{GET /a  other }",
        get(b"/", version=b"1.0"): b"{GET /  x }",
        b"GET / HTTP/1.0\r\n\r\n": b"{GET /   }",
        HEAD + b"Connection: close\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n": b"{POST /form  x a}",
        HEAD + b"Connection: close\r\nExpect: something\r\nContent-Length: 1\r\n\r\na": b"{POST /form  x a}",
        b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na": b"{POST /   a}",
    }
    received = {request: await server.exchange(request) for request in table}
    assert {request: answers(text) for request, text in received.items()} == {
        request: [b"200", body] for request, body in table.items()
    }
    assert not [request for request, text in received.items() if b"100 Continue" in text]


async def test_options_of_the_server_as_a_whole(server):
    received = await server.exchange(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 204 ")
    assert received.endswith(b"\r\n\r\n")


async def test_both_parsers_take_the_same_bytes_in_a_target():
    taken = {}
    for parser in PARSERS:
        async with served(echo, parser) as server:
            requests = {
                byte: b"GET /a%cb HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % byte for byte in range(256)
            }
            taken[parser] = [byte for byte, text in requests.items() if b" 200 " in await server.exchange(text)]
    assert taken["httptools"] == taken["h11"]
