"""The log of `hyper dev`: tracebacks of the user's frames, each error once, in colour on a terminal."""

import logging
from collections import Counter
from typing import Any, Final, override

from hyperpy.config import Settings
from hyperpy.dev.problems.problem import identity_of
from hyperpy.dev.terminal.trimming import relative_paths, trimmed_traceback
from hyperpy.server.colours import coloured, has_colours
from hyperpy.server.logs import OURS, TextFormatter

_MOST_KNOWN: Final = 1000  # errors that are told apart
_MOST_MESSAGES: Final = 5  # of one line; with more, its message has a number or a time in it
_TELLING: Final = frozenset({10, 100, 1000, 10_000, 100_000})  # repetitions that get a line


class RepeatedErrors(logging.Filter):
    """Drops records of errors that have been logged already. Now and then, one says how often that was.

    `forget` is for new code, whose errors are new too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        self._counts: Counter[tuple[object, ...]] = Counter()
        self._messages: dict[tuple[object, ...], set[str]] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool | logging.LogRecord:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        key = self._key(error)
        self._counts[key] += 1
        if (repeated := self._counts[key] - 1) == 0:
            return True
        if repeated not in _TELLING:
            return False
        short = logging.makeLogRecord(vars(record))
        short.msg, short.args = f"{record.getMessage()}: {type(error).__name__} (repeated {repeated} times)", ()
        short.exc_info = short.exc_text = None
        return short

    def _key(self, error: BaseException) -> tuple[object, ...]:
        if len(self._counts) > _MOST_KNOWN:
            self.forget()
        place, message = identity_of(error)
        messages = self._messages.setdefault(place, set())
        if len(messages) <= _MOST_MESSAGES:
            messages.add(message)
        return (place, message) if message in messages and len(messages) <= _MOST_MESSAGES else (place,)


class TerminalFormatter(TextFormatter):
    """Formats a record with the time of day, and a trimmed traceback."""

    def __init__(self, *, has_colours: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._has_colours = has_colours

    @override
    def format(self, record: logging.LogRecord) -> str:
        text = relative_paths(super().format(record))
        if not self._has_colours or record.levelno < logging.WARNING:
            return text
        return coloured(text, is_error=record.levelno >= logging.ERROR)

    @override
    def formatException(self, ei: Any) -> str:
        return trimmed_traceback(ei[1])


def configure_terminal(settings: Settings) -> RepeatedErrors:
    """Set up what `configure_logging` has made for a developer. Logs in JSON stay as they are."""
    repeated = RepeatedErrors()
    if settings.log_format == "json":
        return repeated
    handlers = [handler for name in OURS for handler in logging.getLogger(name).handlers]
    if logging.lastResort is not None:
        handlers.append(logging.lastResort)
    for handler in handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setFormatter(TerminalFormatter(has_colours=has_colours(handler.stream)))
            handler.addFilter(repeated)
    return repeated
