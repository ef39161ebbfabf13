"""One request on a connection that httptools parses, and its response.

uvicorn's cycle calls the application and receives for it. Sending is ours: it checks and formats the headers that
responses share only once, and frames each response as its status, its method and the version of HTTP demand.
"""

from collections.abc import Iterable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

from hyperpy.streams import MessageEvent
from hyperpy.streams.sending import PartWriter
from hyperpy.web.bodiless import BODILESS, bodiless_headers
from hyperpy.web.whole_response import MOST_COPIED, Fields, WholeResponses

type Headers = Iterable[tuple[bytes, bytes]]

# Lines of headers that other responses have too. It is cleared when it is full.
_lines: Final[dict[tuple[bytes, ...], bytes]] = {}
MOST_LINES: Final = 512
LONGEST_VALUE: Final = 100  # bytes; a line with a longer value is not kept
# The lines of all fields of a whole response, cleared as well.
_fields: Final[dict[Fields, bytes]] = {}
# Headers that tell where a response ends, or that are one client's own.
NOT_KEPT: Final = frozenset({b"connection", b"set-cookie", b"transfer-encoding"})


class HttpToolsCycle(WholeResponses, PartWriter, RequestResponseCycle):
    """The attributes of the class are those of a request that has just begun."""

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    ends_early = False  # the connection is to be closed, but the client is still sending
    is_chunked = is_bodiless = False
    left: int | None = None  # bytes of the announced length that have not been sent; None if none was announced
    status = 0
    sent = 0  # bytes of the body
    began = 0.0  # by perf_counter()
    beginning: tuple[Headers, bytes] = ((), b"")  # of responses with the status 200, by the latest default headers

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

    def respond(self, fields: Fields, body: bytes) -> bool:
        # A middleware may have answered already, or may have changed the method of the request.
        if self.flow.write_paused or self.response_started or self.scope["method"] == "HEAD":
            return False
        if self.disconnected:
            return True
        lines = _fields.get(fields) or self._joined(fields)
        close = b"" if self.keep_alive else b"connection: close\r\n"
        self.sent = size = len(body)
        head = b"%bcontent-length: %d\r\n%b%b\r\n" % (self._beginning(), size, lines, close)
        self.status = 200
        self.response_started = True
        self.waiting_for_100_continue = False
        if size <= MOST_COPIED:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        self._complete()
        return True

    def writes_parts(self) -> bool:
        return self.is_chunked and not self.is_bodiless

    def write_part(self, size: int, chunk: bytes) -> bool:
        if self.flow.write_paused:
            return False
        if not self.disconnected:
            self.sent += size
            self.transport.write(chunk)
        return True

    def _beginning(self) -> bytes:
        """The status line and the default headers, which change each second."""
        headers, beginning = HttpToolsCycle.beginning
        if headers is not self.default_headers:
            beginning = b"".join([STATUS_LINE[200], *self._header_lines(())])
            HttpToolsCycle.beginning = self.default_headers, beginning
        return beginning

    def _joined(self, fields: Fields) -> bytes:
        if len(_fields) >= MOST_LINES:
            _fields.clear()
        _fields[fields] = lines = b"".join([self._line(*field) for field in fields])
        return lines

    def _start(self, status: int, headers: Headers) -> None:
        if status != 200:
            if not 200 <= status <= 599:
                raise RuntimeError(f"{status} is not the status of a final response")
            if status in BODILESS:
                headers = bodiless_headers(status, headers)
        lines = [STATUS_LINE[status], *self._header_lines(headers)]
        # Clients expect no body after these, whatever the application sends: they would read one as the next response.
        self.is_bodiless = self.scope["method"] == "HEAD" or status in BODILESS
        if self.is_bodiless:
            self.left = None
        elif self.left is None and not self.is_chunked and self.scope["http_version"] == "1.1":
            self.is_chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        self.status = status
        self.response_started = True
        self.waiting_for_100_continue = False
        lines.append(b"\r\n")
        self.transport.write(b"".join(lines))

    def _header_lines(self, headers: Headers) -> list[bytes]:
        self.left, self.is_chunked = None, False
        # Some applications have lists in place of tuples.
        return [_lines.get(each) or self._line(*each) for each in (*self.default_headers, *map(tuple, headers))]

    def _line(self, name: bytes, value: bytes) -> bytes:
        """A header as it is sent, or nothing. Notes what it says about the end of the response.

        Raises RuntimeError for an invalid header.
        """
        lower = name.lower()
        if lower == b"content-length":
            self.left = int(value)
            return b"content-length: %d\r\n" % self.left
        if lower == b"transfer-encoding":
            if self.scope["http_version"] == "1.0":
                return b""
            self.is_chunked = value.lower() == b"chunked"
        elif lower == b"connection" and b"close" in map(bytes.strip, value.lower().split(b",")):
            self.keep_alive = False
            return b""
        if HEADER_RE.search(name):
            raise RuntimeError("Invalid HTTP header name.")
        if HEADER_VALUE_RE.search(value):
            raise RuntimeError("Invalid HTTP header value.")
        line = b"%b: %b\r\n" % (lower, value)
        if lower not in NOT_KEPT and len(value) <= LONGEST_VALUE:
            if len(_lines) >= MOST_LINES:
                _lines.clear()
            _lines[name, value] = line
        return line

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
        self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            if self.more_body:
                self.ends_early = True
            else:
                self.transport.close()
        self.on_response()
