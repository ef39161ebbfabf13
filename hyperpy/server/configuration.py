"""uvicorn's configuration, plus what hyperpy's protocols need."""

import asyncio
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server.access import AccessLog


class Config(uvicorn.Config):
    """`request_log` receives an entry for each answered request, unless it is None. `grace` is in seconds.

    uvicorn's own `limit_concurrency` isn't set, because it would reject health checks as well.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, *, protocol: type, request_log: AccessLog | None, grace: float
    ) -> None:
        super().__init__(
            app,
            host=settings.host,
            port=settings.port,
            http=protocol,
            ws="auto" if getattr(app, "routes", True) else _websocket_protocol(),
            interface="asgi3",
            loop=event_loop(settings.channels),
            log_config=None,
            server_header=False,
            backlog=settings.backlog,
            proxy_headers=settings.proxy_headers,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            root_path=settings.root_path or "",
            ssl_certfile=settings.ssl_certfile,
            ssl_keyfile=settings.ssl_keyfile,
            timeout_keep_alive=settings.timeout_keep_alive,  # type: ignore[arg-type]  # call_later() takes fractions
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]  # so does wait_for()
        )
        self.settings = settings
        self.body_limit = _largest_body(app, settings.limit_request_body)
        self.request_log = request_log


def _websocket_protocol() -> Any:
    """uvicorn's protocol for an application without explicit routes, none of which can accept a WebSocket.

    It is imported by the first client that tries to open one. None if no library for WebSockets is installed.
    """
    return _imported_websocket_protocol if find_spec("websockets") or find_spec("wsproto") else "none"


def _imported_websocket_protocol(**arguments: Any) -> asyncio.Protocol:
    make: Callable[..., asyncio.Protocol] = import_module("uvicorn.protocols.websockets.auto").AutoWebSocketsProtocol
    return make(**arguments)


def event_loop(channels: str, platform: str = sys.platform) -> str:
    """uvicorn's choice, which is uvloop where that is installed, and on Windows the proactor.

    psycopg can't use the proactor, so with channels in PostgreSQL it is the other loop of Windows, which has no
    subprocesses.
    """
    return "asyncio:SelectorEventLoop" if platform == "win32" and channels.startswith("postgres") else "auto"


def _largest_body(app: Any, default: int) -> int:
    """The bytes that a request body may have; 0 means no limit.

    Some routes of a `Hyper` may take more than its default. It is looked for below middleware as well.
    """
    while app is not None:
        largest = getattr(app, "largest_body", None)
        if isinstance(largest, int):
            return largest
        app = getattr(app, "app", None)
    return default
