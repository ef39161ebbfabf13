"""Reads the body of a response as it arrives, and says how it ended."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Literal, cast

import httpx

from hyperpy.record_classes import public_record
from hyperpy.testing.failures import HIDDEN, SiteFailure, request_line
from hyperpy.testing.received_event import ReceivedEvent
from hyperpy.testing.running_requests import DEPARTURE_TIMEOUT, wait_until_returned

__tracebackhide__ = HIDDEN


type How = Literal["close", "stream-error", "end", "cut", "left"]


@public_record(frozen=True, slots=True)
class Ending:
    """How a stream ended.

    `how` is "close" (hyperpy's final event), "stream-error" (it failed; `message` is the public message, `log` the id
    of the traceback in the log, and `status` the HTTP status of the error), "end" (the body ended, as when a server
    stops), "cut" (the connection broke) or "left" (the test closed it).
    """

    how: How
    message: str = ""
    log: str = ""
    status: int | None = None

    def __str__(self) -> str:
        match self.how:
            case "close":
                return "the stream ended with `close`"
            case "stream-error":
                log = f" (the log has the traceback under {self.log})" if self.log else ""
                return f"the stream failed: {self.message}{log}"
            case "end":
                return "the response ended without `close`"
            case "cut":
                return f"the connection was cut: {self.message}"
            case "left":
                return "the test closed it"


class StreamFailure(SiteFailure):
    """A stream did not deliver what a test waited for.

    `events` were received but not taken; `ending` is None if the stream is still open.
    """

    def __init__(self, message: str, events: tuple[ReceivedEvent, ...] = (), ending: Ending | None = None) -> None:
        super().__init__(message)
        self.events = events
        self.ending = ending


class Deadline:
    """A point in time. `left` is the number of seconds until then, or 0."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self._at - time.monotonic())


class BodyReader:
    """Reads a body on demand: a test that does not read slows the application down, like any slow client.

    A read that times out continues, and the next one returns its result.
    """

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.ending: Ending | None = None
        self._pieces = cast("AsyncGenerator[bytes]", response.aiter_bytes())
        self._reading: asyncio.Task[bytes | None] | None = None

    async def read(self, deadline: Deadline) -> bytes | None:
        """The next piece; None after the deadline, or if the body has ended (see `ending`)."""
        if self.ending is not None or not deadline.left:
            return None
        if self._reading is None:
            self._reading = asyncio.create_task(self._next(), name=f"reading {request_line(self.response.request)}")
        await asyncio.wait((self._reading,), timeout=deadline.left)
        if not self._reading.done():
            return None
        task, self._reading = self._reading, None
        try:
            piece = task.result()
        except httpx.TransportError as error:
            self.ending = Ending("cut", str(error))
            return None
        if piece is None:
            self.ending = Ending("end")
        return piece

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)

    async def close(self) -> None:
        """Disconnect and wait until the application has returned. Raises StreamFailure if it doesn't."""
        if not await self.leave():
            problem = f"the application is still running {DEPARTURE_TIMEOUT:g} s after its client disconnected"
            raise StreamFailure(f"{request_line(self.response.request)}: {problem}", ending=self.ending)

    async def leave(self) -> bool:
        """Disconnect. Returns whether the application has returned in time."""
        if self.ending is None:
            self.ending = Ending("left")
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))
            self._reading = None
        await self._pieces.aclose()
        await self.response.aclose()
        return await wait_until_returned(self.response)
