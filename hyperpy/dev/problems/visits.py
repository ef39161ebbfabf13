"""Which request is being answered, for what is logged meanwhile."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import field
from typing import Final

from starlette.types import Message, Scope, Send

from hyperpy.dev.problems.held_streams import HeldStream
from hyperpy.pages import ANSWERED
from hyperpy.record_classes import record


@record(slots=True)
class Visit:
    """One request under `hyper dev`, and what has become of it."""

    scope: Scope
    loop: asyncio.AbstractEventLoop
    held: HeldStream
    started: bool = False
    """Its response has begun, so that an error can't become the response any more."""
    failed: bool = False
    seen: set[int] = field(default_factory=set)
    """The ids of exceptions that have been reported: some are logged on several levels."""

    @property
    def request(self) -> tuple[str, str]:
        return (self.scope["method"], self.scope["path"])

    @property
    def file(self) -> str:
        return answered_by(self.scope)


def answered_by(scope: Scope) -> str:
    """The route file that has answered a request, or the empty string."""
    return next(reversed(scope.get(ANSWERED, ())), "")


current_visit: Final[ContextVar[Visit | None]] = ContextVar("hyperpy.visit", default=None)


def answering_file() -> str:
    """The route file that is answering the current request, or the empty string."""
    return visit.file if (visit := current_visit.get()) is not None else ""


class Witness:
    """A `send` that notes the start of a response, and calls `succeeded` for one that works.

    An event stream may have no end, so that its start counts.
    """

    def __init__(self, visit: Visit, send: Send, succeeded: Callable[[Visit], None]) -> None:
        self._visit = visit
        self._send = send
        self._succeeded = succeeded
        self._status = 0

    async def __call__(self, message: Message) -> None:
        is_done = False
        if message["type"] == "http.response.start":
            self._visit.started = True
            self._status = message["status"]
            is_done = any(
                name.lower() == b"content-type" and value.startswith(b"text/event-stream")
                for name, value in message.get("headers", ())
            )
        elif message["type"] == "http.response.body":
            is_done = not message.get("more_body", False)
        await self._send(message)
        if is_done and self._status < 500 and not self._visit.failed:
            self._succeeded(self._visit)
