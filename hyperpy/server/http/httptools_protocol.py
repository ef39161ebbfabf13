"""HTTP/1.1 parsed by httptools: uvicorn's protocol, with limits.

httptools hands on a header when it is complete, and keeps it till then; so what has come of a head is counted twice: as
whole pieces of input while it is incomplete, which bounds the memory, and exactly when it is complete.
"""

import asyncio
from collections.abc import Coroutine
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http import httptools_impl
from uvicorn.server import ServerState

from hyperpy.server.configuration import Config
from hyperpy.server.http.guard import BODY, HEAD, NEXT, Guard, Owed, shown_target

# Methods whose requests rarely have a body. One that comes all the same is counted as it arrives.
BODILESS = frozenset({b"GET", b"HEAD"})


class Refused(Exception):
    """Stops the parser; the protocol knows the status."""


class HttpToolsCycle(httptools_impl.RequestResponseCycle):
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
    url = b""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        limits = config.limits
        self.running = None
        self.line_limit = limits.request_line
        self.head_limit = limits.request_head
        self.body_limit = limits.request_body
        self.least_limit = min(limits.request_line, limits.request_head)
        self.pending = 0  # bytes of input since the parser has last handed on something that it keeps no more
        self.at_most = 0  # bytes that the present head can have
        self.in_body = False
        self.body_size = 0
        self.scope_begun: Any = None  # that of the last request whose head was complete
        self.verdict = 400

    @property
    def reading(self) -> Owed:
        if self.in_body:
            return BODY
        return NEXT if self.scope is self.scope_begun else HEAD

    def asked(self) -> tuple[str, str, str]:
        if not self.url:
            return "", "", ""
        return self.parser.get_method().decode(), shown_target(self.url), self.parser.get_http_version()

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            self.received += len(data)
            return
        self.at_most = self.pending = self.pending + len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError:
            self.refuse(self.verdict)
        if self.pending > self.head_limit:
            self.refuse(414 if len(self.url) > self.line_limit else 431)
        self.look()

    def _upgrade(self) -> None:
        if self._should_upgrade():
            self.handle_websocket_upgrade()
        else:
            self._unsupported_upgrade_warning()

    def on_headers_complete(self) -> None:
        if self.at_most > self.least_limit:
            self._check_head()
        method = self.parser.get_method()
        if self.body_limit is not None and method not in BODILESS:
            self._check_length(self.body_limit)
        scope = self.scope
        scope["method"] = method.decode("ascii")
        scope["http_version"] = self.parser.get_http_version()
        if self.parser.should_upgrade() and self._should_upgrade():
            return  # data_received() sees to it
        self._fill_in_url(scope)
        self.scope_begun = scope
        self.in_body = True
        self.body_size = 0
        # What the parser adds to them from here on are fields behind the body, which are no headers (RFC 9110, 6.5.1).
        self.headers = self.headers.copy()
        self._begin_cycle(scope)

    def _fill_in_url(self, scope: Any) -> None:
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def _begin_cycle(self, scope: Any) -> None:
        before = self.cycle
        self.cycle = cycle = HttpToolsCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=scope["http_version"] != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            # The client did not wait for its answer to ask again.
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _check_head(self) -> None:
        if len(self.url) > self.line_limit:
            self._refuse(414)
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if len(self.url) + fields > self.head_limit:
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
        if self.body_limit is not None and self.body_size > self.body_limit:
            self._refuse(413)
        super().on_body(body)
        if self.flow.read_paused:
            self.held = True

    def on_message_complete(self) -> None:
        self.pending = 0
        if not self.in_body:
            return  # it goes on as another protocol's
        self.in_body = False
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.began = perf_counter()
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.log(self.running)
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.look()
