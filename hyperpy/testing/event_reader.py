"""Reads a stream of events in a test."""

import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from hyperpy.testing.body_reader import BodyReader, Deadline, Ending, StreamFailure
from hyperpy.testing.failures import HIDDEN, listed, request_line, require_media_type
from hyperpy.testing.received_event import EventParser, ReceivedEvent

__tracebackhide__ = HIDDEN

LISTED = 10  # events in a message

# Sends the request, with the id to resume after, and returns the response before its body is read.
type Open = Callable[[str | None], Awaitable[httpx.Response]]


class Events:
    """The events of one stream. Every wait has a `timeout` in seconds, by default that of the stream.

    hyperpy's final events, `close` and `stream-error`, are not among the events but become the `ending`. Iteration
    stops at the end, and raises StreamFailure if the stream failed or the connection was cut.
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
        """The response, for its status and headers. This object reads its body."""
        return self._body.response

    @property
    def last_event_id(self) -> str:
        """The `Last-Event-ID` that `reconnect` sends; empty for none.

        It is that of the last event taken, regardless of events received since, so it doesn't depend on timing.
        """
        return self._last_event_id

    @property
    def retry(self) -> int | None:
        """The milliseconds that a browser would wait before reconnecting; None if the stream hasn't set them."""
        return self._parser.retry

    @property
    def comments(self) -> list[str]:
        """The comments read so far. The ping of a silent stream is one."""
        return list(self._parser.comments)

    @property
    def ending(self) -> Ending | None:
        """How the stream ended, as far as it has been read; None while it is open."""
        return self._ending or self._body.ending

    @property
    def closed(self) -> bool:
        """Whether the stream has told its clients not to reconnect."""
        return self.ending is not None and self.ending.how == "close"

    async def take(self, count: int, timeout: float | None = None) -> list[ReceivedEvent]:
        """The next `count` events. Raises StreamFailure if there are fewer; these can still be taken."""
        await self._wait(
            lambda: len(self._waiting) >= count, lambda: f"{len(self._waiting)} of {count} events", timeout
        )
        return [self._pop() for _ in range(count)]

    async def next(self, timeout: float | None = None) -> ReceivedEvent:
        [event] = await self.take(1, timeout)
        return event

    async def until(
        self, wanted: str | Callable[[ReceivedEvent], object], timeout: float | None = None
    ) -> ReceivedEvent:
        """The next event with this name, or for which the function returns true. Earlier events are dropped."""
        matches = (lambda event: event.event == wanted) if isinstance(wanted, str) else wanted
        what = f"no event {wanted!r}" if isinstance(wanted, str) else "no matching event"
        seen = 0

        def found() -> bool:
            nonlocal seen
            while seen < len(self._waiting):
                if matches(self._waiting[seen]):
                    return True
                seen += 1
            return False

        await self._wait(found, lambda: what, timeout)
        return [self._pop() for _ in range(seen + 1)][-1]

    async def rest(self, timeout: float | None = None) -> list[ReceivedEvent]:
        """All remaining events. Raises StreamFailure if the stream fails or does not end."""
        ending = await self.ended(timeout)
        if ending.how in ("stream-error", "cut"):
            raise self._failure("not all remaining events")
        events = list(self._waiting)
        self._waiting.clear()
        return events

    async def ended(self, timeout: float | None = None) -> Ending:
        """Wait for the end, whatever the reason. Events received before it can still be taken."""
        await self._wait(lambda: self.ending is not None, lambda: "no end", timeout)
        assert self.ending is not None
        self._last_event_id = self._parser.last_event_id
        return self.ending

    async def close(self) -> None:
        """Disconnect, as a browser does when its page is closed, and wait until the generator's `finally` has run.

        Raises StreamFailure if that takes too long.
        """
        await self._body.close()

    async def abandon(self) -> None:
        """Disconnect, even if the application doesn't notice."""
        await self._body.leave()

    async def reconnect(self) -> None:
        """Disconnect if necessary, and connect again with the id of the last event, as an EventSource does.

        A 204 response, which stops an EventSource, ends the stream like `close`.
        """
        await self.close()
        last = self._last_event_id
        response = await self._open(last or None)
        stops = response.status_code == 204
        if not stops:
            await require_media_type(response, "text/event-stream", "a stream of events")
        self._begin(response, last)
        self._ending = Ending("close") if stops else None

    def __aiter__(self) -> AsyncIterator[ReceivedEvent]:
        return self

    async def __anext__(self) -> ReceivedEvent:
        await self._wait(lambda: self._waiting or self.ending is not None, lambda: "no event", None)
        if self._waiting:
            return self._pop()
        if (await self.ended()).how in ("stream-error", "cut"):
            raise self._failure("no event")
        raise StopAsyncIteration

    def _pop(self) -> ReceivedEvent:
        event = self._waiting.popleft()
        self._last_event_id = event.last_event_id
        return event

    async def _wait(self, is_done: Callable[[], object], what: Callable[[], str], timeout: float | None) -> None:
        deadline = Deadline(self.timeout if timeout is None else timeout)
        while not is_done():
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
        name = request_line(self.response.request)
        if seconds is not None:
            message = f"{name}: {what} came within {seconds:g} s; the stream is still open"
        else:
            message = f"{name}: {what} came; {self.ending}"
        rows = [f"{number}  {event}" for number, event in enumerate(self._waiting, start=1)]
        message += f"\n\n{listed(rows or ['(none)'], LISTED)}"
        if comments := self._parser.comments:
            message += f"\n  comments: {len(comments)}"
        return StreamFailure(message, tuple(self._waiting), self.ending)


def _ending(event: ReceivedEvent) -> Ending | None:
    """The ending, if this is one of the two events with which hyperpy ends streams."""
    if event.event == "close" and event.id == "close":
        return Ending("close")
    if event.event == "stream-error":
        try:
            error = json.loads(event.data)
            return Ending("stream-error", str(error["message"]), str(error["log"]), int(error["status"]))
        except ValueError, KeyError, TypeError:
            return Ending("stream-error", event.data)
    return None
