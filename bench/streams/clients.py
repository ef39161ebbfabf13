"""Many clients in one process: they read streams, hold them open, and leave."""

import resource
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bench.figures import percentile
from bench.streams.hub import END
from bench.streams.sockets import fetch

AT_A_TIME = 100  # connections that are being opened
PATIENCE = 30.0  # seconds
MARK = END.encode()
LAST_CHUNK = b"0\r\n\r\n"
SPARE = 300  # descriptors for everything else

type Key = tuple[int, str]
"""The port and the path of streams that are held."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How long events of a broadcast were on their way to each stream, in seconds."""

    median: float
    late: float
    """The 99th percentile."""
    rate: float
    """Deliveries per second, from the question to the last of them."""


def most_streams(wanted: int) -> int:
    """Raises the number of open files that this process, and those that it starts, may have. Less than wanted if the
    system does not allow so many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE
    if hard == resource.RLIM_INFINITY or hard >= needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else hard, hard))
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - SPARE


def work(pipe: Connection[Any, Any]) -> None:
    """Answers (name of one of the methods below, its arguments) with what it returns."""
    clients = Clients()
    pipe.send(None)
    while True:
        name, *arguments = pipe.recv()
        pipe.send(getattr(clients, name)(*arguments))


class Clients:
    def __init__(self) -> None:
        self._held: dict[Key, list[socket.socket]] = {}

    def read(self, port: int, path: str, events: int) -> float:
        """Seconds from the request to the last byte of a stream of so many events."""
        start = time.perf_counter()
        with _ask(port, path) as client:
            tail, left = b"", events
            while part := client.recv(1 << 18):
                left -= part.count(MARK)
                tail = tail[-len(LAST_CHUNK) :] + part
                if tail.endswith(LAST_CHUNK):
                    break
        if left:
            raise RuntimeError(f"{path} sent {events - left} of {events} events")
        return time.perf_counter() - start

    def hold(self, port: int, path: str, number: int, seen: bytes = MARK) -> None:
        """Opens so many more streams; each has sent `seen` before this returns."""
        held = self._held.setdefault((port, path), [])
        for start in range(0, number, AT_A_TIME):
            opened = [_ask(port, path) for _ in range(min(AT_A_TIME, number - start))]
            for client in opened:
                _until(client, seen)
            held += opened

    def broadcast(self, port: int, path: str, times: int, ask: str = "/control/publish") -> Delivered:
        """Has so many events published, each when the one before has reached every stream."""
        took: list[float] = []
        seconds = 0.0
        clients = self._held[port, path]
        with selectors.DefaultSelector() as selector, socket.create_connection(("127.0.0.1", port)) as control:
            for client in clients:
                selector.register(client, selectors.EVENT_READ)
            for _ in range(times):
                begin = time.monotonic()
                control.sendall(f"GET {ask} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                left = len(clients)
                while left:
                    left -= _take(selector, took)
                seconds += time.monotonic() - begin
                control.recv(4096)
        return Delivered(percentile(took, 0.5), percentile(took, 0.99), len(took) / seconds)

    def tell(self, port: int, path: str) -> None:
        """Asks for something that is not a stream, and waits for the answer."""
        fetch(port, path, PATIENCE)

    def comments(self, port: int, path: str, seconds: float) -> float:
        """Pings per stream in that time, in which nothing else should come."""
        clients, found = self._held[port, path], 0

        def count(client: socket.socket) -> bool:
            nonlocal found
            found += client.recv(4096).count(b": ping")
            return False

        _each(clients, count, seconds)
        return found / len(clients)

    def ends(self, port: int, path: str, patience: float) -> int:
        """How many of the streams come to their proper end; all are closed then."""
        clients = self._held.pop((port, path))
        tails = dict.fromkeys(clients, b"")

        def is_over(client: socket.socket) -> bool:
            try:
                part = client.recv(4096)
            except OSError:
                part = b""
            tails[client] = tails[client][-len(LAST_CHUNK) :] + part
            return not part or tails[client].endswith(LAST_CHUNK)

        _each(clients, is_over, patience)
        for client in clients:
            client.close()
        return sum(tail.endswith(LAST_CHUNK) for tail in tails.values())

    def leave(self, port: int, path: str) -> float:
        """Closes all of them; returns when, on time.monotonic()'s clock, the first was."""
        start = time.monotonic()
        for client in self._held.pop((port, path)):
            client.close()
        return start


def _ask(port: int, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
    return client


def _until(client: socket.socket, seen: bytes) -> None:
    got = b""
    while seen not in got:
        part = client.recv(65536)
        if not part:
            raise RuntimeError(f"the server closed a stream after {got[:200]!r}")
        got += part
    if not got.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server answered {got[:200]!r}")


def _take(selector: selectors.BaseSelector, took: list[float]) -> int:
    """Reads what has arrived at any client; returns how many of them have got the event."""
    before = len(took)
    ready = selector.select(PATIENCE)
    if not ready:
        raise RuntimeError(f"an event did not arrive within {PATIENCE:g} s")
    for key, _ in ready:
        assert isinstance(key.fileobj, socket.socket)
        received = key.fileobj.recv(4096)
        if MARK in received:
            sent = int(received.rpartition(MARK)[0].rpartition(b"<p>")[2])
            took.append((time.monotonic_ns() - sent) / 1e9)
    return len(took) - before


def _each(clients: list[socket.socket], function: Callable[[socket.socket], bool], patience: float) -> None:
    """Calls the function with every client that can be read, until it is True for each, or the time is over."""
    until = time.monotonic() + patience
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                assert isinstance(key.fileobj, socket.socket)
                if function(key.fileobj):
                    selector.unregister(key.fileobj)
