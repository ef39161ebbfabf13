"""The HTTP protocol: uvicorn's, on httptools or where that is missing on h11, with two habits changed.

HTTP/1.0 answers go out without chunks. A 1.0 client does not know `Transfer-Encoding: chunked` and would take the
chunks' lengths for content; a body of unknown length ends with the connection (RFC 9112, 6.1 and 6.3). uvicorn's
httptools protocol chunks it all the same.

And at the shutdown a connection is given time for the request that may be on its way, where uvicorn closes it at once
and the client, which did nothing wrong, gets no answer. That is a moment when the server stops. When another process
serves in its place, there is time: as long as a client that was promised to be heard again usually takes to ask.
"""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

try:
    from hyperpy.server.http.httptools_protocol import HttpToolsProtocol as BaseProtocol
except ImportError:
    from hyperpy.server.http.h11_protocol import H11Protocol as BaseProtocol  # type: ignore[assignment]

from hyperpy.server.http.state import Stage, State

# Seconds from the connecting to the first request, and from the shutdown to another one on a connection in use.
FIRST_REQUEST = 1.0
NEXT_REQUEST = 0.1
# Both, at most, where another process has taken over.
RETIRING = 5.0


class HTTPProtocol(BaseProtocol):
    server_state: State
    leaving = False
    connected_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        self.connected_at = self.loop.time()
        super().connection_made(transport)
        if self.server_state.stage is not Stage.SERVING:
            # It was accepted before, but is no connection until the loop turns.
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: Any = self.cycle
        if self.leaving and cycle is not None and not cycle.response_started:
            cycle.keep_alive = False

    def shutdown(self) -> None:
        """Called when the server begins to retire, and when it begins to stop."""
        self.leaving = True
        retiring = self.server_state.stage is Stage.RETIRING
        cycle: Any = self.cycle
        if retiring:
            self.timeout_keep_alive = min(self.timeout_keep_alive, self._patience())  # type: ignore[assignment]
        if cycle is None or cycle.response_complete:
            self.loop.call_at(self._time_to_leave(retiring), self._leave)
        elif not (retiring and cycle.response_started):
            super().shutdown()
        # The others have been promised already that they may ask again.

    def _time_to_leave(self, retiring: bool) -> float:
        if retiring:
            return self.loop.time() + self._patience()
        if self.cycle is None:
            return self.connected_at + FIRST_REQUEST
        return self.loop.time() + NEXT_REQUEST

    def _patience(self) -> float:
        grace = self.config.timeout_graceful_shutdown
        return RETIRING if grace is None else min(RETIRING, grace / 2)

    def _leave(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.scope["http_version"] == "1.0":
            app = Unchunked(app, cycle)
        super()._start_asgi_task(cycle, app)


class Unchunked:
    """An application for one request, whose body of unknown length goes out as it is.

    uvicorn chunks a body unless it was told not to, and then counts it down from the announced length. Where none was
    announced, each piece announces its own.
    """

    def __init__(self, app: ASGIApp, cycle: Any) -> None:
        self.app = app
        self.cycle = cycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_length = False

        async def send_plain(message: Message) -> None:
            nonlocal has_length
            if message["type"] == "http.response.start":
                has_length = any(name.lower() == b"content-length" for name, _ in message.get("headers", ()))
                if not has_length:
                    self.cycle.chunked_encoding = False
            elif not has_length:
                self.cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await self.app(scope, receive, send_plain)
