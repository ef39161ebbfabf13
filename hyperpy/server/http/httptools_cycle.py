"""One request on a connection that httptools parses, and its response.

uvicorn's cycle calls the application and receives for it. Sending is ours: it takes a third of the time, and frames
every response as its status, its method and the version of HTTP demand.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

from hyperpy.server.http.message_event import MessageEvent
from hyperpy.web.bodiless import BODILESS, bodiless_headers

type Headers = Iterable[tuple[bytes, bytes]]

# Most bytes of a header's value whose line is kept for other responses. Longer ones would take too much memory.
LONGEST_KEPT: Final = 100
# Headers that tell where a response ends.
FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


def header_line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header as it is sent, and its name in lower case. Raises RuntimeError for an invalid one."""
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
    name = name.lower()
    return b"%b: %b\r\n" % (name, value), name


_kept_line = lru_cache(maxsize=512)(header_line)


class HttpToolsCycle(RequestResponseCycle):
    """The attributes of the class are those of a request that has just begun."""

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    is_chunked = is_bodiless = False
    left: int | None = None  # bytes of the announced length that have not been sent; None if none was announced
    status = 0
    sent = 0  # bytes of the body
    began = 0.0  # by perf_counter()

    def __init__(self, protocol: Any, scope: Any, *, keep_alive: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.message_event: Any = MessageEvent()
        self.body = bytearray()

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started and kind == "http.response.start":
            self._start(message["status"], message.get("headers", ()))
        elif self.response_started and kind == "http.response.body" and not self.response_complete:
            self._continue(message.get("body", b""), message.get("more_body", False))
        else:
            done = "its end" if self.response_complete else "its start" if self.response_started else "no response"
            raise RuntimeError(f"Unexpected ASGI message {kind!r}: {done} has been sent.")

    def _start(self, status: int, headers: Headers) -> None:
        if status != 200:
            if not 200 <= status <= 599:
                raise RuntimeError(f"{status} is not the status of a final response")
            if status in BODILESS:
                headers = bodiless_headers(status, headers)
        is_1_0 = self.scope["http_version"] == "1.0"
        length, is_chunked = None, False
        lines = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *headers):
            is_kept = len(value) <= LONGEST_KEPT and name != b"set-cookie"
            line, lower = _kept_line(name, value) if is_kept else header_line(name, value)
            if lower in FRAMING:
                if lower == b"content-length":
                    length = int(value)
                elif lower == b"transfer-encoding":
                    is_chunked = not is_1_0 and value.lower() == b"chunked"
                    if is_1_0:
                        continue
                elif b"close" in map(bytes.strip, value.lower().split(b",")):
                    self.keep_alive = False
                    continue
            lines.append(line)
        # Clients expect no body after these, whatever the application sends: they would read one as the next response.
        self.is_bodiless = self.scope["method"] == "HEAD" or status in BODILESS
        if length is None and not (is_chunked or is_1_0 or self.is_bodiless):
            is_chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        self.left = None if self.is_bodiless else length
        self.is_chunked = is_chunked
        self.status = status
        self.response_started = True
        self.waiting_for_100_continue = False
        lines.append(b"\r\n")
        self.transport.write(b"".join(lines))

    def _continue(self, body: bytes, more: bool) -> None:
        if self.is_bodiless:
            body = b""
        self.sent += len(body)
        if self.is_chunked and not self.is_bodiless:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self.transport.write(chunk if more else chunk + b"0\r\n\r\n")
        elif body:
            if self.left is not None:
                self.left -= len(body)
                if self.left < 0:
                    raise RuntimeError("Response content longer than Content-Length")
            self.transport.write(body)
        if more:
            return
        if self.left:
            raise RuntimeError("Response content shorter than Content-Length")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
