"""Many stream clients in one process."""

import resource
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bench.figures import percentile
from bench.streams.broadcast import END
from bench.streams.sockets import fetch

BATCH = 100  # connections to open at once
TIMEOUT = 30.0  # seconds
MARK = END.encode()
LAST_CHUNK = b"0\r\n\r\n"
SPARE = 300  # file descriptors for everything else

type Key = tuple[int, str]
"""Port and path of open streams."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Delivery times of a broadcast to all streams, in seconds."""

    median: float
    p99: float
    rate: float
    """Deliveries per second, from the request to publish to the last delivery."""


def raise_file_limit(wanted: int) -> int:
    """Raise the open file limit of this process and its children; return how many streams fit, at most `wanted`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE
    if hard == resource.RLIM_INFINITY or hard >= needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else hard, hard))
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE


def work(pipe: Connection[Any, Any]) -> None:
    """Receive (method name, *arguments), call that method of `Clients` and reply with its result."""
    clients = Clients()
    pipe.send(None)
    while True:
        name, *arguments = pipe.recv()
        pipe.send(getattr(clients, name)(*arguments))


class Clients:
    def __init__(self) -> None:
        self._held: dict[Key, list[socket.socket]] = {}

    def read(self, port: int, path: str, events: int) -> float:
        """Read a stream of `events` events; return the seconds from the request to the last byte."""
        start = time.perf_counter()
        with _open(port, path) as client:
            tail, remaining = b"", events
            while part := client.recv(1 << 18):
                remaining -= part.count(MARK)
                tail = tail[-len(LAST_CHUNK) :] + part
                if tail.endswith(LAST_CHUNK):
                    break
        if remaining:
            raise RuntimeError(f"{path} sent {events - remaining} of {events} events")
        return time.perf_counter() - start

    def hold(self, port: int, path: str, number: int, expected: bytes = MARK) -> None:
        """Open `number` more streams and wait until each has sent `expected`."""
        held = self._held.setdefault((port, path), [])
        for start in range(0, number, BATCH):
            opened = [_open(port, path) for _ in range(min(BATCH, number - start))]
            for client in opened:
                _read_until(client, expected)
            held += opened

    def broadcast(self, port: int, path: str, times: int, publish: str = "/control/publish") -> Delivered:
        """Request `publish` several times, each time waiting until every stream has received the event."""
        delays: list[float] = []
        seconds = 0.0
        clients = self._held[port, path]
        with selectors.DefaultSelector() as selector, socket.create_connection(("127.0.0.1", port)) as control:
            for client in clients:
                selector.register(client, selectors.EVENT_READ)
            for _ in range(times):
                begin = time.monotonic()
                control.sendall(f"GET {publish} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                remaining = len(clients)
                while remaining:
                    remaining -= _receive(selector, delays)
                seconds += time.monotonic() - begin
                control.recv(4096)
        return Delivered(percentile(delays, 0.5), percentile(delays, 0.99), len(delays) / seconds)

    def fetch(self, port: int, path: str) -> None:
        """Send a request that isn't for a stream and wait for the whole response."""
        fetch(port, path, TIMEOUT)

    def pings(self, port: int, path: str, seconds: float) -> float:
        """Pings per stream in `seconds` seconds, during which nothing else is sent."""
        clients, found = self._held[port, path], 0

        def count(client: socket.socket) -> bool:
            nonlocal found
            found += client.recv(4096).count(b": ping")
            return False

        _each(clients, count, seconds)
        return found / len(clients)

    def ends(self, port: int, path: str, timeout: float) -> int:
        """Count the streams that end with the last chunk within `timeout` seconds; then close all of them."""
        clients = self._held.pop((port, path))
        tails = dict.fromkeys(clients, b"")

        def is_finished(client: socket.socket) -> bool:
            try:
                part = client.recv(4096)
            except OSError:
                part = b""
            tails[client] = tails[client][-len(LAST_CHUNK) :] + part
            return not part or tails[client].endswith(LAST_CHUNK)

        _each(clients, is_finished, timeout)
        for client in clients:
            client.close()
        return sum(tail.endswith(LAST_CHUNK) for tail in tails.values())

    def leave(self, port: int, path: str) -> float:
        """Close all of these streams; return the time.monotonic() value before the first was closed."""
        start = time.monotonic()
        for client in self._held.pop((port, path)):
            client.close()
        return start


def _open(port: int, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
    return client


def _read_until(client: socket.socket, expected: bytes) -> None:
    received = b""
    while expected not in received:
        part = client.recv(65536)
        if not part:
            raise RuntimeError(f"the server closed a stream after {received[:200]!r}")
        received += part
    if not received.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"unexpected response: {received[:200]!r}")


def _receive(selector: selectors.BaseSelector, delays: list[float]) -> int:
    """Read from all clients with data; return how many of them have received the event."""
    before = len(delays)
    ready = selector.select(TIMEOUT)
    if not ready:
        raise RuntimeError(f"an event did not arrive within {TIMEOUT:g} s")
    for key, _ in ready:
        assert isinstance(key.fileobj, socket.socket)
        received = key.fileobj.recv(4096)
        if MARK in received:
            sent = int(received.rpartition(MARK)[0].rpartition(b"<p>")[2])
            delays.append((time.monotonic_ns() - sent) / 1e9)
    return len(delays) - before


def _each(clients: list[socket.socket], function: Callable[[socket.socket], bool], timeout: float) -> None:
    """Call `function` with every readable client until it has returned True for each, or the timeout expires."""
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                assert isinstance(key.fileobj, socket.socket)
                if function(key.fileobj):
                    selector.unregister(key.fileobj)
