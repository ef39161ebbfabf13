"""A process of `hyper dev` that is replaced answers what it has accepted."""

import asyncio
import contextlib
import socket

import pytest
import uvloop
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hyperpy.config import Settings
from hyperpy.dev.background_check import BackgroundCheck
from hyperpy.dev.browser import Following
from hyperpy.dev.child import FollowedServer
from hyperpy.server import make_config

REQUEST = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_a_request_is_answered_or_left_to_the_successor(new_loop):
    """However many turns of the event loop after its connection the process begins to stop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        answered = [runner.run(answered_by_the_process(turns)) for turns in range(10)]
    assert answered == sorted(answered)
    assert answered[-1]


async def answered_by_the_process(turns: int) -> bool:
    """Whether it answers; otherwise the listening socket still has the request."""
    following = Following(Starlette(routes=[Route("/", lambda request: PlainTextResponse("ok"))]))
    checks = BackgroundCheck(tuple, lambda found: None)
    server = FollowedServer(make_config(following, Settings(), dev=True), following, checks, lambda: True)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener, socket.socket() as client:
        serving = asyncio.create_task(server.serve([listener.dup()]))
        while not server.started:
            await asyncio.sleep(0)
        client.connect(listener.getsockname())
        client.sendall(REQUEST)
        client.settimeout(5)
        for _ in range(turns):
            await asyncio.sleep(0)
        server.stop()
        await serving
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            successor, _ = listener.accept()
            with successor:
                assert successor.recv(1000) == REQUEST
                return False
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
        return True
