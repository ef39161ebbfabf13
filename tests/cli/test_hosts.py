import httpx
from starlette.responses import PlainTextResponse

from hyperpy.dev.hosts import HostGuard

HOSTS = [
    ("127.0.0.1", "127.0.0.1:8000", True),
    ("127.0.0.1", "127.0.0.1", True),
    ("127.0.0.1", "127.8.9.1:8000", True),
    ("127.0.0.1", "localhost:8000", True),
    ("127.0.0.1", "LocalHost", True),
    ("127.0.0.1", "localhost.:8000", True),
    ("127.0.0.1", "app.localhost:8000", True),
    ("127.0.0.1", "[::1]:8000", True),
    ("127.0.0.1", "evil.example:8000", False),
    ("127.0.0.1", "localhost.evil.example", False),
    ("127.0.0.1", "evillocalhost", False),
    ("127.0.0.1", "127.0.0.1.evil.example", False),
    ("127.0.0.1", "10.0.0.5:8000", False),
    ("127.0.0.1", "[2001:db8::1]:8000", False),
    ("127.0.0.1", "", False),
    ("127.0.0.1", "[", False),
    ("0.0.0.0", "10.0.0.5:8000", True),
    ("0.0.0.0", "[2001:db8::1]:8000", True),
    ("0.0.0.0", "localhost:8000", True),
    ("0.0.0.0", "evil.example:8000", False),
    ("box.lan", "box.lan:8000", True),
    ("Box.lan", "box.LAN", True),
    ("box.lan", "other.lan:8000", False),
]


async def test_which_hosts_are_allowed():
    wrong = []
    for served, host, allowed in HOSTS:
        transport = httpx.ASGITransport(HostGuard(PlainTextResponse("secret"), served))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            response = await client.get("/", headers={"host": host})
        if (response.status_code, "secret" in response.text) != ((200, True) if allowed else (403, False)):
            wrong.append((served, host, allowed))
    assert wrong == []


async def test_web_sockets_are_refused_too():
    scope = {"type": "websocket", "headers": [(b"host", b"evil.example")]}
    sent = []

    async def send(message):
        sent.append(message)

    await HostGuard(PlainTextResponse("secret"), "127.0.0.1")(scope, None, send)
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": ""}]


async def test_the_lifespan_is_forwarded():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope)

    await HostGuard(app, "127.0.0.1")({"type": "lifespan"}, None, None)
    assert seen == [{"type": "lifespan"}]
