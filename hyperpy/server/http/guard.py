"""What protects the server from a client: a clock for all that the client owes, and a way to refuse a request.

The clock runs only while the client owes something: the rest of a head, or of a body, or the next request. It stands
while the client waits for us, be that for an hour, as with a stream. There is one timer for each connection, and it is
not set anew for each request: it looks when it rings whether there is more time by now.

A refused request has its answer from here, and the application sees a client that has gone away: whatever it makes of
that, the client gets what is said here.
"""

import asyncio
from abc import ABC, abstractmethod
from enum import Enum
from http import HTTPStatus
from time import perf_counter
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from hyperpy.server.access import UNLOGGED, AccessEntry, AccessLog, answered
from hyperpy.server.configuration import Config

# Bytes per second, the same as Apache's default (mod_reqtimeout, MinRate); even a poor mobile connection exceeds it.
LEAST_RATE = 500
# Seconds that a rejected client has to read why and to close: in all, and between two of its bytes (as in nginx).
LINGER = 30.0
LINGER_SILENCE = 5.0
SHOWN = 256  # bytes of a refused request's target in the log
UNIX_CLIENT = ("unix:", 0)  # a peer on a Unix socket has no address; nginx calls it so, too


class Owed(Enum):
    """What the server waits for. NEXT is a request, HEAD and BODY are the rest of one, END is the client's closing."""

    NOTHING = 0
    NEXT = 1
    HEAD = 2
    BODY = 3
    END = 4


# In the module's own names, which are faster to come by than an enum's.
NOTHING, NEXT, HEAD, BODY, END = Owed

WHY = {
    400: "Invalid HTTP request received.",
    408: "The request took too long to arrive.",
    413: "The body of the request is too large.",
    414: "The URL of the request is too long.",
    431: "The headers of the request are too large.",
}


def shown_target(target: bytes) -> str:
    """The target of a refused request for the log, whose lines are not to be as long as what is refused."""
    text = target[:SHOWN].decode("latin-1")
    return text if len(target) <= SHOWN else f"{text}..."


