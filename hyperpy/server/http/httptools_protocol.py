"""HTTP/1.1 parsed by httptools: uvicorn's protocol, with limits.

httptools keeps a header until it is complete. So a head is measured twice: while it is incomplete by the input it has
taken, which bounds the memory, and exactly once it is complete.

httptools reads all that it gets, and a request that has been read takes a hundred times the memory of its bytes. So it
gets its input in pieces, and nothing after the end of a request until that one has been answered.
"""

import asyncio
import math
from contextvars import copy_context
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from hyperpy.server.configuration import Config
from hyperpy.server.http.flow import MOST_HELD
from hyperpy.server.http.guard import BODY, HEAD, REQUEST, Awaiting, Guard, clipped_target
from hyperpy.server.http.httptools_cycle import HttpToolsCycle
from hyperpy.server.http.request_head import CHECKED, check_fields, is_valid_host, split_target, with_host

END_OF_HEAD = b"\r\n\r\n"  # llhttp accepts no other
# Bytes of a chunked body that are read at once. Its end looks like that of a head, as its content may, many times.
CHUNKED_PIECE = 4096


class Rejected(Exception):
    """Stops the parser. The protocol's `rejection` is the status."""


class HttpToolsProtocol(Guard, httptools_impl.HttpToolsProtocol):
    config: Config
    url = b""
    server_state: Any  # a State

    def __init__(self, config: Config, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        settings = config.settings
        self.running = None
        self.context = copy_context()
        self.raw_root = self.root_path.encode("ascii")
        self.line_limit = settings.limit_request_line
        self.head_limit = settings.limit_request_head
        self.body_limit = config.body_limit or math.inf
        self.smallest_limit = min(self.line_limit, self.head_limit)
        self.pending = 0  # bytes of input since the parser last passed on something that it doesn't keep
        self.head_at_most = 0  # the largest size that the current head can have
        self.checked: list[tuple[bytes, bytes]] = []  # the fields of the head that decide how it is read
        self.unaltered: list[tuple[bytes, bytes]] | None = None  # the headers, while they are read without Upgrade
        self.in_body = False
        self.body_size = 0
        self.body_length: int | None = None  # None for a chunked body, and for none
        self.scope_read: Any = None  # of the last request whose head was complete
        self.rejection = 400
        self.held = b""  # input that waits for the response to an earlier request ...
        self.held_from = 0  # ... from here on

    @property
    def reading(self) -> Awaiting:
        if self.in_body:
            return BODY
        return REQUEST if self.scope is self.scope_read else HEAD

    def request_line(self) -> tuple[str, str, str]:
        if not self.url:
            return "", "", ""
        return self.parser.get_method().decode(), clipped_target(self.url), self.parser.get_http_version()

    # Input

    def data_received(self, data: bytes) -> None:
        if self.discards_input:
            self.received += len(data)
        elif self.held:
            self._hold(self.held[self.held_from :] + data, 0)
        else:
            running = self.running
            idle = (running is None or running.response_complete) and not self.in_body
            # Most packets hold one request at most.
            start = self._feed(data) if idle and data.count(END_OF_HEAD) < 2 else 0
            if start < len(data):
                self._read(data, start)
            self.update()

    def _read(self, data: bytes, start: int) -> None:
        """Parse the input up to the end of a request, and hold the rest until that is answered."""
        end = len(data)
        while start < end and not self.discards_input:
            if self._must_answer_first():
                self._hold(data, start)
                return
            stop = self._end_of_piece(data, start)
            start += self._feed(data[start:stop] if start or stop < end else data)

    def _must_answer_first(self) -> bool:
        running = self.running
        if running is None or running.response_complete:
            return False
        return bool(self.pipeline) or (self.scope is self.scope_read and not self.in_body)

    def _end_of_piece(self, data: bytes, start: int) -> int:
        """Where to interrupt the parser: at the latest soon after the end of a request."""
        if self.in_body and self.body_length is not None:
            return min(len(data), start + max(self.body_length - self.body_size, 1))
        found = data.find(END_OF_HEAD, start + CHUNKED_PIECE if self.in_body else start)
        if found < 0 or (not self.in_body and data.find(END_OF_HEAD, found + 1) < 0):
            return len(data)  # this head is the last one
        return found + len(END_OF_HEAD)

    def _hold(self, data: bytes, start: int) -> None:
        self.held, self.held_from = data, start
        if len(data) - start > MOST_HELD:
            self.flow.hold()

    def _read_held(self) -> None:
        data, start = self.held, self.held_from
        self.held, self.held_from = b"", 0
        self._read(data, start)
        if not self.held:
            self.flow.release()

    def _feed(self, piece: bytes) -> int:
        """Parse a piece of input. Returns how much of it has been read."""
        self.head_at_most = self.pending = self.pending + len(piece)
        size = len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            size = upgrade.args[0]
            self._on_upgrade()
        except httptools.HttpParserError:
            self.reject(self.rejection)
        if self.pending > self.head_limit:
            self.reject(414 if len(self.url) > self.line_limit else 431)
        return size

    def _on_upgrade(self) -> None:
        """The parser takes what follows the head for another protocol. Unless it is, have another parser read it."""
        if self._should_upgrade():
            path, query, _ = split_target(b"GET", self.url)
            self.url = path + b"?" + query if query else path  # without the host, which the headers have
            self.handle_websocket_upgrade()
            return
        self.unaltered = self.headers
        self.checked = []
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % field for field in self.headers if field[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        try:
            self.parser.feed_data(b"\r\n".join([*lines, b"", b""]))
        except httptools.HttpParserError:
            self.reject(self.rejection)
        self.unaltered = None

    # Called by the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        field = (name, value)
        if name in CHECKED:
            self.checked.append(field)
        self.headers.append(field)

    def on_headers_complete(self) -> None:
        if self.head_at_most > self.smallest_limit:
            self._check_head()
        parser, scope = self.parser, self.scope
        method = parser.get_method()
        scope["method"] = method.decode("ascii")
        scope["http_version"] = version = parser.get_http_version()
        self._check_fields(version)
        self._set_target(scope, *split_target(method, self.url))
        if parser.should_upgrade():
            return  # _on_upgrade() decides
        self.scope_read = scope
        self.in_body = True
        self.body_size = self.received = 0
        self.was_paused = False
        # Fields after the body are not headers (RFC 9110, 6.5.1), but the parser reports them in the same way.
        self.headers = []
        self._begin_cycle(scope)

    def _check_fields(self, version: str) -> None:
        fields, self.checked = self.checked, []
        if len(fields) == 1 and version == "1.1" and fields[0][0] == b"host" and is_valid_host(fields[0][1]):
            self.body_length = None  # as in most requests
            return
        self.body_length, self.expect_100_continue = check_fields(version, fields)
        if self.body_length is not None and self.body_length > self.body_limit:
            self._reject(413)

    def _set_target(self, scope: Any, raw_path: bytes, query: bytes, host: bytes | None) -> None:
        path = raw_path.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.raw_root + raw_path
        scope["query_string"] = query
        headers = self.headers if self.unaltered is None else self.unaltered
        scope["headers"] = headers if host is None else with_host(headers, host)

    def _begin_cycle(self, scope: Any) -> None:
        before = self.cycle
        keep_alive = scope["http_version"] == "1.1" and self.parser.should_keep_alive() and not self.is_shutting_down
        self.cycle = cycle = HttpToolsCycle(self, scope, keep_alive=keep_alive)
        if before is None or before.response_complete:
            self._start(cycle)
        else:
            # A part of this request was in the same piece of input as the end of another one.
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _check_head(self) -> None:
        if len(self.url) > self.line_limit:
            self._reject(414)
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)
        if len(self.url) + fields > self.head_limit:
            self._reject(431)

    def _reject(self, status: int) -> None:
        self.rejection = status
        raise Rejected

    def on_body(self, body: bytes) -> None:
        self.pending = 0
        self.received += len(body)
        self.body_size += len(body)
        if self.body_size > self.body_limit:
            self._reject(413)
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()
        if self.flow.read_paused:
            self.was_paused = True

    def on_message_complete(self) -> None:
        self.pending = 0
        if not self.in_body:
            return  # _on_upgrade() reads it again
        if self.checked:
            self.checked = []  # of fields after the body
        self.in_body = False
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    # Responses

    def _start(self, cycle: Any) -> None:
        """Call the application in the next iteration of the event loop, for all requests that are read in this one.

        Reading all and then answering all takes less time than either in turn. The context is that of the connection:
        the current one may be that of the request before.
        """
        self.running = cycle
        unstarted = self.server_state.unstarted
        if not unstarted:
            self.loop.call_soon(self._start_all, context=self.context)
        unstarted.append((self, cycle))

    def _start_all(self) -> None:
        unstarted = self.server_state.unstarted
        self.server_state.unstarted = []
        for protocol, cycle in unstarted:
            if protocol.request_log is not None:
                cycle.began = perf_counter()
            # What ends without waiting for anything needs no callback.
            task = asyncio.Task(cycle.run_asgi(protocol.app), loop=self.loop, eager_start=True)
            if not task.done():
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        """uvicorn's, with Guard's deadline in place of its keep-alive timer."""
        self.server_state.total_requests += 1
        if self.request_log is not None:
            self.log(self.running)
        if self.lingers() or self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start(self.pipeline.pop()[0])
        if self.held:
            self._read_held()
        self.update_again()
