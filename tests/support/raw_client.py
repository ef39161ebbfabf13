"""A client that shows the bytes of its connection."""

import contextlib
import socket
import struct
import zlib
from typing import Self

from tests.support.until import PATIENCE


class RawClient:
    """One HTTP connection. `received` holds every byte so far. As a context manager, it closes after its block."""

    def __init__(self, port: int, *, timeout: float = PATIENCE, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.received = b""
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode())

    def get(self, path: str = "/", version: str = "1.1", **headers: str) -> Self:
        """Send a GET request. `_` in a header's name becomes `-`."""
        fields = {"Host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"GET {path} HTTP/{version}", *(f"{name}: {value}" for name, value in fields.items())]
        self.send("\r\n".join([*lines, "", ""]))
        return self

    def read_until(self, wanted: bytes) -> bytes:
        """Read until `wanted` is among the received bytes, and return all of those."""
        while wanted not in self.received:
            self._read_piece(wanted)
        return self.received

    def read_body_until(self, wanted: bytes) -> bytes:
        """Read until `wanted` is in the decoded body, and return the body so far."""
        while wanted not in self.body:
            self._read_piece(wanted)
        return self.body

    def _read_piece(self, wanted: bytes) -> None:
        piece = self.socket.recv(65536)
        assert piece, f"the connection ended without {wanted!r}: {self.received[-500:]!r}"
        self.received += piece

    def read_all(self, *, may_reset: bool = False) -> bytes:
        """Read until the server closes the connection (or, with `may_reset`, resets it)."""
        with contextlib.suppress(*[ConnectionResetError] * may_reset):
            while piece := self.socket.recv(65536):
                self.received += piece
        return self.received

    def discard_all(self) -> None:
        """Keep reading, and keep nothing, until the connection ends."""
        with contextlib.suppress(OSError):
            while self.socket.recv(1 << 20):
                pass

    @property
    def head(self) -> list[str]:
        return self.received.partition(b"\r\n\r\n")[0].decode().split("\r\n")

    @property
    def body(self) -> bytes:
        """The body received so far, out of its chunks and its gzip."""
        head, _, rest = self.received.partition(b"\r\n\r\n")
        body = _without_chunks(rest) if b"transfer-encoding: chunked" in head.lower() else rest
        if b"content-encoding: gzip" in head.lower():
            return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS).decompress(body)
        return body

    @property
    def complete(self) -> bool:
        """Whether the last chunk has arrived."""
        return self.received.endswith(b"\r\n0\r\n\r\n")

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Close the connection with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def _without_chunks(rest: bytes) -> bytes:
    body = b""
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def is_listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with RawClient(port):
            return True
    except ConnectionRefusedError:
        return False
