"""Connections whose clients don't read their response: those that the server has closed, and those that are open."""

from collections import deque
from collections.abc import Collection
from typing import Any

# Seconds without progress before such a connection is aborted, for complete and for incomplete responses.
COMPLETE = 30.0
INCOMPLETE = 1.0
# The same at shutdown, which would wait for them.
COMPLETE_AT_SHUTDOWN = 1.0
INCOMPLETE_AT_SHUTDOWN = 0.0


class ConnectionReaper:
    """Checks a server's connections, a few at a time, and aborts those of dead clients.

    `patience` is the seconds without progress before a connection is aborted that is open and whose buffer is full.
    Responses that are still being sent wait for it; a stream gives up by itself after the same time.
    """

    def __init__(self, connections: Collection[Any], patience: float) -> None:
        self._connections = connections
        self._patience = patience
        self._unchecked: deque[Any] = deque()
        self._share = 0
        self._unread: dict[Any, tuple[int, float]] = {}  # bytes left to send, and since when

    def check_some(self, now: float, *, rounds: int) -> None:
        """Called at intervals. Every `rounds` calls check each connection once. `now` is in seconds."""
        if not self._unchecked:
            self._unchecked.extend(self._connections)
            self._share = -(-len(self._unchecked) // rounds)
            self._unread = {each: seen for each, seen in self._unread.items() if each in self._connections}
        for _ in range(min(self._share, len(self._unchecked))):
            self._check(self._unchecked.popleft(), now, COMPLETE, INCOMPLETE)

    def check_all(self, now: float) -> None:
        """Called at intervals during shutdown."""
        for connection in tuple(self._connections):
            self._check(connection, now, COMPLETE_AT_SHUTDOWN, INCOMPLETE_AT_SHUTDOWN)

    def _check(self, connection: Any, now: float, complete: float, incomplete: float) -> None:
        closing = connection.transport.is_closing()
        if not closing and not _is_full(connection):
            self._unread.pop(connection, None)
            return
        left = connection.transport.get_write_buffer_size()
        before = self._unread.get(connection)
        if before is None or left != before[0]:
            before = self._unread[connection] = (left, now)
        patience = self._patience
        if closing:
            cycle = getattr(connection, "cycle", None)
            patience = complete if cycle is None or cycle.response_complete else incomplete
        if now - before[1] >= patience:
            connection.transport.abort()


def _is_full(connection: Any) -> bool:
    """Whether sending waits for the client."""
    flow = getattr(connection, "flow", None)  # WebSockets have none
    return flow is not None and flow.write_paused
