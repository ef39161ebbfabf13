"""Figures for the access log, kept with each request."""

from collections.abc import Coroutine
from typing import Any


class Measured:
    """A mixin for uvicorn's request-response cycles: the status, the bytes of the body and the start time."""

    status = 0
    sent = 0
    began = 0.0  # by perf_counter()
    response_started: bool

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        if self.response_started:
            self.sent += len(message.get("body", b""))
        else:
            self.status = message.get("status", 0)
        return super().send(message)  # type: ignore[misc, no-any-return]  # uvicorn's
