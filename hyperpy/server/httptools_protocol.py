"""HTTP/1.1 parsed by httptools: uvicorn's protocol, with limits.

httptools hands on a header when it is complete, and keeps it till then; so what has come of a head is counted twice: as
whole pieces of input while it is incomplete, which bounds the memory, and exactly when it is complete.
"""

import asyncio
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

from uvicorn.protocols.http import httptools_impl
from uvicorn.server import ServerState

from hyperpy.server.guard import BODY, HEAD, NEXT, Guard, shown_target
from hyperpy.server.settings import Config

# Methods whose requests rarely have a body. One that comes all the same is counted as it arrives.
BODILESS = frozenset({b"GET", b"HEAD"})


class Refused(Exception):
    """Stops the parser; the protocol knows the status."""


class Cycle(httptools_impl.RequestResponseCycle):
    """One request and its answer, which keeps the figures for the log."""

    status = 0
    sent = 0
    began = 0.0

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        if self.response_started:
            self.sent += len(message.get("body", b""))
        else:
            self.status = message.get("status", 0)
        return super().send(message)


class HttpToolsProtocol(Guard, httptools_impl.HttpToolsProtocol):
    config: Config

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.running = None
        self.reading = NEXT
        self.limits = config.limits
        self.least_limit = min(config.limits.request_line, config.limits.request_head)
        self.pending = 0  # bytes of input since the parser has last handed on something that it keeps no more
        self.at_most = 0  # bytes that the present head can have
        self.body_size = 0
        self.verdict = 400

    def asked(self) -> tuple[str, str, str]:
        if not self.url:
            return "", "", ""
        return self.parser.get_method().decode(), shown_target(self.url), self.parser.get_http_version()

    def data_received(self, data: bytes) -> None:
        self.at_most = self.pending = self.pending + len(data)
        super().data_received(data)
        if self.pending > self.limits.request_head:
            self.refuse(414 if len(self.url) > self.limits.request_line else 431)

    def on_message_begin(self) -> None:
        self.reading = HEAD
        self.pending = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        # Fields that come after a body are none of the headers (RFC 9110, 6.5.1).
        if self.reading is HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.at_most > self.least_limit:
            self._check_head()
        if self.limits.request_body is not None and self.parser.get_method() not in BODILESS:
            self._check_length(self.limits.request_body)
        super().on_headers_complete()
        self.reading = BODY
        self.body_size = 0

    def _check_head(self) -> None:
        if len(self.url) > self.limits.request_line:
            self._refuse(414)
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if len(self.url) + fields > self.limits.request_head:
            self._refuse(431)

    def _check_length(self, limit: int) -> None:
        for name, value in self.headers:
            if name == b"content-length" and int(value) > limit:
                self._refuse(413)

    def _refuse(self, status: int) -> None:
        self.verdict = status
        raise Refused

    def on_body(self, body: bytes) -> None:
        self.pending = 0
        self.received += len(body)
        self.body_size += len(body)
        if self.limits.request_body is not None and self.body_size > self.limits.request_body:
            self._refuse(413)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.reading = NEXT
        self.pending = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self.refuse(self.verdict)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.__class__ = Cycle
        cycle.began = perf_counter()
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.log(self.running)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.look()