class Guard(asyncio.Protocol, ABC):
    """Goes in front of uvicorn's protocol, whose attributes these are. Its child tells what it is reading."""

    config: Config
    requests: AccessLog | None
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    flow: FlowControl
    server_state: ServerState
    server: tuple[str, int | None] | None
    client: tuple[str, int] | None
    timeout_keep_alive: int
    cycle: Any  # of the request that was read last
    running: Any  # of the request that is being answered, or was last

    owed = HEAD
    deadline = 0.0
    alarm: asyncio.TimerHandle | None = None
    alarm_at = 0.0
    received = 0  # bytes, since the clock was set, of what is owed
    held = False  # whether the body had to wait for the application since the clock was set
    deaf = False  # whether input is thrown away
    end_by = 0.0

    @property
    @abstractmethod
    def reading(self) -> Owed:
        """NEXT, HEAD or BODY."""

    @abstractmethod
    def asked(self) -> tuple[str, str, str]:
        """Method, target and HTTP version of the request that is being read; empty strings if they are not known."""

    # What uvicorn and the event loop call

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        super().connection_made(transport)
        self.requests = self.config.requests
        if self.client is None and self.server is not None and self.server[1] is None:
            self.client = UNIX_CLIENT
        self._set_clock(self.config.limits.head_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_clock()
        cycle = self.running
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.log(cycle)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """The connection is another protocol's from here on."""
        self._forget_clock()
        self.deaf = True
        super().handle_websocket_upgrade(*event)  # type: ignore[misc]  # uvicorn's

    def log(self, cycle: Any) -> None:
        if self.requests is not None and UNLOGGED not in cycle.scope:
            self.requests(answered(cycle.scope, cycle.status, cycle.sent, perf_counter() - cycle.began))

    # The clock

    def look(self) -> None:
        """To be called whenever what is owed may have changed."""
        owed = self._owed()
        if owed is self.owed:
            return
        self.owed = owed
        if owed is NEXT:
            self._set_clock(self.timeout_keep_alive)
        elif owed is BODY:
            self._set_clock(self.config.limits.body_timeout)
        elif owed is HEAD:
            self._set_clock(self.config.limits.head_timeout)
        elif owed is END:
            self._set_clock(LINGER_SILENCE)

    def _owed(self) -> Owed:
        if self.deaf:
            return END if self.end_by else NOTHING
        cycle = self.running
        if cycle is None:
            return HEAD
        if cycle.response_complete:
            return self.reading
        if cycle.more_body and cycle is self.cycle and not cycle.response_started and self.reading is BODY:
            return BODY
        return NOTHING

    def _set_clock(self, seconds: float) -> None:
        self.deadline = self.loop.time() + seconds
        if self.alarm is None:
            self._set_alarm()
        elif self.alarm_at > self.deadline:
            self.alarm.cancel()
            self._set_alarm()

    def _set_alarm(self) -> None:
        self.alarm_at = self.deadline
        self.alarm = self.loop.call_at(self.deadline, self._on_alarm)

    def _forget_clock(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None

    def _on_alarm(self) -> None:
        self.alarm = None
        self.look()
        if self.owed is NOTHING or self.transport.is_closing():
            return
        if self.loop.time() >= self.deadline:
            self._on_late()
        elif self.alarm is None:
            self._set_alarm()

    def _on_late(self) -> None:
        if self.owed is BODY:
            self._on_late_body()
        elif self.owed is END:
            if self.received and self.loop.time() < self.end_by:
                self.received = 0
                self._set_clock(LINGER_SILENCE)
            else:
                self.transport.abort()
        elif self.owed is HEAD and self.reading is HEAD:
            self.refuse(408)
        else:
            # Browsers connect in advance. An answer to nothing would be taken for that to the next request.
            self.transport.close()

    def _on_late_body(self) -> None:
        """Too few bytes are the client's fault only if the application could have taken more all the time."""
        within = self.config.limits.body_timeout
        if self.held or self.cycle.waiting_for_100_continue:
            self.held = self.flow.read_paused
        elif self.received < LEAST_RATE * within:
            self.refuse(408)
            return
        self.received = 0
        self._set_clock(within)

    # Refusing

    def refuse(self, status: int) -> None:
        """Answer the request that is being read, in place of the application, and close the connection.

        If that request already has an answer, or a part of one, the connection is closed without a word.
        """
        if self.deaf:
            return
        self.deaf = True
        cycle = self.running
        if cycle is None or (cycle.response_complete and self.reading is not BODY):
            self._answer(status)
        elif cycle.response_complete:
            self._linger()
        elif cycle is not self.cycle or self.reading is not BODY:
            # It is another one, still unanswered, that came before on this connection.
            cycle.keep_alive = False
        else:
            self._take_over(cycle, status)
        self.look()

    def _take_over(self, cycle: Any, status: int) -> None:
        if cycle.response_started:
            self.transport.close()
        else:
            self._answer(status)
            cycle.response_complete = True
        cycle.disconnected = True
        cycle.message_event.set()

    def _answer(self, status: int) -> None:
        text = f"{WHY[status]}\n".encode()
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        head += [b"%b: %b" % header for header in self.server_state.default_headers]
        head += [b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(text), b"connection: close"]
        self.transport.write(b"\r\n".join([*head, b"", text]))
        if self.requests is not None:
            client = self.client[0] if self.client else "-"
            self.requests(AccessEntry(client, *self.asked(), status, len(text), 0.0))
        self._linger()

    def _linger(self) -> None:
        """Close the sending side, and read on for a while.

        To close a connection with unread input resets it, and the client would never see the answer (RFC 9112, 9.6).
        """
        self.received = 0
        self.end_by = self.loop.time() + LINGER
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
