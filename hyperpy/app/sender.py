"""What the response to one request goes through, whatever answers it."""

from collections.abc import Iterable

from starlette.types import Message, Scope, Send

from hyperpy.app.guards import Guards
from hyperpy.pages import STATE, Route, Run
from hyperpy.web.bodiless import BODILESS, bodiless_headers
from hyperpy.web.default_headers import DefaultHeaders, RawHeader, with_session
from hyperpy.web.session_seal import SessionSeal


class Sender:
    """The `send` of a request, and whether the response has started. Pages and streams set that themselves.

    `headers` are those that every response of the application has. `vary` is the value of the header `Vary`, empty for
    none. `guards` are those of a route that has any, `run` is that of a stream, or of a route with dependencies, and
    `seal` is there for a request with a session of a middleware.
    """

    __slots__ = ("guards", "headers", "run", "scope", "seal", "send", "started", "vary")

    def __init__(self, send: Send, scope: Scope, headers: DefaultHeaders) -> None:
        self.send = send
        self.scope = scope
        self.headers = headers
        self.started = False
        self.vary = ""
        self.guards: Guards | None = None
        self.run: Run | None = None
        self.seal: SessionSeal | None = None

    def start(self) -> None:
        """The headers of a stream are about to be sent. Raises AnsweredError if its run has another answer."""
        if self.run is not None:
            self.run.start()
        self.started = True

    @property
    def last_run(self) -> Run | None:
        """The last run of the request that may have dependencies."""
        return self.run or (self.guards.last if self.guards is not None else None)

    def watch_session(self, scope: Scope, route: Route) -> None:
        self.seal = SessionSeal(scope, self.send, route.file)
        self.send = self.seal.send

    async def watched(self, message: Message) -> None:
        """A `send` for other responses."""
        self.started = True
        if message["type"] == "http.response.start":
            message = {**message, "headers": self.complete(message.get("headers", ()), message["status"])}
        await self.send(message)

    def complete(self, headers: Iterable[RawHeader], status: int) -> list[RawHeader]:
        """The headers of a response, with those of the application and of the session."""
        completed = self.headers.complete(headers, self.scope)
        return completed if STATE not in self.scope else with_session(completed, self.scope, keep=status < 500)

    def vary_header(self) -> list[RawHeader]:
        return [(b"vary", self.vary.encode())] if self.vary else []

    async def respond(self, status: int, headers: list[RawHeader], body: bytes | memoryview) -> None:
        """Send a whole response, completed as all are."""
        self.started = True
        if status in BODILESS:
            headers = bodiless_headers(status, headers)
        headers = self.complete(headers, status)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})
