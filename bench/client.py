"""Load for a server: `wrk` if it is installed, else a small client of our own."""

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
    """Answers (port, path, seconds) with the Load that the server took in that time."""
    pipe.send(None)
    while True:
        port, path, seconds = pipe.recv()
        pipe.send(_with_wrk(port, path, seconds) if WRK else uvloop.run(_with_asyncio(port, path, seconds)))


def _with_wrk(port: int, path: str, seconds: float) -> Load:
    command = [str(WRK), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk said: {said}")
    return Load(int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1))


async def _with_asyncio(port: int, path: str, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    over = loop.create_future()
    made = [
        await loop.create_connection(partial(_Connection, request, over), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    start = perf_counter()
    before = sum(connection.answers for _, connection in made)
    ending = loop.call_later(seconds, over.set_result, None)
    try:
        await over
        return Load(sum(connection.answers for _, connection in made) - before, perf_counter() - start)
    finally:
        ending.cancel()
        for transport, _ in made:
            transport.abort()


class _Connection(asyncio.Protocol):
    """Asks for the same thing again and again. All answers are as long as the first one."""

    def __init__(self, request: bytes, over: asyncio.Future[None]) -> None:
        self.request = request
        self.over = over
        self.answers = 0
        self.length = 0
        self.received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.length = self.length or _length(data)
        if self.received == 0 and not (self.length and data.startswith(OK)):
            return self._fail(f"the server answered {data[:200]!r}")
        self.received += len(data)
        if self.received == self.length:
            self.answers += 1
            self.received = 0
            self.transport.write(self.request)
        elif self.received > self.length:
            self._fail(f"an answer is longer than the first one, which had {self.length} bytes")
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("the server closed a connection")

    def _fail(self, what: str) -> None:
        if not self.over.done():
            self.over.set_exception(RuntimeError(what))


def _length(start: bytes) -> int:
    """The length of an answer, of which the headers at least are there; 0 if they don't tell."""
    head, end, _ = start.partition(b"\r\n\r\n")
    announced = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return len(head + end) + int(announced[1]) if announced else 0
