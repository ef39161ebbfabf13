"""`poll(fn)`: calls a function at intervals and yields its value when it has changed."""

import asyncio
import inspect
import math
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from hashlib import blake2b
from string.templatelib import Template
from time import monotonic
from typing import Any, Final, overload
from weakref import WeakKeyDictionary

from anyio.to_thread import run_sync
from markupsafe import Markup

from hyperpy.exceptions import HyperError, Place, StreamError
from hyperpy.lazy import anyio, pydantic_core
from hyperpy.streams.events import Event, PolledDict, event_of, is_event_dict
from hyperpy.templates import render_template
from hyperpy.templates.escaping.value_kinds import html_of, is_html

# How many worker threads all polls of an event loop may use at a time. The 40 threads of anyio, which requests use, are
# not among them: a function that blocks only delays other polls.
THREADS: Final = 20

type _Limits = tuple[asyncio.Semaphore, anyio.CapacityLimiter]

_limits_of: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Limits]] = WeakKeyDictionary()


@overload
def poll(fn: Callable[[], Awaitable[Template | None]], every: float = 5) -> Poll[Markup]: ...


@overload
def poll[T](fn: Callable[[], Awaitable[T | None]], every: float = 5) -> Poll[T]: ...


@overload
def poll(fn: Callable[[], Template | None], every: float = 5) -> Poll[Markup]: ...


@overload
def poll[T](fn: Callable[[], T | None], every: float = 5) -> Poll[T]: ...


def poll(fn: Callable[[], Any], every: float = 5) -> Poll[Any]:
    """Yield `fn()` at once, and from then on whenever it has changed and is not None.

    `fn` is called every `every` seconds, but never twice at a time: a call that is due while the last one still runs,
    or while its value is being processed, is skipped. An async function is awaited; any other is called in a worker
    thread, with the context variables of the caller. An exception ends the iteration. A dict is data, unless it has
    nothing but fields of an event.

    Two values are equal if they have the same class and the same JSON. T-strings are compared as HTML and yielded as
    Markup. A value that can't be encoded as JSON is compared by `==` if its class defines that and `hash`.
    Raises StreamError for an invalid `fn` or `every`, and for a value that can't be compared.
    """
    misuse = _misuse(fn, every)
    if misuse is not None:
        caller = sys._getframe(1)
        raise misuse.at(Place(caller.f_code.co_filename, caller.f_lineno))
    return Poll(fn, every)


class Poll[T](AsyncIterator[T]):
    """The iterator that `poll` returns. It need not be closed."""

    __slots__ = ("_due", "_every", "_fn", "_is_async", "_last")

    def __init__(self, fn: Callable[[], Any], every: float) -> None:
        self._fn = fn
        self._every = every
        self._is_async = inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)
        self._due: float | None = None  # when the last call was due
        self._last: object = None  # the fingerprint of the last value

    async def __anext__(self) -> T:
        while True:
            await self._wait_until_due()
            value = await (self._fn() if self._is_async else _in_thread(self._fn))
            if inspect.isawaitable(value):
                value = await value
            if value is not None and self._is_new(value := self._compared(_settled, value)):
                return value  # type: ignore[no-any-return]  # a value of `fn`

    async def _wait_until_due(self) -> None:
        """Wait until the next call is due. The times are counted from the first call, so they do not drift."""
        now = monotonic()
        due = now if self._due is None else self._due + self._every
        if due < now:
            due += math.ceil((now - due) / self._every) * self._every
        await asyncio.sleep(due - now)
        self._due = due

    def _is_new(self, value: object) -> bool:
        last, self._last = self._last, self._compared(_fingerprint, value)
        return self._last != last

    def _compared(self, how: Callable[[Any], Any], value: Any) -> Any:
        try:
            return how(value)
        except HyperError as error:
            code = getattr(self._fn, "__code__", None)
            raise (error.at(Place(code.co_filename, code.co_firstlineno)) if code else error) from error.__cause__


async def _in_thread[T](fn: Callable[[], T]) -> T:
    """Call `fn` in a worker thread. A thread can't be cancelled: on cancellation, wait for it to end first."""
    threads, limiter = _limits()
    async with threads:
        call = asyncio.ensure_future(run_sync(fn, limiter=limiter))
        try:
            await asyncio.wait((call,))  # not `shield`, which logs the exception of a call that nothing awaits anymore
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await asyncio.wait((call,))
            if not call.cancelled():
                call.exception()  # retrieved, so that asyncio does not log it
            raise
        return call.result()


def _limits() -> _Limits:
    """A semaphore for threads, whose waiting can be cancelled, and a limiter for anyio that never waits."""
    loop = asyncio.get_running_loop()
    if loop not in _limits_of:
        _limits_of[loop] = asyncio.Semaphore(THREADS), anyio.CapacityLimiter(math.inf)
    return _limits_of[loop]


def _misuse(fn: Any, every: Any) -> StreamError | None:
    if inspect.iscoroutine(fn):
        fn.close()  # or Python warns that it was never awaited
        what = "poll() takes a function, not the result of calling it"
        hint = f"As in: poll({fn.__name__}, every=5)"
    elif inspect.isasyncgenfunction(fn):
        what = "poll() takes a function that returns a value, not a generator"
        hint = f"Iterate over it: async for value in {fn.__name__}():"
    elif not callable(fn):
        what = f"poll() takes a function, not {type(fn).__name__}"
        hint = "As in: poll(get_count, every=5)"
    elif isinstance(every, bool) or not isinstance(every, (int, float)) or not 0 < every < math.inf:
        what = f"`every` must be a number of seconds above 0, not {every!r:.40}"
        hint = "As in: poll(get_count, every=0.5)"
    else:
        return None
    return StreamError(what, hint=hint)


def _settled(value: Any) -> Any:
    """Render the t-strings in a value: they may contain iterators, which can be consumed only once."""
    if isinstance(value, Template):
        return Markup(render_template(value).strip())
    if isinstance(value, Event) and isinstance(value.data, Template):
        return replace(value, data=_settled(value.data))
    if type(value) is tuple and any(isinstance(item, Template) for item in value):
        return tuple(map(_settled, value))
    if type(value) is dict:
        settled = {name: _settled(item) if isinstance(item, Template) else item for name, item in value.items()}
        return settled if is_event_dict(value) else PolledDict(settled)
    return value


def _fingerprint(value: object) -> object:
    """Equal for values of one class that have the same JSON, or are equal by `==` if they can't be encoded as JSON.

    An object with `__event__` is compared by the Event that it returns. Raises StreamError if `==` says nothing about
    a change, because the class doesn't define it or is mutable, and EventError for a wrong `__event__`.
    """
    if (event := event_of(value)) is not None:
        return type(value), _fingerprint(_settled(event))
    if isinstance(value, Iterator):
        hint = "It can be consumed only once. Make a list of it: return list(…)"
        raise StreamError(f"poll() can't compare the items of an iterator ({type(value).__name__})", hint=hint)
    try:
        text = pydantic_core.to_json(value, inf_nan_mode="constants", fallback=_html)
    except ValueError:
        if type(value).__eq__ is object.__eq__ or type(value).__hash__ is None:
            hint = "Return a t-string, or a value for JSON, such as a dict, a list or a dataclass."
            raise StreamError(
                f"poll() can't tell whether an object of class {type(value).__name__} has changed", hint=hint
            ) from None
        return type(value), value
    return type(value), blake2b(text, digest_size=16).digest()


def _html(value: object) -> str:
    if is_html(value):
        return html_of(value)
    raise ValueError(f"{type(value).__name__} can't be encoded as JSON")
