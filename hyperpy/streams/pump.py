"""Drives one async generator to one client, from its first step until its `finally` has run."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import KW_ONLY, field
from time import monotonic
from typing import Any, ClassVar, Final

from markupsafe import Markup
from starlette.types import Message, Receive, Scope, Send

from hyperpy.exceptions import HyperError
from hyperpy.pages import AnsweredError, Completion, Run, current
from hyperpy.record_classes import record
from hyperpy.streams.clean_up import CUT_SHORT, CleanUp, wait_ended
from hyperpy.streams.disconnect import DisconnectWatch, uvicorns_cycle
from hyperpy.streams.events import SharedEvent
from hyperpy.streams.framing import LastFrame
from hyperpy.streams.negotiate import StreamMode, stream_headers
from hyperpy.streams.pump_state import CLOSING, ENDED, HELD, LIMITS, RUNNING, STOPPING, PumpState, StreamLimits
from hyperpy.streams.registry import STATE_KEY, Streams
from hyperpy.streams.sending import Outbox
from hyperpy.streams.stream_errors import failure_of, located
from hyperpy.streams.stream_record import CLEAN_ENDS, EndReason, StreamRecord
from hyperpy.streams.telemetry import Recording, telemetry
from hyperpy.streams.timers import Timer
from hyperpy.templates import Pending, allow_deferred, replace_surrogates

logger: Final = logging.getLogger("hyperpy.streams")


@record(slots=True, eq=False, repr=False)
class Pump(ABC):
    """An ASGI application that answers one request with what a generator yields.

    Calling it raises the error of a generator if nothing has been sent yet, and errors that only the server can handle.
    `pump_state` describes what happens when.
    """

    mode: ClassVar[StreamMode]
    ping: ClassVar[str] = ""  # sent into silence
    trailer: ClassVar[str] = ""  # sent when the generator has returned
    joined: ClassVar[staticmethod[[list[str]], str]] = staticmethod("".join)  # the text of a batch of encoded items
    joins_html: ClassVar[bool] = False  # `joined` encodes HTML as `encode` does, so it is put as it is
    opens_early: ClassVar[bool] = False  # whether the client learns that it is connected before there is an item
    discards_unsent: ClassVar[bool] = False  # whether an error discards the items, as long as nothing has been sent

    generator: AsyncGenerator[object]
    _: KW_ONLY
    route: str
    status: int = 200
    headers: Iterable[tuple[bytes, bytes]] = ()
    debug: bool = False
    on_start: Callable[[], None] | None = None
    limits: StreamLimits = LIMITS
    clean_up: CleanUp | None = None

    _state: PumpState = field(init=False, default=HELD)
    _end_reason: EndReason | None = field(init=False, default=None)  # of a stream that is stopped
    _end_announced: bool = field(init=False, default=False)  # to the client; a stop doesn't cancel what follows
    _send_error: Exception | None = field(init=False, default=None)
    record: StreamRecord = field(init=False)  # set by the call, like the attributes below
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _outbox: Outbox = field(init=False)
    _run: Run | None = field(init=False)
    _task: asyncio.Task[None] = field(init=False)
    _streams: Streams = field(init=False)
    _timer: Timer = field(init=False)
    _expiry: asyncio.TimerHandle | None = field(init=False)
    _watch: DisconnectWatch = field(init=False)

    def __post_init__(self) -> None:
        self.headers = stream_headers(self.mode, self.headers, self.limits.ping)

    @staticmethod
    @abstractmethod
    def encode(item: object) -> str:
        """Encode one yielded item. Raises EventError."""

    @staticmethod
    def inserted(encoded: str) -> Callable[[str], str]:
        """The function that encodes the HTML of a deferred value for the middle of an encoded item."""
        return str

    @abstractmethod
    def error_trailer(self, error: Exception) -> str | None:
        """The text to send when the generator fails after the response has started.

        None cuts the connection, so that nothing takes a part of the body for the whole, and raises the error for the
        server to log.
        """

    def lifetime(self) -> float:
        """Seconds after which the stream ends cleanly; 0 means never."""
        return 0

    def drain(self, last: str = "", reason: EndReason = EndReason.DRAINING) -> None:  # noqa: B027 (by default, carry on)
        """The server stops: end now if the client reconnects by itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        recording = self._begin(scope, send)
        try:
            context = recording.context if recording is not None else None
            self._task = task = asyncio.Task(self._drive(), loop=self._loop, eager_start=True, context=context)
            try:
                if not (task.done() or self._state is STOPPING or (self.clean_up is not None and self.clean_up.is_due)):
                    task.add_done_callback(self._watch.interrupt)
                    with self._watch:
                        if (cycle := uvicorns_cycle(receive)) is not None:
                            while not (cycle.disconnected or cycle.response_complete):
                                await cycle.message_event.taken()
                        else:  # the body has been read already: messages with the rest of it don't matter here
                            while (await receive())["type"] != "http.disconnect":
                                pass
                    if not self._watch.interrupted:
                        self._stop(EndReason.CLIENT_LEFT)
            except BaseException:
                self._stop(EndReason.CANCELLED)
                await self._wait_ended()
                raise
            await self._wait_ended()
            # A task group that fails cancels its task again, which may outlast the generator.
            if task.done() and not (task.cancelled() and self._end_reason is not None):
                task.result()
        finally:
            self._end(recording)

    # In the server's task.

    def _begin(self, scope: Scope, send: Send) -> Recording | None:
        self._loop = asyncio.get_running_loop()
        self._run = run = current.get(None)
        self.record = record = StreamRecord(self.route, run.route.url if run is not None else "", self.mode, scope)
        recording = recorder.begin(record, scope) if (recorder := telemetry()) is not None else None
        streams = scope.get("state", {}).get(STATE_KEY)
        self._streams = streams = Streams() if streams is None else streams
        self._timer = streams.timers.later(self.limits.headers, self._tick, is_shared=False)
        self._outbox = Outbox(self._loop, send, self._head, self._send_failed, record, streams.flusher(self.joined))
        self._watch = DisconnectWatch()
        streams.add(self)
        age = self.lifetime()
        self._expiry = self._loop.call_later(age, self.end_cleanly, EndReason.TOO_OLD) if age else None
        return recording

    def _end(self, recording: Recording | None) -> None:
        record = self.record
        self._streams.timers.cancel(self._timer, self._tick)
        if self._expiry is not None:
            self._expiry.cancel()
        record.end(self._end_reason or EndReason.CANCELLED)
        self._streams.discard(self)
        if recording is not None:
            recording.end(record)
        record.failure = None
        # The access log has a page that was sent completely.
        if self.mode is not StreamMode.PAGE or record.end_reason is not EndReason.FINISHED:
            logger.info("%s", record)
        if self._task.done():
            del self._outbox  # it refers back to this object

    async def _wait_ended(self) -> None:
        if self._task.done():
            return
        if await wait_ended(self._task, self.clean_up, self.limits.cleanup, self.limits.last_send):
            if self._end_announced:
                logger.warning(CUT_SHORT, self.route, self.limits.cleanup)
            if not self._task.done():
                logger.warning("%s: the stream's generator does not end when cancelled; it is left running", self.route)

    # In the pump's task.

    async def _drive(self) -> None:
        """Send the items as `async for` would. A cancellation in the body of that loop is the generator's."""
        task = asyncio.current_task()
        assert task is not None
        self._task = task  # here, because an eager task runs its first step before its constructor returns
        generator: AsyncGenerator[Any] = self.generator
        encode, put = self.encode, self._outbox.put
        html, shared = (Markup, SharedEvent) if self.joins_html else (None, None)
        ended: BaseException | None = None
        try:
            try:
                step = self._next()
                while True:
                    is_put = False
                    if step is not None:
                        item = await step
                    else:
                        async for item in generator:
                            # Most items are one of these, and nothing else can happen while they are encoded.
                            kind = type(item)
                            if kind is html:
                                chunk: Any = item
                            elif kind is Markup or kind is str:
                                chunk = encode(item)
                            else:
                                chunk = item.known() if kind is shared else ""
                            if not chunk or self._state is not RUNNING:
                                break
                            if put(chunk):
                                is_put = True
                                break
                        else:
                            break
                    if self._state is STOPPING and self._is_cancelled:  # it has swallowed its cancellation
                        break
                    step = await self._put(item, is_put)
            finally:
                await generator.aclose()
        except StopAsyncIteration:
            pass
        except BaseException as error:  # noqa: BLE001 (`_ended_with` raises what it can't handle)
            ended = error
        try:
            await self._ended_with(ended)
        finally:
            ended = None  # its traceback refers to this frame

    async def _ended_with(self, ended: BaseException | None) -> None:
        failure: Any = None
        if isinstance(ended, asyncio.CancelledError):
            if self._state is not STOPPING:
                if self._task.cancelling():
                    if self.clean_up is not None:
                        await self.clean_up.after(ended, self._watch.interrupt)
                    self._state = ENDED
                    self._outbox.abandon()
                    raise ended
                failure = RuntimeError("the stream's generator awaited something that had been cancelled")
                failure.__cause__ = ended
            elif self.clean_up is not None and self._end_reason is not EndReason.ANSWERED:
                failure = ended
        elif isinstance(ended, Exception):
            failure = failure_of(self._run, ended)
        elif ended is not None:
            raise ended
        if self.clean_up is not None:
            self._state = HELD if self._state is RUNNING else self._state
            failure = await self.clean_up.after(failure, self._watch.interrupt)
            self.clean_up = None  # it refers to the exception, whose traceback refers back to this object
            failure = failure_of(self._run, failure) if isinstance(failure, Exception) else None
        await self._conclude(failure)

    async def _put(self, item: object, is_put: bool) -> Awaitable[object] | None:
        """Put any item into the outbox, unless it is there already, and wait for room. Returns as `_next` does."""
        text: str | Pending = ""
        if self._state is not STOPPING:
            self._state = HELD
            text = "" if is_put else self._encoded(item)
        try:
            if not isinstance(text, str):
                text = await self._completed(text)
            if is_put or (text and self._outbox.put(text)):
                await self._outbox.room(lambda: self._state is HELD)
            elif not text:
                await asyncio.sleep(0)  # a generator that yields nothing else must not block the loop
        except asyncio.CancelledError as cancelled:
            if self._state is HELD:
                self._state = RUNNING
            return self.generator.athrow(cancelled)
        return self._next()

    def _next(self) -> Awaitable[object] | None:
        """Let the generator go on. Returns what to await for its next item, or None if that is the usual next step."""
        if self._state is not STOPPING:
            self._state = RUNNING
        elif self._is_cancelled:
            # A task group around the `yield` handles CancelledError well, and `GeneratorExit` badly.
            return self.generator.athrow(asyncio.CancelledError())
        return None

    @property
    def _is_cancelled(self) -> bool:
        """Whether a generator that is STOPPING is cancelled, and not left to finish."""
        return not self._end_announced or self._task.cancelling() > 0

    def _encoded(self, item: object) -> str | Pending:
        """The text to send for the item; empty for nothing."""
        try:
            run = self._run
            if item is None and run is not None and run.digests is not None:  # from `render(…, if_changed=True)`
                return ""
            text = allow_deferred(self.encode, (item,))
            if type(text) is LastFrame:
                self._end_announced = True
            return text
        except HyperError as error:
            raise located(error, self.generator) from error.__cause__

    async def _completed(self, page: Pending) -> str:
        """The item with its deferred values, which are awaited as if the generator did."""
        if self._state is STOPPING:  # by what was called to encode it
            page.close()
            return ""
        self._state = RUNNING
        try:
            return replace_surrogates(await Completion(page).whole(self.inserted(page.html)))
        except HyperError as error:
            raise located(error, self.generator) from error.__cause__
        finally:
            if self._state is RUNNING:
                self._state = HELD

    async def _conclude(self, failure: Exception | None) -> None:
        """Send the end of the stream. `failure` is what the generator has raised, None if it has returned."""
        assert self._state in (RUNNING, HELD, STOPPING)
        try:
            if failure is not None:
                self.record.failed(failure)
            if self._state is not STOPPING:
                self._state = CLOSING
                await self._close(failure)
            elif failure is not None:
                self.record.log("failed while it was closed", failure)
            while not self._outbox.closed and self._end_reason in (None, *CLEAN_ENDS):
                await self._outbox.change()
        finally:
            if self._end_reason is None:
                self.record.end_reason = EndReason.FINISHED if failure is None else EndReason.FAILED
            self._state = ENDED
            self._outbox.abandon()
        if self._send_error is not None:
            raise self._send_error

    async def _close(self, failure: Exception | None) -> None:
        outbox = self._outbox
        if failure is None:
            outbox.finish(self.trailer)
        elif not outbox.used or (self.discards_unsent and not outbox.started):
            raise failure
        elif (trailer := self.error_trailer(failure)) is not None:
            outbox.finish(trailer)
        else:
            outbox.flush()
            while outbox.sending and self._state is CLOSING:
                await outbox.change()
            failure.add_note(f"{self.route}: the page was sent in part, so its connection is cut")
            raise failure

    # The methods below may be called from either task, from timers and from the registry.

    def _stop(self, reason: EndReason) -> None:
        """End the stream from outside: cancel the generator, or the wait in its place.

        A generator that has announced its end runs on: `_wait_ended` cancels it if that takes too long.
        """
        if self._state in (STOPPING, ENDED):
            return
        was_running = self._state is RUNNING
        self._state, self._end_reason = STOPPING, reason
        if reason not in CLEAN_ENDS:
            self._outbox.abandon()
        if was_running and not self._end_announced:
            self._task.cancel()
        self._outbox.wake()
        self._watch.interrupt()

    def end_cleanly(self, reason: EndReason = EndReason.DRAINING, last: str = "") -> None:
        """End the body now with `last`, then the generator: the client reconnects, perhaps to another process."""
        self._stop(reason)
        self._outbox.finish(last)
        self._streams.timers.cancel(self._timer, self._tick)
        self._timer = self._loop.call_later(self.limits.last_send, self._outbox.abandon)

    def _send_failed(self, error: Exception | None) -> None:
        """`error` is None if the client has disconnected."""
        self._send_error = error
        if isinstance(error, AnsweredError):
            self._stop(EndReason.ANSWERED)
            return
        if error is not None:
            self.record.failed(error)
        self._stop(EndReason.CLIENT_LEFT if error is None else EndReason.BROKEN)

    def _head(self) -> Message:
        if self.on_start is not None:
            self.on_start()
        headers, self.headers, self.on_start = self.headers, (), None  # frees them while the stream is open
        return {"type": "http.response.start", "status": self.status, "headers": headers}

    def _tick(self) -> None:
        """The only timer of a stream: send early headers when due, then pings, and stop for a stalled client."""
        outbox, limits = self._outbox, self.limits
        if outbox.closed:
            return
        quiet = monotonic() - outbox.moved_at
        if outbox.sending and quiet >= limits.send:
            self.record.error = f"a send did not end within {limits.send:g} s"
            self._stop(EndReason.CLIENT_STALLED)
            return
        if self.opens_early and not outbox.started:
            outbox.flush()
        elif self.ping and not outbox.sending and quiet >= limits.ping:
            outbox.put_other(self.ping)
            outbox.flush()
        seconds = limits.next_tick(monotonic() - outbox.moved_at, outbox.sending, bool(self.ping))
        # With middleware around the server's `send`, in the context of the request, whose variables it may read.
        self._timer = self._streams.timers.later(seconds, self._tick, is_shared=outbox.write_part is not None)
