"""Read timeouts and early rejections for one connection.

A deadline is active only while the server is waiting for the client. Sending a response, including a stream, is never
timed here.

    Awaiting   What for                                      Deadline               When it passes
    HEAD       the first request, or the rest of a head      timeout_request_head   408; close if nothing has arrived
    BODY       body bytes that the application could read    timeout_request_body   408 if too few have arrived,
                                                                                    else a new deadline
    NOTHING    the application: it has what it can read      none
    REQUEST    the next request of this connection           timeout_keep_alive     close
    DISCARD    nothing more: input is thrown away            none
    CLOSE      a rejected client to close the connection,    5 s without input,     abort
               or one whose response ended too early         30 s in all

The first four follow from what has been read and answered, and may change into each other. `reject` and an upgrade to
WebSocket lead from them to DISCARD. From there a rejection that was answered here leads to CLOSE; otherwise an earlier
request is still being answered, and uvicorn closes the connection after it. CLOSE is final.

There is one timer for each connection. A new deadline doesn't restart it: when it fires, it checks whether the deadline
has moved.

A rejected request is answered here, and the application sees a client that has disconnected: nothing it sends then
reaches the client.
"""

import asyncio
import math
from abc import ABC, abstractmethod
from enum import Enum
from http import HTTPStatus
from time import perf_counter
from typing import Any

from uvicorn.server import ServerState

from hyperpy.server.access import UNLOGGED, AccessEntry, AccessLog
from hyperpy.server.configuration import Config
from hyperpy.server.http.flow import Flow

# Bytes per second. Apache has the same (mod_reqtimeout, MinRate); even a poor mobile connection is faster.
LEAST_RATE = 500
# Seconds that a rejected client has to read the response and close: in all, and without sending. nginx has the same.
LINGER = 30.0
LINGER_SILENCE = 5.0
LOGGED_TARGET = 256  # bytes of a rejected request's target in the access log
UNIX_CLIENT = ("unix:", 0)  # a peer on a Unix socket has no address; nginx calls it the same
NEVER = math.inf

REASONS = {
    400: "Invalid HTTP request received.",
    408: "The request took too long to arrive.",
    413: "The body of the request is too large.",
    414: "The URL of the request is too long.",
    431: "The headers of the request are too large.",
}


class Awaiting(Enum):
    """What the server is waiting for; see the table above."""

    HEAD = 0
    BODY = 1
    NOTHING = 2
    REQUEST = 3
    DISCARD = 4
    CLOSE = 5


# Module-level aliases: faster to look up than enum attributes.
HEAD, BODY, NOTHING, REQUEST, DISCARD, CLOSE = Awaiting


def clipped_target(target: bytes) -> str:
    """The target of a rejected request for the log, whose lines must not be as long as what is rejected."""
    text = target[:LOGGED_TARGET].decode("latin-1")
    return text if len(target) <= LOGGED_TARGET else f"{text}..."


