"""The application that `hyper dev` serves if the user's can't be loaded."""

from hyperpy.dev.startup_error import StartupErrorApp
from hyperpy.exceptions import HyperError


async def sent_messages(scope: dict[str, object], *messages: str) -> list[dict[str, object]]:
    sent = []
    received = iter(messages)

    async def receive():
        return {"type": next(received)}

    async def send(message):
        sent.append(message)

    await StartupErrorApp(HyperError("a < b"))(scope, receive, send)
    return sent


async def test_the_page():
    start, body = await sent_messages({"type": "http", "method": "GET", "headers": []})
    assert start["status"] == 500
    assert (b"cache-control", b"no-store") in start["headers"]
    assert b"<pre>a &lt; b</pre>" in body["body"]


async def test_a_web_socket_is_closed():
    assert [message["type"] for message in await sent_messages({"type": "websocket", "headers": []})] == [
        "websocket.close"
    ]


async def test_its_lifespan():
    sent = await sent_messages({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
