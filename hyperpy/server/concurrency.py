"""The limit on concurrent requests."""

import logging
from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.server import ServerState

logger = logging.getLogger("hyperpy.server")


class ConcurrencyLimit:
    """Answers a request with 503 if there are `limit` connections, this one included, or as many other requests.

    uvicorn's own `limit_concurrency` counts in the same way. WebSockets are counted, but not rejected.
    """

    def __init__(self, app: ASGIApp, state: ServerState, limit: int) -> None:
        self._app = app
        self._state = state
        self._limit = limit
        self._exceeded = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        before = self._exceeded
        self._exceeded = len(self._state.connections) >= self._limit or len(self._state.tasks) > self._limit
        if not self._exceeded:
            return self._app(scope, receive, send)
        if not before:
            logger.warning("%d connections are open, which is the limit: new requests get a 503.", self._limit)
        return service_unavailable(scope, receive, send)  # type: ignore[arg-type]
