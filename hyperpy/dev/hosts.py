"""The guard in front of the development server, which shows source code and tracebacks to who asks.

A page of another site can't read what this server answers, unless its owner points a name of his own at 127.0.0.1
(DNS rebinding). The name then stands in `Host`, and is refused.
"""

import ipaddress

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose


class HostGuard:
    """Lets requests pass whose `Host` names this machine: a loopback address or name, or the `host` served on.

    When the server listens beyond the loopback interface, every literal IP address passes too: rebinding needs a name.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host.lower()
        self.open = not is_loopback(self.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._allows(_without_port(Headers(scope=scope).get("host", ""))):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            await PlainTextResponse(self._refusal(), status_code=403)(scope, receive, send)

    def _allows(self, name: str) -> bool:
        return name == self.host or is_loopback(name) or (self.open and _address(name) is not None)

    def _refusal(self) -> str:
        return (
            "The development server answers only to names of this machine, like localhost and 127.0.0.1.\n"
            "To serve under another name, start it with --host NAME, or use `hyper serve`.\n"
        )


def is_loopback(name: str) -> bool:
    """Whether a host name (no port) can only mean this machine: localhost (RFC 6761), 127.0.0.0/8, ::1."""
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


def _without_port(host: str) -> str:
    """The name in a Host header, lower case, an IPv6 address without its brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
