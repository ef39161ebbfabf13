"""The warnings about what running code does, and what a check finds later, for the pages that it has answered."""

import linecache
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Final

from hyperpy.dev.browser import Update
from hyperpy.exceptions import Place
from hyperpy.pages import LoadWarning
from hyperpy.record_classes import record

RUN_WARNING: Final = "run_warning"
"""The attribute of a log record that holds the warning."""
ENDS_WITH_UPDATE: Final = "ends_with_update"
"""That of one which comes again if the new code does the same."""

_MOST: Final = 100


@record(frozen=True, slots=True)
class _Noted:
    warning: LoadWarning
    route: str
    """The route file that was answering, or the empty string."""
    text: str
    """The line, which may move."""
    ends_with_update: bool


class RunWarnings(logging.Handler):
    """Collects the warnings that are logged. `answering` names the route file, `tell` is called with each of them."""

    def __init__(self, answering: Callable[[], str], tell: Callable[[str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._answering = answering
        self._tell = tell
        self._noted: dict[_Noted, None] = {}
        self._checked: list[_Noted] = []

    def emit(self, record: logging.LogRecord) -> None:
        warning = getattr(record, RUN_WARNING, None)
        if not isinstance(warning, LoadWarning):
            return
        place, route = warning.place, self._answering()
        text = linecache.getline(place.file, place.line)
        while len(self._noted) >= _MOST:
            del self._noted[next(iter(self._noted))]
        self._noted[_Noted(warning, route, text, getattr(record, ENDS_WITH_UPDATE, False))] = None
        self._tell(route, place.file)

    def checked(self, warnings: Iterable[LoadWarning]) -> None:
        """A check has found these, and no others."""
        linecache.checkcache()
        self._checked = [
            _Noted(each, "", linecache.getline(each.place.file, each.place.line), ends_with_update=False)
            for each in warnings
        ]

    def take(self, update: Update) -> None:
        """There may be other code."""
        if update.files != frozenset():
            self._noted = {noted: None for noted in self._noted if not noted.ends_with_update}

    def about(self, route: str, files: Collection[str]) -> list[LoadWarning]:
        """The warnings for the page of a route file; `files` are this one and its guards."""
        found = [noted for noted in self._noted if noted.route == route or noted.warning.place.file in files]
        found += [noted for noted in self._checked if noted.warning.place.file in files]
        return [warning for noted in found if (warning := _where_it_is_now(noted)) is not None]


def _where_it_is_now(noted: _Noted) -> LoadWarning | None:
    """The warning with the present line of its text; None if the text has gone."""
    place = noted.warning.place
    linecache.checkcache(place.file)
    lines = linecache.getlines(place.file)
    if noted.text not in lines:
        return None
    if lines[place.line - 1 : place.line] == [noted.text]:
        return noted.warning
    moved = Place(place.file, lines.index(noted.text) + 1, place.column, place.width)
    return LoadWarning(noted.warning.what, moved, noted.warning.hint)
