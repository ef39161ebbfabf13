"""HTTP/1.1 parsed by h11, in pure Python: uvicorn's protocol, with limits."""

import sys
from collections.abc import Coroutine
from time import perf_counter
from typing import Any

import h11
from uvicorn.protocols.http import h11_impl

from hyperpy.config import Settings
from hyperpy.server.configuration import Config
from hyperpy.server.http.flow import MOST_HELD
from hyperpy.server.http.guard import BODY, HEAD, REASONS, REQUEST, Awaiting, Guard, clipped_target
from hyperpy.server.http.request_head import BadHeadError, check_fields, split_target, with_host
from hyperpy.web.bodiless import BODILESS, bodiless_headers


class OpenTransport:
    """Stands in for the transport of a response that ends before its request, and keeps uvicorn from closing it."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.closes = False  # whether uvicorn would have closed it

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def close(self) -> None:
        self.closes = True


class H11Cycle(h11_impl.RequestResponseCycle):
    """Adds numbers for the access log, and framing that fits the status. h11 frames by method and version of HTTP."""

    status = 0
    sent = 0  # bytes of the body
    began = 0.0  # by perf_counter()
    is_bodiless = False

    @property
    def ends_early(self) -> bool:
        """Whether the connection is to be closed, but the client is still sending."""
        return isinstance(self.transport, OpenTransport) and self.transport.closes

    def send(self, message: Any) -> Coroutine[Any, Any, None]:
        if self.response_started:
            if self.is_bodiless:
                message = {**message, "body": b""}
            self.sent += len(message.get("body", b""))
            if self.more_body and not message.get("more_body", False):
                return self._end_early(message)
        elif message["type"] == "http.response.start":
            self.status = status = message["status"]
            if not 200 <= status <= 599:
                raise RuntimeError(f"{status} is not the status of a final response")
            if status in BODILESS:
                # Clients expect no body: they would read one as the next response.
                self.is_bodiless = True
                message = {**message, "headers": bodiless_headers(status, message.get("headers", ()))}
            return self._start(message)
        return super().send(message)

    async def _end_early(self, message: Any) -> None:
        self.transport: Any = OpenTransport(self.transport)
        try:
            await super().send(message)
        finally:
            self.transport = self.transport.transport

    async def _start(self, message: Any) -> None:
        """Send the head. If a header is invalid, nothing has been written, and uvicorn sends a 500 instead."""
        try:
            await super().send(message)
        except Exception:
            self.response_started = False
            raise


class H11Connection(h11.Connection):
    """Rejects requests that are valid but exceed the limits."""

    def __init__(self, settings: Settings, body_limit: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size=settings.limit_request_head)
        self.settings = settings
        self.body_limit = body_limit
        self.in_body = False
        self.body_size = 0
        self.received = 0

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            event = self._checked(event)
            self.in_body = True
            self.body_size = 0
        elif isinstance(event, h11.Data):
            self.received += len(event.data)
            self.body_size += len(event.data)
            self._check_size(self.body_size)
        elif isinstance(event, h11.EndOfMessage):
            self.in_body = False
        return event

    def _checked(self, request: h11.Request) -> h11.Request:
        """The request, with a path as its target. Raises RemoteProtocolError."""
        if len(request.target) > self.settings.limit_request_line:
            raise h11.RemoteProtocolError(REASONS[414], 414)
        fields = sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers)
        if len(request.target) + fields > self.settings.limit_request_head:
            raise h11.RemoteProtocolError(REASONS[431], 431)
        headers = list(request.headers)
        try:
            length, _ = check_fields(request.http_version.decode(), headers)
            self._check_size(length or 0)
            path, query, host = split_target(request.method, request.target)
        except BadHeadError:
            raise h11.RemoteProtocolError(REASONS[400]) from None
        if host is None:
            return request
        target = path + b"?" + query if query else path
        return h11.Request(
            method=request.method, target=target, headers=with_host(headers, host), http_version=request.http_version
        )

    def _check_size(self, size: int) -> None:
        if 0 < self.body_limit < size:
            raise h11.RemoteProtocolError(REASONS[413], 413)


class H11Protocol(Guard, h11_impl.H11Protocol):
    config: Config
    conn: H11Connection

    def __init__(self, config: Config, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self.conn = H11Connection(config.settings, config.body_limit)
        self.access_log = False  # uvicorn's

    @property
    def cycle(self) -> Any:
        return self.running

    @cycle.setter
    def cycle(self, cycle: Any) -> None:
        """Set by uvicorn just before it starts the application. It has no other way to choose the cycle's class."""
        if cycle is not None:
            cycle.__class__ = H11Cycle
            cycle.keep_alive = not self.is_shutting_down
            cycle.began = perf_counter()
            self.received = 0
            self.was_paused = False
        self.running = cycle

    @property
    def reading(self) -> Awaiting:
        if self.conn.in_body:
            return BODY
        return HEAD if self.conn.trailing_data[0] else REQUEST

    def request_line(self) -> tuple[str, str, str]:
        if not self.conn.in_body:
            return "", "", ""
        target = self.scope["raw_path"] + (b"?" + query if (query := self.scope["query_string"]) else b"")
        return self.scope["method"], clipped_target(target), self.scope["http_version"]

    def data_received(self, data: bytes) -> None:
        if self.discards_input:
            self.received += len(data)
            return
        before = self.conn.received
        super().data_received(data)
        self.received += self.conn.received - before
        if self.flow.read_paused:
            self.was_paused = True
        self._hold_back()
        self.update()

    def _hold_back(self) -> None:
        """h11 keeps further requests unread until the response is complete: keep few of them."""
        cycle = self.running
        answering = cycle is not None and not cycle.response_complete and not self.conn.in_body
        if answering and len(self.conn.trailing_data[0]) > MOST_HELD:
            self.flow.hold()

    def send_400_response(self, msg: str) -> None:
        error = sys.exception()
        status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        unread, _ = self.conn.trailing_data
        if status == 431 and unread and b"\n" not in unread and not self.conn.in_body:
            status = 414  # not even the request line is complete
        self.reject(status if status in REASONS else 400)

    def on_response_complete(self) -> None:
        self.log(self.running)
        if self.lingers():
            self.server_state.total_requests += 1
            return
        self.flow.release()
        super().on_response_complete()
        self._unset_keepalive_if_required()  # Guard has the deadline
        self._hold_back()
        self.update_again()
