"""Attacks on `hyper serve` and a site with a session, as bytes on a plain socket, which no client library tidies up."""

from collections.abc import Iterator

import pytest

from tests.support.raw_client import RawClient
from tests.support.servers import Command, hyper_serve
from tests.support.sites import write_files

READ = "async def load():\n    if POST: await request.body()\nt'page'\n"

FILES = {
    "pyproject.toml": """
[tool.hyper]
allowed-hosts = "site.example, [::1]"
trusted-origins = "https://partner.example"
csp = "script-src 'nonce-{nonce}'"
secret-key = "a key that nobody can guess"
""",
    "routes/index.py": "from hyperpy import POST\nt'{'changed' if POST else 'page'}'\n",
    "routes/open.py": "from hyperpy import POST, route\nroute(cross_site='allow')\nif POST: pass\nt'page'\n",
    "routes/large.py": f"from hyperpy import *\nroute(max_body='3 MiB')\n{READ}",
    "routes/small.py": f"from hyperpy import *\n{READ}",
    "routes/session.py": "from hyperpy import session\nt'user {session.get('user', 0)}'\n",
    "routes/set.py": "from hyperpy import session\nsession['user'] = 7\nt'page'\n",
    "routes/header.py": "from hyperpy import request, response\n"
    "response.headers['x-test'] = request.query_params['q']\nt'page'\n",
    "routes/cookie.py": "from hyperpy import request, response\n"
    "response.set_cookie('a', request.query_params['q'])\nt'page'\n",
    "routes/away.py": "from hyperpy import redirect, request\nredirect(request.query_params['q'])\n",
    "routes/nonce.py": "from hyperpy import csp_nonce\nt'<script nonce={csp_nonce}></script>'\n",
    "routes/files/{name}.py": "name: str\nt'{name}'\n",
    "routes/files/_secret.py": "t'secret'\n",
    "static/site.css": "p{}",
    "static/.env": "SECRET",
    "static/tool.py": "SECRET",
    "secret.txt": "SECRET",
}
MOST = 2 * 1024 * 1024
OTHER = "http://evil.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    with hyper_serve(write_files(tmp_path_factory.mktemp("hostile"), FILES)) as command:
        yield command


class Answer:
    """The response to raw bytes, after which the server closes the connection, and what other responses follow."""

    def __init__(self, server: Command, request: bytes) -> None:
        with RawClient(server.port()) as client:
            client.socket.sendall(request)
            self.raw = client.read_all(may_reset=True)
        self.head, _, self.body = self.raw.partition(b"\r\n\r\n")
        self.status = int(self.head[9:12])
        self.lines = self.head.lower().split(b"\r\n")[1:]

    def header(self, name: bytes) -> list[bytes]:
        return [line.partition(b": ")[2] for line in self.lines if line.startswith(name + b":")]


