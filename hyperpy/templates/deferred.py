"""Values that a page has to wait for.

While a page is rendered, a comment holds the place of each such value: its placeholder. Rendering then returns a
`Pending`, and `hyperpy.pages.waiting` awaits the values and puts their HTML in the place of the comments.

A placeholder is a comment because `<` is the one character that no context but text leaves as it is. One that a
template, a component or a filter has moved into an attribute or a script is found there escaped, and is an error. It
can't be forged: the number in it is drawn at random for each page.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterable, Awaitable, Callable
from contextvars import ContextVar
from inspect import iscoroutine
from string.templatelib import Template
from typing import Any

from hyperpy.exceptions import Place, TemplateError
from hyperpy.record_classes import record

type Show = Callable[[Any], str]
type Piece = str | DeferredValue | SuspendedContent

# The mark has digits only: a filter that changes letters to upper or lower case leaves it as it is.
_MARK_DIGITS = 30


@record(slots=True, eq=False)
class DeferredValue:
    """An awaitable or async iterable in a text position; `show` renders its result, or each of its items."""

    value: Awaitable[object] | AsyncIterable[object]
    show: Show
    name: str


@record(slots=True, eq=False)
class SuspendedContent:
    """The content of a Suspense, which has placeholders in it. `content`, `fallback` and `error` are HTML."""

    content: str
    fallback: str
    error: str | None


class Placeholders:
    """The placeholders of one page, and what they stand for. Call `close` once it has been sent, or never will be."""

    def __init__(self) -> None:
        self._mark = f"{secrets.randbelow(10**_MARK_DIGITS):0{_MARK_DIGITS}}"
        self._comment = re.compile(f"<!--{self._mark}-([0-9]+)-->")
        self._values: list[DeferredValue | SuspendedContent | None] = []  # by number; None once it has been placed
        self._idle: dict[DeferredValue, None] = {}  # nothing awaits these yet

    def add(self, value: DeferredValue | SuspendedContent) -> str:
        """Return a placeholder for the value."""
        self._values.append(value)
        if isinstance(value, DeferredValue):
            self._idle[value] = None
        return f"<!--{self._mark}-{len(self._values) - 1}-->"

    def split(self, html: str) -> list[Piece]:
        """Replace the placeholders in `html` by what they stand for.

        Raises TemplateError for a placeholder outside text, or one that has been placed before.
        """
        pieces: list[Piece] = []
        for index, text in enumerate(self._comment.split(html)):
            if index % 2:
                pieces.append(self._placed(int(text)))
            elif self._mark in text:
                found = re.search(f"{self._mark}-([0-9]+)", text)
                value = self._values[int(found[1])] if found else None
                name = f"`{value.name}`" if isinstance(value, DeferredValue) else "an async value"
                raise TemplateError(
                    f"{name} must be awaited before it is rendered in an attribute or a script",
                    hint="Await it in the loader, result = await …, and interpolate {result}.",
                )
            elif text:
                pieces.append(text)
        return pieces

    def are_in(self, html: str) -> bool:
        return self._mark in html

    def begin(self, deferred: DeferredValue) -> Awaitable[object] | AsyncIterable[object]:
        """Hand the value over to the caller, who has to await or close it."""
        self._idle.pop(deferred, None)
        return deferred.value

    def show(self, deferred: DeferredValue, result: object) -> list[Piece]:
        """Render a result of a deferred value. Further deferred values in it join these placeholders."""
        host = current_host.get()
        outer, host.collected = host.collected, (self,)
        try:
            return self.split(deferred.show(result))
        finally:
            host.collected = outer

    def close(self) -> None:
        """Close the values that nothing awaits."""
        for deferred in self._idle:
            dismiss(deferred.value)
        self._idle.clear()

    # For pages that are dropped unsent because their request has ended.
    __del__ = close

    def _placed(self, number: int) -> DeferredValue | SuspendedContent:
        value, self._values[number] = self._values[number], None
        if value is None:
            raise TemplateError(
                "an async value is rendered twice",
                hint="It can be rendered only once. To render it twice, await it in the loader.",
            )
        return value


class TemplateHost:
    """The request that templates are rendered for, the base of `hyperpy.pages.Run`.

    Its `is_strict` says whether an unsafe value is an error, instead of being replaced and logged.

    `collected` is None where nothing can wait, because what is rendered is not sent directly. Otherwise it is a tuple,
    empty until the first deferred value is rendered. Only this module changes it. A context variable for it would be
    simpler, but setting and resetting one takes a quarter of the time of a short event.
    """

    __slots__ = ("collected",)

    def __init__(self) -> None:
        self.collected: tuple[()] | tuple[Placeholders] | None = None


current_host: ContextVar[Any] = ContextVar("hyperpy.host")


@record(frozen=True, slots=True)
class Pending:
    """Rendered HTML with placeholders in it. Call `close`, whether it is sent or not."""

    html: str
    placeholders: Placeholders
    place: Place | None

    def __html__(self) -> str:
        """The HTML. The rendering around this one takes over the placeholders; without one, raises TemplateError."""
        host = current_host.get(None)
        if host is None or host.collected not in ((), (self.placeholders,)):
            raise TemplateError(
                "a yielded t-string with async values in it can't be rendered again",
                hint="Yield it from the stream itself, or await the values first.",
            )
        host.collected = (self.placeholders,)
        return self.html

    def close(self) -> None:
        self.placeholders.close()


def allow_deferred(render: Callable[..., str], values: tuple[object, ...], place: Place | None = None) -> str | Pending:
    """Return `render(*values)` for sending: as a Pending if it has to wait for something, else as it is."""
    host = current_host.get(None)
    if host is None:
        return render(*values)
    outer = host.collected
    host.collected = ()
    try:
        html = render(*values)
        if not host.collected:
            return html
        (placeholders,) = host.collected
        if placeholders.are_in(html):
            return Pending(html, placeholders, place)
        placeholders.close()
        return html
    except BaseException:
        for placeholders in host.collected:
            placeholders.close()
        raise
    finally:
        host.collected = outer


def current_placeholders() -> Placeholders | None:
    """The placeholders of the rendering in progress; None if it can't wait."""
    host = current_host.get(None)
    if host is None or host.collected is None:
        return None
    if not host.collected:
        host.collected = (Placeholders(),)
    placeholders: Placeholders = host.collected[0]
    return placeholders


def dismiss(value: object) -> None:
    """Close a value that will not be awaited, so that Python does not warn about it."""
    if iscoroutine(value):
        value.close()
    elif asyncio.isfuture(value):
        value.cancel()


def dismiss_all(value: object) -> None:
    """Close the coroutines in a value whose template has failed."""
    if type(value) is Template:
        for hole in value.interpolations:
            dismiss_all(hole.value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            dismiss_all(item)
    elif iscoroutine(value):
        value.close()
