"""Keeps hyperpy's own requests out of the access log: its scripts, their events, and the module for browsers."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from hyperpy.server.access import UNLOGGED

_PREFIX: Final = "/_hyper/"


class UnloggedOwn:
    """Forwards everything to `app`; requests below `/_hyper/` get no line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PREFIX):
            scope[UNLOGGED] = True
        await self.app(scope, receive, send)
