"""What a page has to wait for. Its place in the HTML is kept by a comment, which whoever sends the page fills in.

A comment, because `<` is the one character that no context but text leaves as it is: what a template, a component or a
filter has moved into an attribute or a script is found broken there, and refused, and never filled in. Nobody can write
one: the number in it is drawn at random for each page.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterable, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import iscoroutine
from string.templatelib import Template
from typing import Any, Protocol

from hyperpy.exceptions import TemplateError

type Show = Callable[[Any], str]
type Item = Awaited | Suspended

# Capital letters, as some filter may make them, are none: the mark has only digits.
_MARK_DIGITS = 30


@dataclass(slots=True, eq=False)
class Awaited:
    """An awaitable, or an async iterable, in a text position; `show` makes HTML of what comes out of it."""

    value: Awaitable[object] | AsyncIterable[object]
    show: Show
    name: str


@dataclass(slots=True, eq=False)
class Suspended:
    """HTML with such places in it, that others need not wait for. All of it is HTML."""

    content: str
    fallback: str
    error: str | None


class Host(Protocol):
    """The request at hand. What its templates have to wait for is kept in `deferred`, if it is `showing` its page."""

    showing: bool
    deferred: Deferred | None

    @property
    def is_strict(self) -> bool:
        """A developer is looking: a value that does not fit is an error."""


current_host: ContextVar[Host] = ContextVar("hyperpy.run")


def host_at_work() -> Host | None:
    """The request whose page is being rendered just now."""
    host = current_host.get(None)
    return host if host is not None and host.showing else None


class Deferred:
    """The places of one page. `close` it when the page has been sent, or never will be."""

    __slots__ = ("_comment", "_items", "_kept", "_mark")

    def __init__(self) -> None:
        self._mark = f"{secrets.randbelow(10**_MARK_DIGITS):0{_MARK_DIGITS}}"
        self._comment = re.compile(f"<!--{self._mark}-([0-9]+)-->")
        self._kept: list[Item | None] = []
        self._items: dict[Item, None] = {}

    def keep(self, item: Item) -> str:
        """The HTML that stands for the item."""
        self._kept.append(item)
        self._items[item] = None
        return f"<!--{self._mark}-{len(self._kept) - 1}-->"

    def split(self, html: str) -> list[str | Item]:
        """The HTML, its places replaced by their items. Raises TemplateError for a place where nothing can be put."""
        pieces: list[str | Item] = []
        for index, text in enumerate(self._comment.split(html)):
            if index % 2:
                pieces.append(self._taken(int(text)))
            elif self._mark in text:
                raise self._misplaced(text)
            elif text:
                pieces.append(text)
        return pieces

    def stands_in(self, html: str) -> bool:
        return self._mark in html

    def begin(self, item: Item) -> None:
        """From now on somebody else sees to the end of it."""
        self._items.pop(item, None)

    def close(self) -> None:
        """Closes what nobody has begun to wait for."""
        for item in self._items:
            if isinstance(item, Awaited):
                dismiss(item.value)
        self._items.clear()

    # A page that nobody sends, because its request is over, does not say so.
    __del__ = close

    def _taken(self, number: int) -> Item:
        item, self._kept[number] = self._kept[number], None
        if item is None:
            raise TemplateError(
                "something that has to be awaited is shown twice",
                hint="It comes only once. What a component shows twice has to be there before: await it in the loader.",
            )
        return item

    def _misplaced(self, text: str) -> TemplateError:
        found = re.search(f"{self._mark}-([0-9]+)", text)
        item = self._kept[int(found[1])] if found else None
        name = f"`{item.name}`" if isinstance(item, Awaited) else "what is in it"
        return TemplateError(
            f"{name} has to be awaited, and nothing waits for it in an attribute or a script",
            hint="Await it in the loader, result = await …, and interpolate {result}.",
        )


def dismiss(value: object) -> None:
    """Ends what is not going to be awaited, or Python warns that nobody has."""
    if iscoroutine(value):
        value.close()
    elif asyncio.isfuture(value):
        value.cancel()


def dismiss_all(value: object) -> None:
    """Ends what is not going to be awaited because its template has failed."""
    if type(value) is Template:
        for hole in value.interpolations:
            dismiss_all(hole.value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            dismiss_all(item)
    elif iscoroutine(value):
        value.close()
