"""The health checks: /healthz (the process is alive) and /readyz (it accepts requests). And `OPTIONS *`."""

from collections.abc import Awaitable
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.server.access import UNLOGGED
from hyperpy.server.http.protocol import Stage, State
from hyperpy.server.http.request_head import ANY_TARGET

LIVE: Final = "/healthz"
READY: Final = "/readyz"
ANY_PATH: Final = ANY_TARGET.decode()
NOT_STORED: Final = {"cache-control": "no-store"}


def health_paths(app: ASGIApp) -> frozenset[str]:
    """The health check paths that the application doesn't define itself. A route with a parameter doesn't count."""
    explicit = {getattr(route, "path", None) for route in getattr(app, "routes", ())}
    table = getattr(app, "routes_table", None)
    files = {row.url for row in table()} if table is not None else set()
    return frozenset({LIVE, READY} - explicit - files)


class HealthCheck:
    """Answers the health check `paths` before any middleware, and passes other requests to the application.

    `OPTIONS *` asks about the server, not about a path (RFC 9110, 9.3.7): it gets an empty response.

    Counts the latter when they arrive, not when they are complete: a stream may never be.
    """

    def __init__(self, app: ASGIApp, state: State, paths: frozenset[str], root_path: str = "") -> None:
        self._app = app
        self._state = state
        self._paths = {root_path + path: path for path in (*paths, ANY_PATH)}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            if scope["path"] in self._paths:
                if self._paths[scope["path"]] == ANY_PATH:
                    return Response(status_code=204)(scope, receive, send)
                scope[UNLOGGED] = True  # probes come every second
                ready = self._paths[scope["path"]] == LIVE or self._state.stage is not Stage.STOPPING
                answer = PlainTextResponse("ok\n" if ready else "stopping\n", 200 if ready else 503, NOT_STORED)
                return answer(scope, receive, send)
            self._state.requests += 1
        return self._app(scope, receive, send)
