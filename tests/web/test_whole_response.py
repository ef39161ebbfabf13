"""Pages that the application sends to uvicorn's own protocol in one step are what its `send` would have sent."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from hyperpy.web.whole_response import MOST_COPIED, respond_at_once

FIELDS = ((b"Content-Type", b"text/html; charset=utf-8"), (b"x-frame-options", b"DENY"))
DATE = (b"date", b"Sat, 01 Aug 2026 12:00:00 GMT")


class Transport:
    def __init__(self) -> None:
        self.sent = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.is_closed = True


def cycle(*, keep_alive: bool = True, default_headers: Any = (DATE,), method: str = "GET", **state: Any) -> Any:
    made = RequestResponseCycle(
        scope={"type": "http", "method": method, "http_version": "1.1", "path": "/", "client": None},  # type: ignore[arg-type]
        transport=Transport(),  # type: ignore[arg-type]
        flow=SimpleNamespace(write_paused=False),  # type: ignore[arg-type]
        logger=logging.getLogger("uvicorn.error"),
        access_logger=logging.getLogger("uvicorn.access"),
        access_log=False,
        default_headers=list(default_headers),
        message_event=asyncio.Event(),
        expect_100_continue=True,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )
    vars(made).update(state)
    return made


def outcome(cycle: Any) -> tuple[Any, ...]:
    head, _, body = cycle.transport.sent.partition(b"\r\n\r\n")
    state = (cycle.response_started, cycle.response_complete, cycle.waiting_for_100_continue, cycle.keep_alive)
    return sorted(head.split(b"\r\n")), body, cycle.transport.is_closed, cycle.message_event.is_set(), state


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"keep_alive": False},
        {"default_headers": ()},
        {"default_headers": (DATE, (b"Server", b"uvicorn"))},
        {"disconnected": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("body", [b"", b"<p>page</p>", b"x" * (MOST_COPIED + 1)], ids=len)
async def test_it_is_the_response_that_two_messages_would_be(options: dict[str, Any], body: bytes):
    usual, short = cycle(**options), cycle(**options)
    headers = [(b"content-length", b"%d" % len(body)), *FIELDS]
    await usual.send({"type": "http.response.start", "status": 200, "headers": headers})
    await usual.send({"type": "http.response.body", "body": body})

    assert respond_at_once(short.send, FIELDS, body)

    assert outcome(short) == outcome(usual)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"method": "HEAD"}, FIELDS),
        ({"response_started": True}, FIELDS),
        ({"access_log": True}, FIELDS),
        ({"flow": SimpleNamespace(write_paused=True)}, FIELDS),
        ({"default_headers": ((b"Connection", b"close"),)}, FIELDS),
        ({}, ((b"Transfer-Encoding", b"chunked"),)),
        ({}, ((b"x-a", b"b\r\nset-cookie: c"),)),
        ({}, ((b"x-a:", b"b"),)),
    ],
    ids=str,
)
async def test_what_send_has_to_decide_is_left_to_it(options: dict[str, Any], fields: Any):
    made = cycle(**options)

    assert not respond_at_once(made.send, fields, b"page")

    assert not made.transport.sent
    assert not made.response_complete


async def test_a_subclass_may_send_in_another_way():
    class Own(RequestResponseCycle): ...

    made = cycle()
    made.__class__ = Own

    assert not respond_at_once(made.send, FIELDS, b"page")
