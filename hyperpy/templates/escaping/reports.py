"""Warnings in the log `hyperpy.templates` about unsafe values, once for each location and task (that is, request).

A log record has the t-string's place as its `place`, or None if it is unknown.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

from hyperpy.exceptions import Place

logger = logging.getLogger("hyperpy.templates")

CACHE_SIZE = 4096

# The places of literals by their first words. If several have the same words, the last one that was loaded.
_places: dict[str, Place] = {}
_reported: WeakKeyDictionary[asyncio.Task[object], set[tuple[str, ...]]] = WeakKeyDictionary()


def remember(words: str, place: Place) -> None:
    """Record the place of a literal, when its file is loaded."""
    if len(_places) >= CACHE_SIZE:
        _places.clear()
    _places[words] = place


def report(words: str, tag: str, name: str, value: str, instead: str) -> None:
    """Log that `instead` was sent for a value, given as it may be displayed in a message."""
    if _was_reported((words, tag, name)):
        return
    place = _places.get(words)
    where = f"{place}: {words}" if place else words
    what = f"`{name}` of <{tag}>" if name else f"<{tag}>"
    logger.warning("%s: %s can't be %s, sent %s", where, what, value, instead, extra={"place": place})


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
