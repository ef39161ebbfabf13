"""Values that did not fit, told to the log `hyperpy.templates`: once for each place in a task, which is a request.

A record has the place of the t-string as its `place`, or None if that is unknown.
"""

import asyncio
import logging
from weakref import WeakKeyDictionary

from hyperpy.exceptions import Place

logger = logging.getLogger("hyperpy.templates")

KEPT = 4096

# Where literals stand, by their first words; of two with the same words, the one that was loaded last.
_places: dict[str, Place] = {}
_told: WeakKeyDictionary[asyncio.Task[object], set[tuple[str, ...]]] = WeakKeyDictionary()


def remember(words: str, place: Place) -> None:
    """Called with each literal whose place is known when it is loaded."""
    if len(_places) >= KEPT:
        _places.clear()
    _places[words] = place


def report(words: str, tag: str, name: str, value: str, instead: str) -> None:
    """`value` as it may be shown, and what was sent `instead`."""
    if _is_known((words, tag, name)):
        return
    place = _places.get(words)
    where = f"{place}: {words}" if place else words
    what = f"`{name}` of <{tag}>" if name else f"<{tag}>"
    logger.warning("%s: %s can't be %s, sent %s", where, what, value, instead, extra={"place": place})


def _is_known(key: tuple[str, ...]) -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop, so no request
        return False
    if task is None:
        return False
    told = _told.setdefault(task, set())
    is_known = key in told
    told.add(key)
    return is_known
