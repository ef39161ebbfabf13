"""The record of one stream: the request, how much has been sent, and why the stream has ended."""

import logging
import secrets
from dataclasses import InitVar, field
from enum import Enum
from functools import lru_cache
from time import monotonic
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.types import Scope

from hyperpy.exceptions import HyperError, InputError, RefusedRedirectError, display_path, printable
from hyperpy.pages.answers import decisive, unexpected
from hyperpy.record_classes import record
from hyperpy.streams.negotiate import StreamMode

logger: Final = logging.getLogger("hyperpy.streams")

# Most characters of a path or an error in a log line: their length is up to clients and exceptions.
MAX_LENGTH: Final = 200

# It looks up the working directory, which takes longer than the rest of a line.
_display_path: Final = lru_cache(display_path)

_UNITS: Final = ("KiB", "MiB", "GiB", "TiB")


class EndReason(Enum):
    """Why a stream has ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CLIENT_LEFT = "the client left"
    CLIENT_STALLED = "the client stalled"
    DRAINING = "the server stops"
    REPLACED = "its code has changed"
    TOO_OLD = "it reached its maximum age"
    CANCELLED = "the request was cancelled"
    BROKEN = "sending failed"
    ANSWERED = "the request has another answer"


# What the outbox holds is still sent.
CLEAN_ENDS: Final = (EndReason.DRAINING, EndReason.REPLACED, EndReason.TOO_OLD)


@record(slots=True, eq=False, repr=False)
class StreamRecord:
    """One stream, open or ended."""

    file: str  # of the route
    route: str  # its URL (`/users/{id}`), empty outside a route
    mode: StreamMode
    scope: InitVar[Scope]
    path: str = field(init=False)  # of the request
    client: str = field(init=False)  # its address, or empty
    opened_at: float = field(init=False, default_factory=monotonic)
    ended_at: float | None = None
    events: int = 0  # yielded items that have been sent
    bytes: int = 0  # of the whole body
    end_reason: EndReason | None = None  # while the stream is open
    error: str = ""  # the error message; the log has details under `log_id`
    log_id: str = ""
    failure: Exception | None = None  # until the end: its traceback refers to the stream

    def __post_init__(self, scope: Scope) -> None:
        client = scope.get("client")
        self.path = scope.get("path", "")
        self.client = client[0] if client else ""

    @property
    def age(self) -> float:
        """Seconds since the stream was opened, until now or until it ended."""
        return (monotonic() if self.ended_at is None else self.ended_at) - self.opened_at

    def failed(self, error: Exception) -> None:
        self.failure = error
        self.error = f"{type(error).__name__}: {_what(error)}"[:MAX_LENGTH].removesuffix(": ")

    def log(self, what: str, error: Exception) -> str:
        """Log the traceback, unless the error is a 4xx, and return the id that the log has it under."""
        self.log_id = secrets.token_hex(4)
        if not is_refusal(error):
            logger.error("%s: the stream %s [%s]", self.file, what, self.log_id, exc_info=error)
        return self.log_id

    def end(self, ending: EndReason) -> None:
        if self.end_reason is None:
            self.end_reason = ending
        self.ended_at = monotonic()

    def __str__(self) -> str:
        """One line for the log. It leaves out the query, which may contain secrets."""
        path = quote(self.path[:MAX_LENGTH], errors="backslashreplace")
        unit = "event" if self.mode is StreamMode.SSE else "part"
        sent = f"{self.events:,} {unit}{'' if self.events == 1 else 's'}, {_size(self.bytes)} in {_seconds(self.age)}"
        ending = f"; {self.end_reason.value}" if self.end_reason else ""
        error = f": {printable(self.error)}" if self.error else ""
        log_id = f" [{self.log_id}]" if self.log_id else ""
        return f"{_display_path(self.file)} {path} {printable(self.client) or '-'}: {sent}{ending}{error}{log_id}"


def http_error(error: Exception) -> HTTPException | None:
    """The error if it is an HTTPException, or that of an exception group, such as a task group raises."""
    found = decisive(error)
    return found if isinstance(found, HTTPException) else None


def status_of(error: Exception) -> int:
    """The status that the response would have had if the error had come before it."""
    found = decisive(error)
    status: object = 500
    if isinstance(found, (HTTPException, InputError, RefusedRedirectError)):
        status = found.status_code
    return int(status) if isinstance(status, int) else 500


def is_refusal(error: Exception) -> bool:
    """Whether an error is a 4xx, which blames the client, or a group of nothing else."""
    return unexpected(error) is None and status_of(error) < 500


def _what(error: Exception) -> str:
    try:
        return str(error.what if isinstance(error, HyperError) else error)
    except Exception:  # noqa: BLE001 (the class of the error says enough)
        return "<exception str() failed>"


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{count / 1024**power:.1f} {_UNITS[power - 1]}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:,.1f} s"
