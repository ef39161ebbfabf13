"""Connections that the server has closed, but whose clients don't read the rest of the response."""

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
    """Checks a server's connections, a few at a time, and aborts those of dead clients."""

    def __init__(self, connections: Collection[Any]) -> None:
        self._connections = connections
        self._unchecked: deque[Any] = deque()
        self._share = 0
        self._closing: dict[Any, tuple[int, float]] = {}  # bytes left to send, and since when

    def check_some(self, now: float, *, rounds: int) -> None:
        """Called at intervals. Every `rounds` calls check each connection once. `now` is in seconds."""
        if not self._unchecked:
            self._unchecked.extend(self._connections)
            self._share = -(-len(self._unchecked) // rounds)
            self._closing = {each: seen for each, seen in self._closing.items() if each in self._connections}
        for _ in range(min(self._share, len(self._unchecked))):
            self._check(self._unchecked.popleft(), now, COMPLETE, INCOMPLETE)

    def check_all(self, now: float) -> None:
        """Called at intervals during shutdown."""
        for connection in tuple(self._connections):
            self._check(connection, now, COMPLETE_AT_SHUTDOWN, INCOMPLETE_AT_SHUTDOWN)

    def _check(self, connection: Any, now: float, complete: float, incomplete: float) -> None:
        if not connection.transport.is_closing():
            return
        left = connection.transport.get_write_buffer_size()
        before = self._closing.get(connection)
        if before is None or left != before[0]:
            before = self._closing[connection] = (left, now)
        cycle = getattr(connection, "cycle", None)
        patience = complete if cycle is None or cycle.response_complete else incomplete
        if now - before[1] >= patience:
            connection.transport.abort()
