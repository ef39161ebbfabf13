"""HTTP load generator: `wrk` if it is installed, otherwise a small asyncio client."""

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any, cast

import uvloop

CONNECTIONS = 32
WRK = shutil.which("wrk")
OK = b"HTTP/1.1 200 "


@dataclass(frozen=True, slots=True)
class Load:
    requests: int
    seconds: float


def work(pipe: Connection[Any, Any]) -> None:
    """Receive (port, path, seconds) and reply with the `Load` the server handled in that time."""
    pipe.send(None)
    while True:
        port, path, seconds = pipe.recv()
        pipe.send(_with_wrk(port, path, seconds) if WRK else uvloop.run(_with_asyncio(port, path, seconds)))


def _with_wrk(port: int, path: str, seconds: float) -> Load:
    command = [str(WRK), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}", f"http://127.0.0.1:{port}{path}"]
    output = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s)", output)
    if found is None or "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"unexpected wrk output: {output}")
    return Load(int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1))


async def _with_asyncio(port: int, path: str, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    done = loop.create_future()
    connections = [
        await loop.create_connection(partial(_Connection, request, done), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    start = perf_counter()
    before = sum(connection.responses for _, connection in connections)
    timer = loop.call_later(seconds, done.set_result, None)
    try:
        await done
        return Load(sum(connection.responses for _, connection in connections) - before, perf_counter() - start)
    finally:
        timer.cancel()
        for transport, _ in connections:
            transport.abort()


class _Connection(asyncio.Protocol):
    """Send the same request repeatedly. Every response must be as long as the first one."""

    def __init__(self, request: bytes, done: asyncio.Future[None]) -> None:
        self.request = request
        self.done = done
        self.responses = 0
        self.length = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.length = self.length or _response_length(data)
        if self.received == 0 and not (self.length and data.startswith(OK)):
            return self._fail(f"unexpected response: {data[:200]!r}")
        self.received += len(data)
        if self.received == self.length:
            self.responses += 1
            self.received = 0
            self.transport.write(self.request)
        elif self.received > self.length:
            self._fail(f"a response is longer than the first one ({self.length} bytes)")
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the server closed a connection")

    def _fail(self, message: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(message))


def _response_length(start: bytes) -> int:
    """Length of a response in bytes, headers included, from its first chunk; 0 without a Content-Length."""
    head, end, _ = start.partition(b"\r\n\r\n")
    content_length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return len(head + end) + int(content_length[1]) if content_length else 0
