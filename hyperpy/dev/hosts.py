"""Protects the development server, whose responses contain source code and tracebacks, from DNS rebinding.

A page on another site can read these responses only if its host name resolves to 127.0.0.1. The `Host` header then
has that name, and the request is refused.
"""

import ipaddress

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.web.allowed_hosts import host_name

REFUSAL = (
    "The development server only responds to names of this machine, such as localhost and 127.0.0.1.\n"
    "To serve under another name, start it with --host NAME, or use `hyper serve`.\n"
)


class HostGuard:
    """Forwards requests whose `Host` is this machine: a loopback address or name, or the `host` that it listens on.

    If that isn't a loopback address, any literal IP address is allowed too: rebinding needs a name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host.lower()
        self.open = not is_loopback(self.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._allows(host_name(Headers(scope=scope).get("host", ""))):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await PlainTextResponse(REFUSAL, status_code=403)(scope, receive, send)

    def _allows(self, name: str) -> bool:
        return name == self.host or is_loopback(name) or (self.open and _address(name) is not None)


def is_loopback(name: str) -> bool:
    """Whether a host name (without port) always refers to this machine: localhost (RFC 6761), 127.0.0.0/8, ::1."""
    address = _address(name)
    if address is not None:
        return address.is_loopback
    name = name.removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
