"""Requests over a plain socket, to see what arrives when, and how the response ends."""

import socket
import struct
import time
from collections.abc import Callable, Mapping
from enum import Enum
from types import TracebackType
from typing import Self

TIMEOUT = 5.0  # seconds
# SO_LINGER with a time of zero: closing sends RST instead of FIN.
RST_ON_CLOSE = struct.pack("ii", 1, 0)
EVENTS = {"Accept": "text/event-stream"}
HTML = {"Accept": "text/html"}


class End(Enum):
    OPEN = "still open"
    WHOLE = "ended with the last chunk"
    CUT = "cut"


class Exchange:
    """A request and what has arrived of its response. `headers` are empty until the response head has arrived."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        method: str = "GET",
        version: str = "1.1",
        headers: Mapping[str, str] = EVENTS,
        receive_buffer: int = 0,
    ) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.status = 0
        self.headers: dict[str, str] = {}
        self._method = method
        self._raw = b""
        self._closed = False
        self.request(path, method=method, version=version, headers=headers)

    def request(
        self, path: str, *, method: str = "GET", version: str = "1.1", headers: Mapping[str, str] = EVENTS
    ) -> None:
        """Send a request; also a further one on the same connection, whose response replaces the previous one."""
        self.status, self.headers, self._raw, self._method = 0, {}, b"", method
        lines = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.socket.close()

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        self.socket.close()

    @property
    def chunked(self) -> bool:
        return "chunked" in self.headers.get("transfer-encoding", "")

    @property
    def body(self) -> bytes:
        return unchunked(self._raw)[0] if self.chunked else self._raw

    @property
    def end(self) -> End:
        if self._is_whole():
            return End.WHOLE
        return End.CUT if self._closed else End.OPEN

    def _is_whole(self) -> bool:
        if not self.headers:
            return False
        if self._method == "HEAD":
            return True
        if self.chunked:
            return unchunked(self._raw)[1]
        length = self.headers.get("content-length")
        return len(self._raw) >= int(length) if length is not None else False

    def until(self, condition: Callable[[Self], object], timeout: float = TIMEOUT) -> bool:
        """Read until the condition is true; return False on a timeout or at the end of the response."""
        deadline = time.monotonic() + timeout
        while not condition(self):
            left = deadline - time.monotonic()
            if left <= 0 or self.end is not End.OPEN:
                return False
            self._read(left)
        return True

    def to_end(self, timeout: float = TIMEOUT) -> End:
        self.until(lambda exchange: exchange.end is not End.OPEN, timeout)
        return self.end

    def _read(self, timeout: float) -> None:
        self.socket.settimeout(timeout)
        try:
            received = self.socket.recv(1 << 16)
        except TimeoutError:
            return
        except OSError:
            received = b""
        if not received:
            self._closed = True
        self._raw += received
        if not self.headers and b"\r\n\r\n" in self._raw:
            head, _, self._raw = self._raw.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            self.status = int(first.split(" ")[1])
            self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def unchunked(raw: bytes) -> tuple[bytes, bool]:
    """The content of all complete chunks, and whether they include the last one (RFC 9112, 7.1)."""
    body = b""
    while True:
        size, line_end, rest = raw.partition(b"\r\n")
        if not line_end:
            return body, False
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            return body, rest.startswith(b"\r\n")
        if len(rest) < length + 2:
            return body, False
        body += rest[:length]
        raw = rest[length + 2 :]


def fetch(port: int, path: str, timeout: float = TIMEOUT) -> str:
    """Return the body of a complete response with status 200. Raises OSError for anything else."""
    with Exchange(port, path, headers={}) as exchange:
        end = exchange.to_end(timeout)
        if end is not End.WHOLE or exchange.status != 200:
            raise OSError(f"{path}: status {exchange.status or 'unknown'}, {end.value}")
        return exchange.body.decode()
