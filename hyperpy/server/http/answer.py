"""What both parsers add to a response: numbers for the access log, and framing that fits its status."""

from collections.abc import Coroutine
from typing import Any

from hyperpy.web.bodiless import BODILESS, bodiless_headers


class Early:
    """Stands in for the transport of a response that ends before its request, and keeps uvicorn from closing it.

    Closing a connection with unread input resets it, and the client may lose the response (RFC 9112, 9.6).
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.closes = False  # whether uvicorn would have closed it

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def close(self) -> None:
        self.closes = True


class Answer:
    """A mixin for uvicorn's request-response cycles."""

    status = 0
    sent = 0  # bytes of the body
    began = 0.0  # by perf_counter()
    bodiless = False
    response_started: bool
    more_body: bool  # of the request
    transport: Any
    chunked_encoding: bool | None  # of httptools' cycle, like the length
    expected_content_length: int

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        if self.response_started:
            if self.bodiless:
                message = {**message, "body": b""}
            self.sent += len(message.get("body", b""))
            if self.more_body and not message.get("more_body", False):
                return self._end_early(message)
        elif message["type"] == "http.response.start":
            self.status = status = message["status"]
            if status != 200 and (status in BODILESS or not 200 <= status <= 599):
                message = self._without_body(message)
            return self._start(message)
        return super().send(message)  # type: ignore[misc, no-any-return]  # uvicorn's

    async def _end_early(self, message: Any) -> None:
        self.transport = early = Early(self.transport)
        try:
            await super().send(message)  # type: ignore[misc]  # uvicorn's
        finally:
            self.transport = early.transport

    async def _start(self, message: Any) -> None:
        """Send the head. If a header is invalid, nothing has been written, and uvicorn sends a 500 instead."""
        try:
            await super().send(message)  # type: ignore[misc]  # uvicorn's
        except Exception:
            self.response_started = False
            self.chunked_encoding, self.expected_content_length = None, 0
            raise

    def _without_body(self, message: Any) -> Any:
        """The start of a response that clients expect no body of: they would read one as the next response."""
        if not 200 <= self.status <= 599:
            raise RuntimeError(f"{self.status} is not the status of a final response")
        self.bodiless = True
        return {**message, "headers": bodiless_headers(self.status, message.get("headers", ()))}
