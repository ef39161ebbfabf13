"""The router of a site: explicit routes, mounts and WebSockets get its session, and cross-site protection."""

from typing import Any, Final, Protocol

from starlette.routing import BaseRoute, Match, Router
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from hyperpy.app.dispatch import Dispatch
from hyperpy.pages import request_state
from hyperpy.sessions import ExplicitSession, SessionContent, SessionCookie
from hyperpy.web.cross_site import SAFE_METHODS, CrossSiteError
from hyperpy.web.default_headers import with_content

_SESSION: Final = "session"


class Site(Protocol):
    """A `Hyper`."""

    router: Router
    dispatch: Dispatch
    session_cookie: SessionCookie


class ExplicitRoutes:
    """The router of a site. `kind` is the class of sites: one that is mounted does by itself what is done here."""

    def __init__(self, site: Site, kind: type) -> None:
        self.site = site
        self.kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_unsafe = scope["type"] == "websocket" or scope.get("method", "GET") not in SAFE_METHODS
        if is_unsafe and self._is_explicit(scope):
            try:
                self.site.dispatch.protection.check(scope, explicit=True)
            except CrossSiteError:
                if scope["type"] == "http":
                    raise
                await WebSocketClose(code=1008)(scope, receive, send)  # before it is accepted: a 403
                return
        if _SESSION in scope or scope["type"] == "lifespan":  # a session of a middleware
            await self.site.router(scope, receive, send)
        else:
            await self._with_session(scope, receive, send)

    def _is_explicit(self, scope: Scope) -> bool:
        """Whether an explicit route answers, or the mount of an application that is not a site."""
        for route in self.site.router.routes:
            match, _ = route.matches(scope)
            if match is Match.FULL or (match is Match.PARTIAL and not self._is_site(route)):
                return not self._is_site(route)
        return False

    def _is_site(self, route: BaseRoute) -> bool:
        inner: Any = route
        while inner is not None and not isinstance(inner, self.kind):
            inner = getattr(inner, "app", None)
        return inner is not None

    async def _with_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the router with the site's session as `request.session`, or `websocket.session`, which is read-only."""
        content = SessionContent(scope, self.site.session_cookie)
        scope[_SESSION] = ExplicitSession(content)
        if scope["type"] == "websocket":
            content.seal()
            await self.site.router(scope, receive, send)
            return
        sending = _SessionSend(send, content, scope)
        try:
            await self.site.router(scope, receive, sending)
        except Exception:
            if content.is_read:  # the error page, which is made outside, is private too
                scope["root_path"] = sending.root_path
                request_state(scope).session = content
            raise
        finally:
            scope.pop(_SESSION, None)


class _SessionSend:
    """A `send` that adds the headers of the session, if it was read, to a response."""

    __slots__ = ("content", "root_path", "scope", "send")

    def __init__(self, send: Send, content: SessionContent, scope: Scope) -> None:
        self.send = send
        self.content = content
        self.scope = scope
        self.root_path = scope.get("root_path", "")  # mounts change it, and the session belongs to the whole site

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.content.is_read:
                headers, scope = list(message.get("headers", ())), {**self.scope, "root_path": self.root_path}
                headers = with_content(headers, self.content, scope, keep=message["status"] < 500)
                message = {**message, "headers": headers}
            else:
                self.content.seal()
        await self.send(message)