def request(line: str, *fields: str | bytes, host: str = "site.example", body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", f"Host: {host}", *fields, "Connection: close"]
    return b"\r\n".join([each if isinstance(each, bytes) else each.encode() for each in lines]) + b"\r\n\r\n" + body


def post(*fields: str | bytes, path: str = "/", host: str = "site.example") -> bytes:
    return request(f"POST {path}", *fields, "Content-Length: 1", host=host, body=b"x")


def test_requests_of_other_sites(server: Command) -> None:
    expected = {
        post(): 200,
        post("Origin: http://site.example"): 200,
        post("oRIGIN:http://site.example"): 200,
        post("Origin: http://[::1]:8000", host="[::1]:8000"): 200,
        post("Origin: https://partner.example", "Sec-Fetch-Site: cross-site"): 200,
        post(f"Origin: {OTHER}", path="/open"): 200,
        post(f"Origin: {OTHER}"): 403,
        post(f"ORIGIN:\t{OTHER}\t"): 403,
        post("Origin: null"): 403,
        post("Origin: http://site.example:8000"): 403,
        post("Origin: http://site.example", f"Origin: {OTHER}"): 403,
        post(f"Origin: {OTHER}", "Origin: http://site.example"): 403,
        post("Origin: https://partner.example", f"Origin: {OTHER}"): 403,
        post("Origin: http://site.example", "Sec-Fetch-Site: cross-site"): 403,
        post("Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"): 403,
        post("Sec-Fetch-Site: same-site"): 403,
        post(b"Origin: http://site.example\xff"): 403,
        post(f"Origin: {OTHER}", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"): 403,
        post("Origin: http://site.example\r\n .evil.example"): 400,  # a folded line
        post(f"Origin : {OTHER}"): 400,
        request("POST http://site.example/", f"Origin: {OTHER}", "Content-Length: 0"): 403,
        request("POST http://evil.example/", f"Origin: {OTHER}", "Content-Length: 0"): 400,
        # RFC 9112, 3.2.2: the host of the target counts, and not that of the field.
        request("POST http://site.example/", "Origin: http://site.example", "Content-Length: 0", host="x"): 200,
        request("POST HTTP://SITE.example/", "Origin: http://site.example", "Content-Length: 0", host="x"): 200,
        request("POST http://site.example", "Origin: http://site.example", "Content-Length: 0"): 200,
        request("POST http://site.example/", f"Origin: {OTHER}", "Content-Length: 0", host="evil.example"): 403,
        request("POST http://site.example:80/", "Origin: http://site.example:8000", "Content-Length: 0"): 403,
        request("POST http://site.example:8000/", "Origin: http://site.example:8000", "Content-Length: 0"): 200,
        request("POST http://evil@site.example/", "Origin: http://site.example", "Content-Length: 0"): 400,
        request("HEAD /", f"Origin: {OTHER}", "X-HTTP-Method-Override: POST"): 200,
        request("TRACE /", f"Origin: {OTHER}"): 405,
        request("post /", f"Origin: {OTHER}"): 400,
    }
    found = {each: Answer(server, each) for each in expected}
    wrong = {each: (answer.status, expected[each]) for each, answer in found.items() if answer.status != expected[each]}
    assert wrong == {}
    assert [each for each, answer in found.items() if answer.status != 200 and b"changed" in answer.body] == []


def test_hosts(server: Command) -> None:
    refused = [
        "evil.example",
        "site.example@evil.example",
        "site.example:80@evil.example",
        "site.example.evil.example",
        "site.example:x",
        "[::1].evil.example",
        "[::2]",
        "",
        "site.example, evil.example",
    ]
    hosts = dict.fromkeys(refused, 400) | {"site.example": 200, "SITE.example.:80": 200, "[::1]:80": 200}
    assert {host: Answer(server, request("GET /", host=host)).status for host in hosts} == hosts
    assert Answer(server, b"GET / HTTP/1.0\r\n\r\n").status == 400
    assert Answer(server, b"GET / HTTP/1.1\r\nHost: site.example\r\nHost: evil.example\r\n\r\n").status == 400


def test_session_cookies(server: Command) -> None:
    raw = Answer(server, request("GET /set")).raw
    valid = raw.partition(b"session=")[2].partition(b";")[0]
    payload, stamp, signature = valid.split(b".")
    forged = [
        b"", b"x", b"..", b"\x00", b"\xff\xfe", b'"', valid[:-1], valid[1:], valid + b"x", payload, payload + b".." ,
        b".".join([payload, stamp, b""]), b".".join([payload + b"A", stamp, signature]),
        b".".join([payload, b"AAAAAA", signature]), b"." + b"e" * 60_000 + b"." + stamp + b"." + signature,
        b"session=" + valid, valid + b" " + valid, valid.swapcase(),
    ]  # fmt: skip
    for text in forged:
        answer = Answer(server, request("GET /session", b"Cookie: session=" + text))
        assert (answer.status, answer.body) in ((200, b"user 0"), (400, answer.body)), text
    for fields in (
        [b"Cookie: session=" + valid],
        [b"cookie:a=b;session=" + valid + b";"],
        [b"Cookie: session=x; session=" + valid],
        [b"Cookie: session=x", b"Cookie: session=" + valid],
    ):
        assert Answer(server, request("GET /session", *fields)).body == b"user 7", fields


def test_no_value_becomes_a_header(server: Command) -> None:
    offenders = []
    for path in ("/header", "/cookie", "/away"):
        for value in (
            "a%0d%0aX-Forged:%201",
            "a%0aX-Forged:%201",
            "a%0dX-Forged:%201",
            "/%0d%0a%0d%0a<script>",
            "a%00b",
        ):
            answer = Answer(server, request(f"GET {path}?q={value}"))
            if answer.status not in (400, 500) or answer.header(b"x-forged") or b"<script>" in answer.raw:
                offenders.append((path, value, answer.raw))
    for target in (
        "//evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "%09//evil.example",
        "http://evil.example",
    ):
        answer = Answer(server, request(f"GET /away?q={target}"))
        if answer.status != 400 or answer.header(b"location"):
            offenders.append(("/away", target, answer.raw))
    assert offenders == []
    assert "Traceback" not in Answer(server, request("GET /header?q=a%0d%0ab")).raw.decode()


def test_the_size_of_a_body(server: Command) -> None:
    chunked = b"".join([b"40000\r\n" + b"x" * 0x40000 + b"\r\n"] * 9) + b"0\r\n\r\n"  # 2.25 MiB
    expected = {
        request("POST /small", f"Content-Length: {MOST}", body=b"x" * MOST): 200,
        request("POST /small", f"Content-Length: {MOST + 1}", "Expect: 100-continue"): 413,
        request("POST /small", "Transfer-Encoding: chunked", body=chunked): 413,
        request("POST /large", "Transfer-Encoding: chunked", body=chunked): 200,
        request("POST /large", f"Content-Length: {3 * 1024 * 1024 + 1}", "Expect: 100-continue"): 413,
        request("POST /small", "Content-Length: " + "9" * 30): 400,
        request("POST /small", "Content-Length: -1"): 400,
        request("POST /small", "Content-Length: 1", "Content-Length: 2", body=b"xx"): 400,
        request("POST /small", "Content-Length: 1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"): 400,
    }
    found = {each: Answer(server, each).status for each in expected}
    assert {each[:100]: status for each, status in found.items() if status != expected[each]} == {}


def test_paths(server: Command) -> None:
    missing = [
        "/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt", "/static/..%5csecret.txt",
        "/static//etc/passwd", "/static/.env", "/static/%2eenv", "/static/tool.py", "/static/site.css%00",
        "/static/%c0%ae%c0%ae/secret.txt", "/static/" + "x" * 300, "/../secret.txt", "/%2e%2e/secret.txt", "/.env",
        "/%5Findex", "/__init__", "/files/%00", "/files/..", "/files/%2e%2e", "/" + "x" * 300,
    ]  # fmt: skip
    found = {path: Answer(server, request(f"GET {path}")) for path in missing}
    assert [path for path, answer in found.items() if answer.status != 404] == []
    assert [path for path, answer in found.items() if b"SECRET" in answer.raw or b"secret</" in answer.raw] == []
    assert Answer(server, request("GET /files/_secret")).body == b"_secret"  # a value, not the file of that name
    assert Answer(server, request("GET /static/site.css")).body == b"p{}"


def test_every_nonce_is_used_once(server: Command) -> None:
    answers = [Answer(server, request("GET /nonce")) for _ in range(3)]
    nonces = [answer.raw.partition(b'nonce="')[2].partition(b'"')[0] for answer in answers]
    assert len(set(nonces)) == 3
    for nonce, answer in zip(nonces, answers, strict=True):
        assert b"'nonce-%b'" % nonce in answer.head


def test_no_request_forges_a_line_of_the_log(server: Command) -> None:
    for each in (
        request("GET /files/%0a127.0.0.1%20-%20forged"),
        request("GET /forged%0d%0a%1b[2J"),
        post(b"Origin: http://evil.example\x1b[2J\xe2\x80\xa8forged"),
        request("GET /away?q=//evil.example%0aforged"),
        request("GET /header?q=%0aforged"),
    ):
        Answer(server, each)
    server.wait_for_output("GET /header")
    lines = [line.rstrip("\n") for line in [*server.out, *server.err]]
    assert [line for line in lines if "forged" in line[:20] or not line.isprintable()] == []
