"""The server's side of one request, in memory."""

import asyncio

from hyperpy.streams import STATE_KEY, EventStream, StreamLimits
from hyperpy.streams.sending import PartWriter

QUICK = StreamLimits(headers=0.02, ping=60, send=60, last_send=0.05, cleanup=0.2)


class Wire(PartWriter):
    """The server's side of a request. It can block, and its client can disconnect."""

    is_direct = False  # takes chunks in one step

    def __init__(self, *, blocked: bool = False) -> None:
        self.messages: list[dict] = []
        self.open = asyncio.Event()
        if not blocked:
            self.open.set()
        self.gone = asyncio.Event()
        self.sent = asyncio.Event()
        self.body_messages = 2
        self.error: Exception | None = None

    async def receive(self) -> dict:
        if self.body_messages:
            self.body_messages -= 1
            return {"type": "http.request", "body": b"", "more_body": bool(self.body_messages)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        if message["type"] == "http.response.body":
            await self.open.wait()
        if self.error is not None:
            raise self.error
        self.messages.append(message)
        self.sent.set()

    def writes_parts(self) -> bool:
        return self.is_direct

    def write_part(self, size: int, chunk: bytes) -> bool:
        if not self.open.is_set():
            return False
        if self.error is not None:
            raise self.error
        length, body = chunk.removesuffix(b"\r\n").split(b"\r\n", 1)
        assert int(length, 16) == size == len(body)
        self.messages.append({"type": "http.response.body", "body": body, "more_body": True})
        self.sent.set()
        return True

    @property
    def bodies(self) -> list[str]:
        return [message["body"].decode() for message in self.messages[1:]]

    @property
    def text(self) -> str:
        return "".join(self.bodies)

    @property
    def complete(self) -> bool:
        return bool(self.messages) and self.messages[-1].get("more_body") is False

    async def until(self, text: str) -> None:
        while text not in self.text:
            self.sent.clear()
            await self.sent.wait()

    def start(self, generator, kind=EventStream, limits=QUICK, streams=None, **options) -> asyncio.Task:
        stream = kind(generator, route="routes/feed.py", limits=limits, **options)
        scope = {"type": "http", "path": "/feed", "client": ("127.0.0.1", 5000)}
        scope["state"] = {STATE_KEY: streams} if streams is not None else {}
        return asyncio.create_task(stream(scope, self.receive, self.send))


class Lasting:
    """A generator that waits, and records how it ended."""

    def __init__(self, *items: object) -> None:
        self.items = items
        self.ended_by: BaseException | None = None
        self.cleaned = False

    async def __call__(self):
        try:
            for item in self.items:
                yield item
            await asyncio.Event().wait()
        except BaseException as error:
            self.ended_by = error
            raise
        finally:
            await asyncio.sleep(0.02)
            self.cleaned = True
