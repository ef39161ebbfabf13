"""Connections that the server has closed, but whose clients do not take what was left for them."""

from collections import deque
from collections.abc import Collection
from typing import Any

# Seconds without progress until such a connection is cut, if its answer was complete and if it was not.
COMPLETE = 30.0
BROKEN_OFF = 1.0
# The same when the server stops, which would wait for them.
COMPLETE_AT_THE_END = 1.0
BROKEN_OFF_AT_THE_END = 0.0


class ConnectionReaper:
    """Looks through a server's connections, a few at a time, and aborts those of dead clients."""

    def __init__(self, connections: Collection[Any]) -> None:
        self._connections = connections
        self._to_look_at: deque[Any] = deque()
        self._share = 0
        self._closing: dict[Any, tuple[int, float]] = {}  # how much is left, and since when

    def look(self, now: float, *, rounds: int) -> None:
        """Called at intervals, looks at all connections once in `rounds` calls. `now` is in seconds."""
        if not self._to_look_at:
            self._to_look_at.extend(self._connections)
            self._share = -(-len(self._to_look_at) // rounds)
            self._closing = {each: seen for each, seen in self._closing.items() if each in self._connections}
        for _ in range(min(self._share, len(self._to_look_at))):
            self._look_at(self._to_look_at.popleft(), now, COMPLETE, BROKEN_OFF)

    def look_at_all(self, now: float) -> None:
        """For a server that stops."""
        for connection in tuple(self._connections):
            self._look_at(connection, now, COMPLETE_AT_THE_END, BROKEN_OFF_AT_THE_END)

    def _look_at(self, connection: Any, now: float, complete: float, broken_off: float) -> None:
        if not connection.transport.is_closing():
            return
        left = connection.transport.get_write_buffer_size()
        before = self._closing.get(connection)
        if before is None or left != before[0]:
            before = self._closing[connection] = (left, now)
        cycle = getattr(connection, "cycle", None)
        patience = complete if cycle is None or cycle.response_complete else broken_off
        if now - before[1] >= patience:
            connection.transport.abort()
