"""uvicorn's configuration, plus the limits and the access log that hyperpy's protocols add."""

from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from hyperpy.config import Settings
from hyperpy.server.access import AccessLog


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The largest requests in bytes and the timeouts in seconds. `request_body` is None if bodies are unlimited."""

    request_line: int
    request_head: int
    request_body: int | None
    head_timeout: float
    body_timeout: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            request_line=settings.limit_request_line,
            request_head=settings.limit_request_head,
            request_body=settings.limit_request_body or None,
            head_timeout=settings.timeout_request_head,
            body_timeout=settings.timeout_request_body,
        )


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
            timeout_graceful_shutdown=grace,  # type: ignore[arg-type]  # so does wait_for()
        )
        self.limits = ConnectionLimits.of(settings)
        self.request_log = request_log
        self.concurrency_limit = settings.limit_concurrency or None
