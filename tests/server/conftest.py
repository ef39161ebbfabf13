from pathlib import Path

import pytest

# An ASGI application that uses nothing of hyperpy but its registry of streams.
APP = '''
import asyncio
import gc
import os
import time

import helper
from hyperpy.streams import StreamMode, StreamRecord
from hyperpy.streams.registry import STATE_KEY, Streams


class Stream:
    def __init__(self, scope):
        self.over = asyncio.Event()
        self.record = StreamRecord("app.py", "", StreamMode.SSE, scope)

    def drain(self, last=""):
        self.over.set()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"][STATE_KEY] = Streams()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await ANSWERS[scope["path"]](scope, send)


async def start(send, *headers):
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def more(send, body, more_body=True):
    await send({"type": "http.response.body", "body": body, "more_body": more_body})


async def pid(scope, send):
    text = str(os.getpid()).encode()
    await start(send, (b"content-length", str(len(text)).encode()))
    await more(send, text, False)


async def stream(scope, send):
    """Ends only when the server stops."""
    mine = Stream(scope)
    scope["state"][STATE_KEY].add(mine)
    await start(send)
    await more(send, b"open")
    await mine.over.wait()
    await more(send, b"over", False)


async def flood(scope, send):
    """Sends more than any buffer holds, and stops in the middle when the server stops."""
    mine = Stream(scope)
    scope["state"][STATE_KEY].add(mine)
    await start(send)
    over = asyncio.ensure_future(mine.over.wait())
    while not over.done():
        sending = asyncio.ensure_future(more(send, b"x" * 100_000))
        await asyncio.wait({sending, over}, return_when="FIRST_COMPLETED", timeout=0.5)
        if not sending.done():
            print("blocked", flush=True)
            await over
            sending.cancel()


async def slow(scope, send):
    """Is slow, but ends by itself."""
    await start(send)
    await more(send, b"begun")
    while not os.path.exists("go"):
        await asyncio.sleep(0.02)
    await more(send, b"done", False)


async def pieces(scope, send):
    await start(send)
    for piece in (b"one ", b"", b"two ", b"three"):
        await more(send, piece)
    await more(send, b"", False)


async def unread(scope, send):
    """A complete response that is larger than the system's buffers."""
    await start(send)
    await more(send, b"x" * 20_000_000, False)
    print("all is on its way", flush=True)


async def break_off(scope, send):
    """Stops in the middle, once the buffers are full."""
    await start(send)
    for _ in range(200):
        try:
            async with asyncio.timeout(0.2):
                await more(send, b"x" * 100_000)
        except TimeoutError:
            break
    print("broken off", flush=True)


async def collector(scope, send):
    text = f"{gc.get_freeze_count() > 10_000} {gc.get_threshold()[0]}".encode()
    await start(send)
    await more(send, text, False)


async def block(scope, send):
    """Blocks the event loop."""
    print("blocking", flush=True)
    time.sleep(60)


ALL = (pid, stream, flood, slow, pieces, unread, break_off, collector, block)
ANSWERS = {f"/{answer.__name__}": answer for answer in ALL}
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with an app.py that imports a module beside it."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "helper.py").write_text("")
    # Nothing connects to it, since the application has no channels. It avoids the warning about channels in memory.
    (tmp_path / "pyproject.toml").write_text('[tool.hyper]\nchannels = "redis://127.0.0.1:1/0"\n')
    return tmp_path
