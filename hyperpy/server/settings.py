"""uvicorn's configuration, with what our protocol needs beside it."""

import uvicorn
from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server.access import AccessLog
from hyperpy.server.limits import Limits


class Config(uvicorn.Config):
    """`requests` is told of every answered request, unless it is None. `grace` is in seconds."""

    def __init__(
        self, app: ASGIApp, settings: Settings, *, protocol: type, requests: AccessLog | None, grace: float
    ) -> None:
        super().__init__(
            app,
            host=settings.host,
            port=settings.port,
            http=protocol,
            interface="asgi3",
            log_config=None,
            server_header=False,
            backlog=settings.backlog,
            proxy_headers=settings.proxy_headers,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            root_path=settings.root_path or "",
            ssl_certfile=settings.ssl_certfile,
            ssl_keyfile=settings.ssl_keyfile,
            timeout_keep_alive=settings.timeout_keep_alive,  # type: ignore[arg-type]  # call_later() takes fractions
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]  # as wait_for() does
        )
        self.limits = Limits.of(settings)
        self.requests = requests
