"""`poll(fn)`: asks for a value again and again, and gives it on when it has changed."""

import asyncio
import inspect
import math
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from string.templatelib import Template
from time import monotonic
from typing import Any, overload

from anyio import CancelScope
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from hyperpy.exceptions import HyperError, Place, StreamError
from hyperpy.streams.changes import fingerprint, settled


@overload
def poll(fn: Callable[[], Awaitable[Template | None]], every: float = 5) -> Poll[Markup]: ...


@overload
def poll[T](fn: Callable[[], Awaitable[T | None]], every: float = 5) -> Poll[T]: ...


@overload
def poll(fn: Callable[[], Template | None], every: float = 5) -> Poll[Markup]: ...


@overload
def poll[T](fn: Callable[[], T | None], every: float = 5) -> Poll[T]: ...


def poll(fn: Callable[[], Any], every: float = 5) -> Poll[Any]:
    """Gives `fn()` at once, and from then on whenever it is not None and has changed.

    It is called every `every` seconds, never twice at a time: a turn that comes while it still runs, or while what it
    gave is being dealt with, is left out. An async function is awaited; any other is called in a worker thread, with
    the context variables of the caller. What it raises ends the loop.

    Two values are the same if they are of one class and alike as JSON, t-strings if they are the same HTML (they are
    given on as Markup). What JSON can't write is compared by `==` if its class defines that, and `hash` too.
    Raises StreamError for an `fn` or `every` that can't be, and for a value that can't be compared.
    """
    misuse = _misuse(fn, every)
    if misuse is not None:
        caller = sys._getframe(1)
        raise misuse.at(Place(caller.f_code.co_filename, caller.f_lineno))
    return Poll(fn, every)


class Poll[T](AsyncIterator[T]):
    """What `poll` returns. It holds nothing that would have to be closed."""

    __slots__ = ("_due", "_every", "_fn", "_given", "_is_async")

    def __init__(self, fn: Callable[[], Any], every: float) -> None:
        self._fn = fn
        self._every = every
        self._is_async = inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)
        self._due: float | None = None  # the time of the last turn
        self._given: object = None  # the fingerprint of what has been given last

    async def __anext__(self) -> T:
        while True:
            await self._turn()
            value = await (self._fn() if self._is_async else _in_thread(self._fn))
            if inspect.isawaitable(value):
                value = await value
            if value is not None and self._is_new(value := self._compared(settled, value)):
                return value  # type: ignore[no-any-return]  # it is what `fn` gives

    async def _turn(self) -> None:
        """Waits for the next turn that is not over yet. Turns are counted from the first, so they do not drift."""
        now = monotonic()
        due = now if self._due is None else self._due + self._every
        if due < now:
            due += math.ceil((now - due) / self._every) * self._every
        await asyncio.sleep(due - now)
        self._due = due

    def _is_new(self, value: object) -> bool:
        before, self._given = self._given, self._compared(fingerprint, value)
        return self._given != before

    def _compared(self, how: Callable[[Any], Any], value: Any) -> Any:
        try:
            return how(value)
        except HyperError as error:
            code = getattr(self._fn, "__code__", None)
            raise (error.at(Place(code.co_filename, code.co_firstlineno)) if code else error) from error.__cause__


async def _in_thread[T](fn: Callable[[], T]) -> T:
    """A thread can't be cancelled: then its end is awaited, so that nothing is closed that `fn` still works with."""
    call = asyncio.ensure_future(run_in_threadpool(fn))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        with CancelScope(shield=True):
            await asyncio.wait((call,))
        if not call.cancelled():
            call.exception()  # nobody is left to be told
        raise


def _misuse(fn: Any, every: Any) -> StreamError | None:
    if inspect.iscoroutine(fn):
        fn.close()  # else it complains that nobody has awaited it
        return StreamError("poll() takes the function, not its call", hint=f"As in: poll({fn.__name__}, every=5)")
    if inspect.isasyncgenfunction(fn):
        what = "poll() takes a function that returns a value, not a generator"
        return StreamError(what, hint=f"Go through it: async for value in {fn.__name__}():")
    if not callable(fn):
        hint = "As in: poll(get_count, every=5)"
        return StreamError(f"poll() takes a function, not {type(fn).__name__}", hint=hint)
    if isinstance(every, bool) or not isinstance(every, (int, float)) or not 0 < every < math.inf:
        what = f"`every` is a number of seconds above 0, not {every!r:.40}"
        return StreamError(what, hint="As in: poll(get_count, every=0.5)")
    return None
