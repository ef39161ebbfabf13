"""The limit on concurrent requests."""

import logging
from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.server import ServerState

from hyperpy.record_classes import record

logger = logging.getLogger("hyperpy.server")


@record(eq=False)
class ConcurrencyLimit:
    """Answers a request with 503 if there are `limit` connections, this one included, or as many other requests.

    uvicorn's own `limit_concurrency` counts in the same way. WebSockets are counted, but not rejected.
    """

    app: ASGIApp
    state: ServerState
    limit: int
    _exceeded: bool = False

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        before = self._exceeded
        self._exceeded = len(self.state.connections) >= self.limit or len(self.state.tasks) > self.limit
        if not self._exceeded:
            return self.app(scope, receive, send)
        if not before:
            logger.warning("%d connections are open, which is the limit: new requests get a 503.", self.limit)
        return service_unavailable(scope, receive, send)  # type: ignore[arg-type]
