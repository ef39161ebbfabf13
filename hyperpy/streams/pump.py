"""Drives one async generator to one client, from its first step until its `finally` has run."""

import asyncio
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from time import monotonic
from typing import Final

from anyio import CancelScope
from markupsafe import Markup
from starlette.types import Message, Receive, Scope, Send

from hyperpy.exceptions import HyperError, Place
from hyperpy.pages import Completion, Run, current
from hyperpy.streams.fair_share import FairShare
from hyperpy.streams.negotiate import StreamMode
from hyperpy.streams.outbox import Outbox
from hyperpy.streams.registry import STATE_KEY, Streams
from hyperpy.streams.stream_limits import LIMITS, StreamLimits
from hyperpy.streams.stream_record import EndReason, StreamRecord, is_refusal
from hyperpy.streams.telemetry import TELEMETRY
from hyperpy.templates import Pending, allow_deferred

logger: Final = logging.getLogger("hyperpy.streams")

type RawHeaders = list[tuple[bytes, bytes]]


class Pump(ABC):
    """An ASGI application for one request. Two tasks: the caller's waits for the client's leaving; the other runs the
    whole generator, so that timeouts, task groups and context variables in it work as anywhere.

    Calling it raises what the generator raised before its first `yield`, and what only the server can deal with.
    """

    __slots__ = (
        "_ending",
        "_generator",
        "_headers",
        "_inside",
        "_interrupted",
        "_limits",
        "_loop",
        "_mistake",
        "_on_start",
        "_outbox",
        "_owner",
        "_run",
        "_status",
        "_task",
        "_timer",
        "debug",
        "record",
        "route",
    )

    mode: StreamMode
    # What a silent stream sends, and what stands at the end of one whose generator has returned.
    ping: str = ""
    farewell: str = ""
    # What has been yielded, but not been sent, is nothing yet when the generator fails.
    takes_back: bool = False

    record: StreamRecord  # of the request, from the call on
    _loop: asyncio.AbstractEventLoop
    _outbox: Outbox
    _run: Run | None
    _task: asyncio.Task[None]
    _timer: asyncio.TimerHandle

    def __init__(
        self,
        generator: AsyncGenerator[object],
        *,
        route: str,
        status: int = 200,
        headers: Iterable[tuple[bytes, bytes]] = (),
        debug: bool = False,
        on_start: Callable[[], None] | None = None,
        limits: StreamLimits = LIMITS,
    ) -> None:
        self.route = route
        self.debug = debug
        self._ending: EndReason | None = None
        self._generator = generator
        self._status = status
        self._headers = self.make_headers(headers)
        self._on_start = on_start
        self._limits = limits
        self._mistake: Exception | None = None
        self._inside = False  # the generator is running, or waits for something of its own
        self._owner: asyncio.Task[object] | None = None  # the caller's task, while it waits for the client's leaving
        self._interrupted = False

    @staticmethod
    @abstractmethod
    def make_headers(added: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        """The response's headers."""

    @staticmethod
    @abstractmethod
    def encode(item: object) -> str:
        """The text of one yielded thing. Raises EventError."""

    @staticmethod
    def inserted(text: str) -> str:
        """HTML as it is written where something encoded had to wait for it."""
        return text

    @abstractmethod
    def last_words(self, error: Exception) -> str | None:
        """What to send when the generator has failed after the start.

        None cuts the connection, so that nobody takes what has arrived for the whole, and raises the error for the
        server to log.
        """

    @abstractmethod
    def drain(self) -> None:
        """The server is about to stop: end now if the client will come back by itself, else go on."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        self._run = run = current.get(None)
        self.record = record = StreamRecord(self.route, run.route.url if run is not None else "", self.mode, scope)
        span, context = TELEMETRY.begin(record, scope) if TELEMETRY is not None else (None, None)
        self._timer = self._loop.call_later(self._limits.headers, self._tick)
        streams: Streams | None = scope.get("state", {}).get(STATE_KEY)
        turns = FairShare() if streams is None else streams.fair_share
        self._outbox = Outbox(self._loop, send, self._head, self._lost, record, turns)
        if streams is not None:
            streams.add(self)
        try:
            self._task = asyncio.Task(self._drive(), loop=self._loop, eager_start=True, context=context)
            await self._attend(receive)
        finally:
            self._timer.cancel()
            record.end(self._ending or EndReason.CANCELLED)
            if streams is not None:
                streams.discard(self)
            if TELEMETRY is not None and span is not None:
                TELEMETRY.end(span, record)
            record.failure = None
            self._log_ending()
            if self._task.done():
                del self._outbox  # it refers back to this object

    # In the caller's task.

    async def _attend(self, receive: Receive) -> None:
        try:
            if not self._task.done() and self._ending is None and await self._client_leaves(receive):
                self._end(EndReason.CLIENT_LEFT)
        except BaseException:
            self._end(EndReason.CANCELLED)
            await self._settle()
            raise
        await self._settle()
        if self._task.done():
            self._task.result()

    async def _client_leaves(self, receive: Receive) -> bool:
        """Waits until the client has left (True) or the stream has ended (False)."""
        owner = asyncio.current_task()
        assert owner is not None
        cancelled_before = owner.cancelling()
        self._owner = owner
        self._task.add_done_callback(self._interrupt)
        try:
            # The body has been read: messages with the rest of it don't matter here.
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if not self._interrupted or owner.cancelling() > cancelled_before + 1:
                raise
        finally:
            self._owner = None
            self._task.remove_done_callback(self._interrupt)
            if self._interrupted:
                owner.uncancel()
        return not self._interrupted

    def _interrupt(self, _: object = None) -> None:
        """Ends the wait for the client's leaving by the means of `asyncio.timeout`: cancel, and uncancel."""
        if self._owner is not None and not self._interrupted:
            self._interrupted = True
            self._owner.cancel()

    async def _settle(self) -> None:
        """Gives the generator's `finally` its time, whatever cancels the request meanwhile."""
        if self._task.done():
            return
        with CancelScope(shield=True):
            await asyncio.wait((self._task,), timeout=self._limits.cleanup)
            if not self._task.done():
                self._task.cancel()
                await asyncio.wait((self._task,), timeout=self._limits.last_send)
        if not self._task.done():
            logger.warning("%s: the stream's generator does not end when cancelled; it is left to itself", self.route)

    # In the generator's task.

    async def _drive(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task  # from the first step on: that one runs before the constructor has returned
        failure: Exception | None = None
        try:
            await self._produce()
        except asyncio.CancelledError as error:
            if self._ending is None:
                if task.cancelling():
                    self._outbox.abandon()
                    raise
                failure = RuntimeError("the stream's generator awaited something that had been cancelled")
                failure.__cause__ = error
        except Exception as error:  # noqa: BLE001 (what follows logs it, sends it or raises it)
            failure = error
        await self._conclude(failure)

    async def _produce(self) -> None:
        """Takes what the generator yields, one after the other, as `async for` does.

        Where a loop's body would wait, this does, too: and a cancellation that strikes there is the generator's.
        """
        outbox, take = self._outbox, self._generator.__anext__
        step = self._next()
        try:
            while True:
                self._inside = True
                try:
                    item = await step
                finally:
                    self._inside = False
                if self._ending is not None:  # the generator has swallowed its cancellation
                    return
                text = self._encoded(item)
                try:
                    if not isinstance(text, str):
                        text = await self._completed(text)
                    if not text:
                        await asyncio.sleep(0)  # or a loop that yields nothing else would never let anybody in
                    elif outbox.put(text):
                        await outbox.room(self._goes_on)
                    # It may have been ended while it waited for room.
                    step = take() if self._ending is None else self._next()  # type: ignore[redundant-expr]
                except asyncio.CancelledError as cancelled:
                    step = self._generator.athrow(cancelled)
        except StopAsyncIteration:
            return
        finally:
            await self._generator.aclose()

    def _next(self) -> Awaitable[object]:
        if self._ending is None:
            return self._generator.__anext__()
        # A task group around the `yield` takes this well, and `GeneratorExit` badly.
        return self._generator.athrow(asyncio.CancelledError())

    def _goes_on(self) -> bool:
        return self._ending is None

    def _encoded(self, item: object) -> str | Pending:
        """What to send for the item; empty if that is nothing."""
        try:
            kind, run = type(item), self._run
            if kind is Markup or kind is str:  # most items are, and there is nothing to wait for in them
                return self.encode(item)
            if item is None and run is not None and run.rendered is not None:  # from `render(…, if_changed=True)`
                return ""
            return allow_deferred(self.encode, item)
        except HyperError as error:
            raise self._located(error) from error.__cause__

    async def _completed(self, page: Pending) -> str:
        """What has been yielded, once all of it is there. It waits as the generator would."""
        self._inside = True
        try:
            return await Completion(page).whole(self.inserted)
        except HyperError as error:
            raise self._located(error) from error.__cause__
        finally:
            self._inside = False

    def _located(self, error: HyperError) -> HyperError:
        frame = getattr(self._generator, "ag_frame", None)
        return error.at(Place(frame.f_code.co_filename, frame.f_lineno)) if frame is not None else error

    async def _conclude(self, failure: Exception | None) -> None:
        try:
            if failure is not None:
                self.record.failed(failure)
            if self._ending is None:
                await self._say_goodbye(failure)
            elif failure is not None:
                self.log("failed while it was closed", failure)
            while not self._outbox.over and self._ending in (None, EndReason.DRAINING):
                await self._outbox.change()
        finally:
            if self._ending is None:
                self.record.end_reason = EndReason.FINISHED if failure is None else EndReason.FAILED
            self._outbox.abandon()
        if self._mistake is not None:
            raise self._mistake

    async def _say_goodbye(self, failure: Exception | None) -> None:
        outbox = self._outbox
        if failure is None:
            outbox.finish(self.farewell)
        elif not outbox.used or (self.takes_back and not outbox.started):
            raise failure
        elif (words := self.last_words(failure)) is not None:
            outbox.finish(words)
        else:
            outbox.flush()
            while outbox.sending and self._ending is None:
                await outbox.change()
            failure.add_note(f"{self.route}: the page was sent in part, so its connection is cut")
            raise failure

    # From either task, from timers and from the registry.

    def _end(self, ending: EndReason) -> None:
        """Cancels the generator, or the wait in its place; the caller's task sees to it that it ends."""
        if self._ending is not None:
            return
        self._ending = ending
        if ending is not EndReason.DRAINING:
            self._outbox.abandon()
        if self._inside:
            self._task.cancel()
        self._outbox.wake()
        self._interrupt()

    def end_cleanly(self) -> None:
        """Ends the body at once, then the generator: the client comes back, to another process."""
        self._end(EndReason.DRAINING)
        self._outbox.finish()
        self._timer.cancel()
        self._timer = self._loop.call_later(self._limits.last_send, self._outbox.abandon)

    def _lost(self, mistake: Exception | None) -> None:
        self._mistake = mistake
        if mistake is not None:
            self.record.failed(mistake)
        self._end(EndReason.CLIENT_LEFT if mistake is None else EndReason.BROKEN)

    def _head(self) -> Message:
        if self._on_start is not None:
            self._on_start()
        headers, self._headers = self._headers, []  # not to be kept for as long as the stream is open
        return {"type": "http.response.start", "status": self._status, "headers": headers}

    def _tick(self) -> None:
        """The one timer of a stream: sends the headers when they are due, then pings, and gives a stalled client up."""
        outbox, limits = self._outbox, self._limits
        if outbox.over:
            return
        quiet = monotonic() - outbox.moved_at
        if outbox.sending and quiet >= limits.send:
            self.record.error = f"a send did not end within {limits.send:g} s"
            self._end(EndReason.CLIENT_STALLED)
            return
        if not outbox.started:
            outbox.flush()
        elif self.ping and not outbox.sending and quiet >= limits.ping:
            outbox.put_aside(self.ping)
        self._timer = self._loop.call_later(self._until_next_tick(), self._tick)

    def _until_next_tick(self) -> float:
        outbox, limits = self._outbox, self._limits
        quiet = monotonic() - outbox.moved_at
        due = (limits.send if outbox.sending or not self.ping else limits.ping) - quiet
        # A send may begin right after this look: the next must not come much later than its limit.
        return max(min(due, limits.ping, limits.send) if self.ping else due, 0.01)

    def log(self, what: str, error: Exception) -> str:
        """Writes the traceback under an id of its own, and returns that. A 4xx is the client's: no traceback then."""
        self.record.log_id = log_id = secrets.token_hex(4)
        if not is_refusal(error):
            logger.error("%s: the stream %s [%s]", self.route, what, log_id, exc_info=error)
        return log_id

    def _log_ending(self) -> None:
        """One line for a stream. A page that has been sent whole is none: the access log has it."""
        record = self.record
        if self.mode is not StreamMode.PAGE or record.end_reason is not EndReason.FINISHED:
            logger.info("%s", record)
