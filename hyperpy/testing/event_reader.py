"""A stream of events, read by a test."""

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import httpx

from hyperpy.testing.answers import asked, require
from hyperpy.testing.body_reader import BodyReader, Deadline
from hyperpy.testing.ending import Ending, StreamFailure
from hyperpy.testing.failures import HIDDEN
from hyperpy.testing.parsing import EventParser
from hyperpy.testing.received_event import ReceivedEvent

__tracebackhide__ = HIDDEN

SHOWN = 10  # events that a failure lists

# Sends the request, again if need be, with the id to resume after. The answer's body has not been read.
type Open = Callable[[str | None], Awaitable[httpx.Response]]


class Events:
    """The events at one URL, as they come. Every wait has an end: `timeout` is in seconds, and else the stream's own.

    The event `close` of hyperpy's own and `stream-error` are no events here, but how the stream has ended. Iterating
    gives the events until then, and raises StreamFailure if they end with anything but `close` or the body's end.
    """

    def __init__(self, response: httpx.Response, open: Open, timeout: float, last_event_id: str = "") -> None:
        self.timeout = timeout
        self._open = open
        self._begin(response, last_event_id)

    def _begin(self, response: httpx.Response, last_event_id: str) -> None:
        self._body = BodyReader(response)
        self._parser = EventParser(last_event_id)
        self._waiting: deque[ReceivedEvent] = deque()
        self._last_event_id = last_event_id
        self._ending: Ending | None = None

    @property
    def response(self) -> httpx.Response:
        """The answer: its status and headers. Its body is read here."""
        return self._body.response

    @property
    def last_event_id(self) -> str:
        """What `reconnect` sends as `Last-Event-ID`; "" if nothing.

        It is of the last event that was taken, even if others have come: so it does not depend on who was faster.
        """
        return self._last_event_id

    @property
    def retry(self) -> int | None:
        """The milliseconds that a browser would now wait before it connects again, if the stream has said so."""
        return self._parser.retry

    @property
    def comments(self) -> list[str]:
        """The comments that have been read so far. A silent stream's ping is one."""
        return list(self._parser.comments)

    @property
    def ending(self) -> Ending | None:
        """How the stream has ended, as far as it has been read; None while it is open."""
        return self._ending or self._body.ending

    @property
    def closed(self) -> bool:
        """Whether the stream has told its clients not to come back."""
        return self.ending is not None and self.ending.how == "close"

    async def take(self, count: int, timeout: float | None = None) -> list[ReceivedEvent]:
        """The next `count` events. Raises StreamFailure if they do not come; those that came can be taken then."""
        await self._wait(
            lambda: len(self._waiting) >= count, lambda: f"{len(self._waiting)} of {count} events", timeout
        )
        return [self._taken() for _ in range(count)]

    async def next(self, timeout: float | None = None) -> ReceivedEvent:
        [event] = await self.take(1, timeout)
        return event

    async def until(
        self, wanted: str | Callable[[ReceivedEvent], object], timeout: float | None = None
    ) -> ReceivedEvent:
        """The next event of that name, or that the function says yes to. Those before it are dropped."""
        matches = (lambda event: event.event == wanted) if isinstance(wanted, str) else wanted
        what = f"no event {wanted!r}" if isinstance(wanted, str) else "no event that fits"
        seen = 0

        def has_come() -> bool:
            nonlocal seen
            while seen < len(self._waiting):
                if matches(self._waiting[seen]):
                    return True
                seen += 1
            return False

        await self._wait(has_come, lambda: what, timeout)
        return [self._taken() for _ in range(seen + 1)][-1]

    async def rest(self, timeout: float | None = None) -> list[ReceivedEvent]:
        """All events that are still to come. Raises StreamFailure if the stream does not end, or fails."""
        ending = await self.ended(timeout)
        if ending.how in ("stream-error", "cut"):
            raise self._failure("not all of the rest")
        events = list(self._waiting)
        self._waiting.clear()
        return events

    async def ended(self, timeout: float | None = None) -> Ending:
        """Waits for the end, however it comes. Events that come before it can be taken afterwards."""
        await self._wait(lambda: self.ending is not None, lambda: "no end", timeout)
        assert self.ending is not None
        self._last_event_id = self._parser.last_event_id
        return self.ending

    async def close(self) -> None:
        """Leaves as a browser does that closes the page, and returns when the generator's `finally` has run.

        Raises StreamFailure if that takes longer than it may.
        """
        await self._body.close()

    async def abandon(self) -> None:
        """Leaves, whatever the application makes of it."""
        await self._body.leave()

    async def reconnect(self) -> None:
        """Leaves if it is still open, and asks again with the id of the last event, as an EventSource does.

        An answer of 204, which tells an EventSource to stop, ends the stream as `close` does.
        """
        await self.close()
        last = self._last_event_id
        response = await self._open(last or None)
        stops = response.status_code == 204
        if not stops:
            await require(response, "text/event-stream", "a stream of events")
        self._begin(response, last)
        self._ending = Ending("close") if stops else None

    def __aiter__(self) -> AsyncIterator[ReceivedEvent]:
        return self

    async def __anext__(self) -> ReceivedEvent:
        await self._wait(lambda: self._waiting or self.ending is not None, lambda: "no event", None)
        if self._waiting:
            return self._taken()
        if (await self.ended()).how in ("stream-error", "cut"):
            raise self._failure("no event")
        raise StopAsyncIteration

    def _taken(self) -> ReceivedEvent:
        event = self._waiting.popleft()
        self._last_event_id = event.last_event_id
        return event

    async def _wait(self, has_come: Callable[[], object], what: Callable[[], str], timeout: float | None) -> None:
        deadline = Deadline(self.timeout if timeout is None else timeout)
        while not has_come():
            if self.ending is not None:
                raise self._failure(what())
            piece = await self._body.read(deadline)
            if piece is not None:
                self._feed(piece)
            elif self.ending is None:
                raise self._failure(what(), deadline.seconds)

    def _feed(self, piece: bytes) -> None:
        for event in self._parser.feed(piece):
            if self._ending is None:
                self._ending = _ending(event)
            if self._ending is None:
                self._waiting.append(event)

    def _failure(self, what: str, seconds: float | None = None) -> StreamFailure:
        name = asked(self.response.request)
        if seconds is not None:
            told = f"{name}: {what} came within {seconds:g} s; the stream is still open"
        else:
            told = f"{name}: {what} came; {self.ending}"
        events = tuple(self._waiting)
        comments = len(self._parser.comments)
        rows = [*_rows(events), *([f"  comments: {comments}"] if comments else [])]
        return StreamFailure("\n".join([f"{told}\n", *rows]), events, self.ending)


def _ending(event: ReceivedEvent) -> Ending | None:
    """What an event means for the stream: hyperpy ends it by two of its own."""
    if event.event == "close" and event.id == "close":
        return Ending("close")
    if event.event == "stream-error":
        try:
            told = json.loads(event.data)
            return Ending("stream-error", str(told["message"]), str(told["log"]))
        except ValueError, KeyError, TypeError:
            return Ending("stream-error", event.data)
    return None


def _rows(events: Iterable[ReceivedEvent]) -> list[str]:
    rows = [f"  {number}  {event}" for number, event in enumerate(events, start=1)]
    if not rows:
        return ["  (none)"]
    more = len(rows) - SHOWN
    return [*rows[:SHOWN], *([f"  … and {more} more"] if more > 0 else [])]
