"""HTTP/1.1 parsed by httptools: uvicorn's protocol, with limits.

httptools keeps a header until it is complete. So a head is measured twice: while it is incomplete by the input it has
taken, which bounds the memory, and exactly once it is complete.
"""

import asyncio
import math
from collections.abc import Coroutine
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http import httptools_impl

from hyperpy.server.configuration import Config
from hyperpy.server.http.guard import BODY, HEAD, REQUEST, Awaiting, Guard, Measured, clipped_target

# Methods whose requests rarely have a body. If one has, it is measured as it arrives.
BODILESS = frozenset({b"GET", b"HEAD"})


class Rejected(Exception):
    """Stops the parser. The protocol's `rejection` is the status."""


class HttpToolsCycle(Measured, httptools_impl.RequestResponseCycle):
    pass


class UnchunkedCycle(HttpToolsCycle):
    """For HTTP/1.0: a body of unknown length is sent without chunks.

    A 1.0 client doesn't know `Transfer-Encoding: chunked` and would take the chunks' lengths for content; such a body
    ends with the connection (RFC 9112, 6.1 and 6.3). uvicorn chunks it unless `chunked_encoding` is set, and then
    counts it down from the announced length: without one, each piece announces its own.
    """

    has_length = True

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        if not self.response_started:
            self.has_length = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
            if not self.has_length:
                self.chunked_encoding = False
        elif not self.has_length:
            self.expected_content_length = len(message.get("body", b""))
        return super().send(message)


class HttpToolsProtocol(Guard, httptools_impl.HttpToolsProtocol):
    config: Config
    url = b""

    def __init__(self, config: Config, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        settings = config.settings
        self.running = None
        self.line_limit = settings.limit_request_line
        self.head_limit = settings.limit_request_head
        self.body_limit = config.body_limit or math.inf
        self.smallest_limit = min(self.line_limit, self.head_limit)
        self.pending = 0  # bytes of input since the parser last passed on something that it doesn't keep
        self.head_at_most = 0  # the largest size that the current head can have
        self.in_body = False
        self.body_size = 0
        self.scope_read: Any = None  # of the last request whose head was complete
        self.rejection = 400

    @property
    def reading(self) -> Awaiting:
        if self.in_body:
            return BODY
        return REQUEST if self.scope is self.scope_read else HEAD

    def request_line(self) -> tuple[str, str, str]:
        if not self.url:
            return "", "", ""
        return self.parser.get_method().decode(), clipped_target(self.url), self.parser.get_http_version()

    def data_received(self, data: bytes) -> None:
        if self.discards_input:
            self.received += len(data)
            return
        self.head_at_most = self.pending = self.pending + len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._unsupported_upgrade_warning()
        except httptools.HttpParserError:
            self.reject(self.rejection)
        if self.pending > self.head_limit:
            self.reject(414 if len(self.url) > self.line_limit else 431)
        self.update()

    def on_headers_complete(self) -> None:
        if self.head_at_most > self.smallest_limit:
            self._check_head()
        method = self.parser.get_method()
        if method not in BODILESS:
            self._check_length()
        scope = self.scope
        scope["method"] = method.decode("ascii")
        scope["http_version"] = self.parser.get_http_version()
        if self.parser.should_upgrade() and self._should_upgrade():
            return  # data_received() completes it
        self._fill_in_url(scope)
        self.scope_read = scope
        self.in_body = True
        self.body_size = self.received = 0
        self.was_paused = False
        # Fields after the body are not headers (RFC 9110, 6.5.1), but the parser reports them in the same way.
        self.headers = []
        self._begin_cycle(scope)

    def _fill_in_url(self, scope: Any) -> None:
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + url.path
        scope["query_string"] = url.query or b""

    def _begin_cycle(self, scope: Any) -> None:
        """The same as in uvicorn, but for the class. Changing `__class__`, as for h11, would slow all requests down."""
        before = self.cycle
        is_1_0 = scope["http_version"] == "1.0"
        self.cycle = cycle = (UnchunkedCycle if is_1_0 else HttpToolsCycle)(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=not is_1_0 and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            # The client has sent another request without waiting for the response.
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _check_head(self) -> None:
        if len(self.url) > self.line_limit:
            self._reject(414)
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if len(self.url) + fields > self.head_limit:
            self._reject(431)

    def _check_length(self) -> None:
        for name, value in self.headers:
            if name == b"content-length" and int(value) > self.body_limit:
                self._reject(413)

    def _reject(self, status: int) -> None:
        self.rejection = status
        raise Rejected

    def on_body(self, body: bytes) -> None:
        self.pending = 0
        self.received += len(body)
        self.body_size += len(body)
        if self.body_size > self.body_limit:
            self._reject(413)
        super().on_body(body)
        if self.flow.read_paused:
            self.was_paused = True

    def on_message_complete(self) -> None:
        self.pending = 0
        self.in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        cycle.began = perf_counter()
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """uvicorn's, with Guard's deadline in place of its keep-alive timer."""
        self.server_state.total_requests += 1
        self.log(self.running)
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        self.update()
