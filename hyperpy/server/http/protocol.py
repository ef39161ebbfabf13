"""The server's HTTP protocol, on httptools or, if that is not installed, on h11.

At shutdown uvicorn closes an idle connection at once, and a client whose request is already on its way gets no
response. This protocol leaves it open a little longer: for a moment if the server stops, and for some seconds if
another process takes over, since a client that was promised a kept-alive connection may use it again.
"""

import asyncio
from enum import Enum
from typing import Any

from uvicorn.server import ServerState

try:
    from hyperpy.server.http.httptools_protocol import HttpToolsProtocol as BaseProtocol
except ImportError:
    from hyperpy.server.http.h11_protocol import H11Protocol as BaseProtocol  # type: ignore[assignment]

# Seconds to wait for a request: the first one, from connecting on, and another one, from the shutdown on.
FIRST_REQUEST = 1.0
NEXT_REQUEST = 0.1
# Seconds to wait for either, at most, if another process has taken over.
RETIRING = 5.0


class Stage(Enum):
    SERVING = "serving"
    RETIRING = "another process has taken over; open connections may send one more request"
    STOPPING = "no other process has taken over; only responses in progress are finished"


class State(ServerState):
    """uvicorn's state, with the stage and the number of requests that have reached the application."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.SERVING
        self.requests = 0
        self.patience = FIRST_REQUEST
        """Most seconds to wait for either when the server stops."""
        self.unstarted: list[tuple[Any, Any]] = []  # connections, and requests to call the application with


class HTTPProtocol(BaseProtocol):
    server_state: State
    connected_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        self.connected_at = self.loop.time()
        super().connection_made(transport)
        if self.server_state.stage is not Stage.SERVING:
            # Accepted before the shutdown, but connected only now.
            self.shutdown()

    def shutdown(self) -> None:
        """Called when the server starts to retire, and when it starts to stop."""
        self.is_shutting_down = True
        retiring = self.server_state.stage is Stage.RETIRING
        cycle: Any = self.cycle
        if retiring:
            self.timeout_keep_alive = min(self.timeout_keep_alive, self._patience())  # type: ignore[assignment]
        if cycle is None or cycle.response_complete:
            now = self.loop.time()
            if retiring:
                close_at = now + self._patience()
            else:
                close_at = self.connected_at + FIRST_REQUEST if cycle is None else now + NEXT_REQUEST
                close_at = min(close_at, now + self.server_state.patience)
            self.loop.call_at(close_at, self._close)
        elif not (retiring and cycle.response_started):
            super().shutdown()
        # A retiring server leaves the others open: their response headers have promised it.

    def _patience(self) -> float:
        grace = self.config.timeout_graceful_shutdown
        return RETIRING if grace is None else min(RETIRING, grace / 2)

    def _close(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()