class Guard(asyncio.Protocol, ABC):
    """Goes in front of uvicorn's protocol, which has the attributes without a value."""

    config: Config
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    flow: Any  # a Flow
    server_state: ServerState
    server: tuple[str, int | None] | None
    client: tuple[str, int] | None
    timeout_keep_alive: int
    cycle: Any  # of the request that was read last
    scope: Any  # of the request that was read last, like its headers
    headers: list[tuple[bytes, bytes]]
    running: Any  # of the request that is being answered, or was answered last
    request_log: AccessLog | None

    is_shutting_down = False  # no new request keeps the connection alive
    awaiting = HEAD
    discards_input = False  # whether `awaiting` is DISCARD or CLOSE
    deadline = NEVER
    timer: asyncio.TimerHandle | None = None
    timer_at = NEVER
    received = 0  # bytes of the body, or of discarded input, since the deadline was set
    was_paused = False  # whether the client had to wait for the application since the deadline was set
    linger_until = 0.0

    @property
    @abstractmethod
    def reading(self) -> Awaiting:
        """What the parser needs next: REQUEST, HEAD or BODY."""

    @abstractmethod
    def request_line(self) -> tuple[str, str, str]:
        """Method, target and HTTP version of the request that is being read; empty strings if they are unknown."""

    # Called by uvicorn and the event loop

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        super().connection_made(transport)
        self.flow = Flow(transport)
        self.request_log = self.config.request_log
        if self.client is None and self.server is not None and self.server[1] is None:
            self.client = UNIX_CLIENT
        self._enter(HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        cycle = self.running
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.log(cycle)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """The connection belongs to another protocol from here on."""
        self._stop_timer()
        self._enter(DISCARD)
        super().handle_websocket_upgrade(*event)  # type: ignore[misc]  # uvicorn's

    def _should_upgrade(self) -> bool:
        """Whether the request opens a WebSocket. Any other request is answered as if it had no Upgrade (RFC 9110, 7.8).

        Only a GET without a body opens one (RFC 6455, 4.1), and only one that doesn't wait for an earlier response.
        """
        return (
            self.scope["method"] == "GET"
            and self.scope["http_version"] == "1.1"
            and (self.running is None or self.running.response_complete)
            and not any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
            and super()._should_upgrade()  # type: ignore[misc]  # uvicorn's
        )

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: curl and Java's client offer HTTP/2 with every request."""

    def lingers(self) -> bool:
        """Whether the connection is to be closed, but the client is still sending. To be called after a response.

        Closing a connection with unread input resets it, and the client may lose the response (RFC 9112, 9.6).
        """
        if not self.running.ends_early:
            return False
        if not self.discards_input:
            self._linger()
        return True

    def log(self, cycle: Any) -> None:
        if self.request_log is not None and UNLOGGED not in cycle.scope:
            seconds = perf_counter() - cycle.began
            self.request_log(AccessEntry.of(cycle.scope, cycle.status, cycle.sent, seconds))

    # Deadlines

    def update(self) -> None:
        """Find out what is awaited now. To be called after reading."""
        if not self.discards_input and (awaiting := self._derive()) is not self.awaiting:
            self._enter(awaiting)

    def update_again(self) -> None:
        """The same after a response: it may be complete before any `update` has seen its request."""
        if not self.discards_input:
            self._enter(self._derive())

    def _derive(self) -> Awaiting:
        cycle = self.running
        if cycle is None:
            return HEAD
        if cycle.response_complete:
            return self.reading
        if cycle.more_body and cycle is self.cycle and not cycle.response_started and self.reading is BODY:
            return BODY
        return NOTHING

    def _enter(self, awaiting: Awaiting) -> None:
        if self.discards_input:
            assert self.awaiting is DISCARD
            assert awaiting is CLOSE
        self.awaiting = awaiting
        if awaiting is NOTHING:
            self.deadline = NEVER
        elif awaiting is REQUEST:
            self._set_deadline(self.timeout_keep_alive)
        elif awaiting is BODY:
            self._set_deadline(self.config.settings.timeout_request_body)
        elif awaiting is HEAD:
            self._set_deadline(self.config.settings.timeout_request_head)
        else:
            self.discards_input = True
            self.deadline = NEVER
            if awaiting is CLOSE:
                self._set_deadline(LINGER_SILENCE)

    def _set_deadline(self, seconds: float) -> None:
        self.deadline = self.loop.time() + seconds
        if self.timer is None:
            self._start_timer()
        elif self.timer_at > self.deadline:
            self.timer.cancel()
            self._start_timer()

    def _start_timer(self) -> None:
        self.timer_at = self.deadline
        self.timer = self.loop.call_at(self.deadline, self._on_timer)

    def _stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _on_timer(self) -> None:
        self.timer = None
        self.update()  # a response that has started ends the wait for a body
        if self.deadline == NEVER or self.transport.is_closing():
            return
        if self.loop.time() >= self.deadline:
            self._on_deadline()
        elif self.timer is None:
            self._start_timer()

    def _on_deadline(self) -> None:
        if self.awaiting is BODY:
            self._on_body_deadline()
        elif self.awaiting is CLOSE:
            if self.received and self.loop.time() < self.linger_until:
                self.received = 0
                self._set_deadline(LINGER_SILENCE)
            else:
                self.transport.abort()
        elif self.awaiting is HEAD and self.reading is HEAD:
            self.reject(408)
        else:
            # No response: browsers connect in advance, and would take it for the response to their next request.
            self.transport.close()

    def _on_body_deadline(self) -> None:
        """Reject a slow client, but only if the application could have read more all the time."""
        seconds = self.config.settings.timeout_request_body
        if self.was_paused or self.cycle.waiting_for_100_continue:
            self.was_paused = self.flow.read_paused
        elif self.received < LEAST_RATE * seconds:
            self.reject(408)
            return
        self.received = 0
        self._set_deadline(seconds)

    # Rejections

    def reject(self, status: int) -> None:
        """Answer the request that is being read in place of the application, and close the connection.

        If its response has started already, only the connection is closed.
        """
        if self.discards_input:
            return
        self._enter(DISCARD)
        cycle = self.running
        if cycle is None or (cycle.response_complete and self.reading is not BODY):
            self._respond(status)
        elif cycle.response_complete:
            self._linger()
        elif cycle is not self.cycle or self.reading is not BODY:
            # An earlier request of this connection is still being answered: that response is the last one.
            cycle.keep_alive = False
        else:
            if cycle.response_started:
                self.transport.close()
            else:
                self._respond(status)
                cycle.response_complete = True
            cycle.disconnected = True
            cycle.message_event.set()

    def _respond(self, status: int) -> None:
        text = f"{REASONS[status]}\n".encode()
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        head += [b"%b: %b" % header for header in self.server_state.default_headers]
        head += [b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(text), b"connection: close"]
        self.transport.write(b"\r\n".join([*head, b"", text]))
        if self.request_log is not None:
            client = self.client[0] if self.client else "-"
            self.request_log(AccessEntry(client, *self.request_line(), status, len(text), 0.0))
        self._linger()

    def _linger(self) -> None:
        """Close the sending side, and discard input for a while.

        Closing a connection with unread input resets it, and the client may lose the response (RFC 9112, 9.6).
        """
        self.received = 0
        self.linger_until = self.loop.time() + LINGER
        self._enter(CLOSE)
        self.flow.release()
        if self.transport.can_write_eof():
            self.transport.write_eof()
