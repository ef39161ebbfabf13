"""Waiting for the client of one request to disconnect."""

import asyncio
from types import TracebackType
from typing import Any, Final

from starlette.types import Receive

from hyperpy.record_classes import record

_UVICORN: Final = ("uvicorn.protocols.http.httptools_impl", "uvicorn.protocols.http.h11_impl")


@record(slots=True, eq=False)
class DisconnectWatch:
    """Around the calls of `receive` that wait for the disconnect message: they end if `interrupt` is called.

    It isn't a coroutine, whose frame would stay in memory for as long as the stream is open.
    """

    interrupted: bool = False
    _watcher: asyncio.Task[object] | None = None  # the task that waits
    _cancelled_before: int = 0

    def __enter__(self) -> None:
        self._watcher = watcher = asyncio.current_task()
        assert watcher is not None
        self._cancelled_before = watcher.cancelling()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> bool:
        self._watcher = None
        if not self.interrupted:
            return False
        watcher = asyncio.current_task()
        assert watcher is not None
        is_cancelled = watcher.uncancel() > self._cancelled_before  # by others too
        return kind is not None and issubclass(kind, asyncio.CancelledError) and not is_cancelled

    def interrupt(self, _: object = None) -> None:
        """End the wait as `asyncio.timeout` does: cancel the task, which then uncancels itself."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            self.interrupted = True
            watcher.cancel()


class MessageEvent:
    """The part of `asyncio.Event` that uvicorn's cycle uses, without its deque of waiters, which takes 760 bytes.

    Every request has one, and few wait.
    """

    __slots__ = ("_is_set", "_waiters")

    def __init__(self) -> None:
        self._is_set = False
        self._waiters: tuple[asyncio.Future[None], ...] = ()

    def set(self) -> None:
        self._is_set = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> None:
        if not self._is_set:
            await self._next()

    def taken(self) -> asyncio.Future[None]:
        """Await this to wait until it is set, and clear it. Unlike a coroutine, it has no frame."""
        waiter = self._next()
        if self._is_set:
            self.set()
            self._is_set = False
        return waiter

    def _next(self) -> asyncio.Future[None]:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters = (*(each for each in self._waiters if not each.done()), waiter)
        return waiter


def uvicorns_cycle(receive: Receive) -> Any:
    """The object whose method `receive` is, if it is uvicorn's: then its `message_event` says that the client has left.

    A call of `receive` would be two more coroutines for as long as a stream is open. None for any other function, and
    for a request whose body is still to come.
    """
    function = getattr(receive, "__func__", None)
    if getattr(function, "__qualname__", "") != "RequestResponseCycle.receive" or function.__module__ not in _UVICORN:
        return None
    cycle: Any = getattr(receive, "__self__", None)
    if cycle.waiting_for_100_continue or cycle.more_body:
        return None
    cycle.flow.resume_reading()
    before = cycle.message_event
    if not isinstance(before, MessageEvent):
        cycle.message_event = MessageEvent()
        before.set()  # for anything else that waits for it
    return cycle
