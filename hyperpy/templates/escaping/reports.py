"""Warnings in the log `hyperpy.templates` about unsafe values, once for each location and task (that is, request).

A log record has the t-string's place as its `place`, or None if it is unknown.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record
from hyperpy.templates.deferred import current_host
from hyperpy.templates.escaping.value_kinds import describe
from hyperpy.templates.syntax.holes import Context
from hyperpy.templates.syntax.problems import Problem

logger = logging.getLogger("hyperpy.templates")

CACHE_SIZE = 4096
_SURROGATES = lazy_pattern("[\ud800-\udfff]")

# The places of literals by their first words. If several have the same words, the last one that was loaded.
_places: dict[str, Place] = {}
_reported: WeakKeyDictionary[asyncio.Task[object], set[tuple[str, ...]]] = WeakKeyDictionary()


def remember(words: str, place: Place) -> None:
    """Record the place of a literal, when its file is loaded."""
    if len(_places) >= CACHE_SIZE:
        _places.clear()
    _places[words] = place


@record(frozen=True, slots=True)
class ValueLocation:
    """The location of a value, for messages: the t-string's first words, the element and the attribute, if any."""

    words: str
    tag: str
    name: str
    context: Context

    def warn(self, value: object, instead: str, why: str = "") -> None:
        """Log that an unsafe value was replaced by `instead`. In debug mode, raise a Problem that says `why`."""
        host = current_host.get(None)
        what = f"`{self.name}` of <{self.tag}>" if self.name else f"<{self.tag}>"
        if host is not None and host.is_strict:
            hint = f"This is an error only in debug mode. Otherwise {instead} is sent, and a warning logged."
            raise Problem(f"{what} can't be {describe(value)}", f"{why}\n{hint}" if why else hint)
        if _was_reported((self.words, self.tag, self.name)):
            return
        place = _places.get(self.words)
        where = f"{place}: {self.words}" if place else self.words
        logger.warning("%s: %s can't be %s, sent %s", where, what, describe(value), instead, extra={"place": place})


def replace_surrogates(html: str) -> str:
    """HTML that UTF-8 can encode: halves of surrogate pairs, which only broken data has, become U+FFFD."""
    if html.isascii():
        return html
    try:
        html.encode()
    except UnicodeEncodeError as error:
        logger.warning("the HTML contains the lone surrogate %r, sent U+FFFD", html[error.start], extra={"place": None})
        return _SURROGATES.sub("\ufffd", html)
    return html


def _was_reported(key: tuple[str, ...]) -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop, so no request
        return False
    if task is None:
        return False
    reported = _reported.setdefault(task, set())
    was_reported = key in reported
    reported.add(key)
    return was_reported
